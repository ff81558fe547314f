"""The little behaviour that plain data has: masking, reasons, text for reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Finding, Reason, Rule, Summary, mask_secret, text_of

SECRET = b"abcdef" + b"123456"


def finding(secret: bytes = SECRET) -> Finding:
    return Finding(Rule(id="r"), b"a.py", b"key=" + SECRET, secret, line=b"x " + SECRET + b" " + SECRET)


@pytest.mark.parametrize(
    ("percent", "kept"), [(100, None), (250, None), (20, 10), (25, 9), (62, 5), (63, 4), (99, 0), (1, 12)]
)
def test_how_much_of_a_secret_is_masked(percent: int, kept: int | None) -> None:
    mask = b"REDACTED" if kept is None else SECRET[:kept] + b"..."
    assert mask_secret(SECRET, percent) == mask
    masked = finding().masked(percent)
    assert (masked.secret, masked.match, masked.line) == (mask, b"key=" + mask, b"x " + mask + b" " + mask)


def test_half_is_rounded_to_even() -> None:
    assert mask_secret(b"abcde", 50) == b"ab..."
    assert mask_secret(b"abcdefg", 50) == b"abcd..."


def test_nothing_is_masked_where_there_is_nothing_to_hide() -> None:
    assert finding().masked(0) == finding()
    assert finding(b"").masked(100) == finding(b"")


@given(st.binary(max_size=20))
def test_text_for_reports_is_text_with_each_broken_byte_replaced(data: bytes) -> None:
    text = text_of(data)
    assert (
        text.encode().replace("\ufffd".encode(), b"")
        == data.decode("utf-8", "ignore").replace("\ufffd", "").encode()
    )


def test_text_of_is_what_go_shows() -> None:
    assert text_of("é".encode()) == "é"
    assert text_of(b"\xe2\x82a\xff") == "\ufffd\ufffda\ufffd"


def test_some_reasons_make_a_scan_incomplete() -> None:
    incomplete = {reason for reason in Reason if reason.incomplete}
    assert Reason.MISSING_OBJECT in incomplete and Reason.TIMEOUT in incomplete
    assert not incomplete & {
        Reason.EMPTY,
        Reason.BINARY,
        Reason.ALLOWED_PATH,
        Reason.SUBMODULE,
        Reason.SHALLOW,
    }
    assert len({reason.value for reason in Reason}) == len(Reason)


def test_a_summary_is_incomplete_when_something_was_not_read() -> None:
    assert not Summary(skipped={Reason.BINARY: 3}).incomplete
    assert Summary(skipped={Reason.BINARY: 3, Reason.UNREADABLE: 1}).incomplete
