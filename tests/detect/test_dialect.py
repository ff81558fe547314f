"""What is said to Hyperscan finds what RE2 finds, where Hyperscan would lose it."""

from __future__ import annotations

import hyperscan
import pytest

from scanner.detect.dialect import said
from scanner.detect.hyperscan import HyperscanPrefilter
from scanner.model import Rule
from scanner.regexp import compile_pattern

TEXT = b"abc " * 9 + b"oss_secret 0000"
LOST = (
    r"(?i)\boss_(?:accss_?key_?)?secret",
    r"(?i:alibaba|\boss_(?:access_?key_?)?secret)",
    r'(?i:\boss_(?:access_?key_?)?secret)[^"]{4}',
    r'(?i)\bo[sx]s_(?:[sx]cc[a-z]ss_?[ksx]ey_?)?secret[^"]{4}',
)


def ends(pattern: str, flags: int) -> list[int]:
    """Where matches end in `TEXT`."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[pattern.encode()], ids=[0], flags=[flags], elements=1)
    found: list[int] = []
    database.scan(TEXT, match_event_handler=lambda index, start, end, flags, context: found.append(end))
    return found


@pytest.mark.parametrize("pattern", LOST)
def test_what_hyperscan_loses_is_found(pattern: str) -> None:
    assert not ends(pattern, hyperscan.HS_FLAG_UTF8), "Hyperscan finds it by now: dialect.py may go"
    expression, utf8 = said(pattern)
    [match] = compile_pattern(pattern).spans(TEXT)
    assert ends(expression, hyperscan.HS_FLAG_UTF8 if utf8 else 0) == [match[1]]
    assert HyperscanPrefilter([Rule(id="r", regex=pattern, keywords=("oss",))]).places(TEXT) == {
        0: [match[1]]
    }


@pytest.mark.parametrize(
    ("pattern", "expression", "utf8"),
    [
        (r"(?i)ask[a-z]", r"(?i)ask[a-z]", False),
        (r"key=([\w-]{5})(?:[^\w-]|(?:))", r"key=([\w-]{5})", False),
        (r"s[^x](?:[^\w-]|(?:))y", r"(?-i:[\x53\x73])[^x](?:[^\w-]|(?:))y", True),
        (r"(?P<sk>a.)", r"(?P<sk>a.)", True),
        (r"[sx]\s[^s]", r"(?-i:[\x53\x58\x73\x78])\s[^s]", True),
        ("[[:alpha:]]é", r"(?-i:[" + "".join(rf"\x{c:02x}" for c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
         + "".join(rf"\x{c:02x}" for c in b"abcdefghijklmnopqrstuvwxyz") + "])é", True),
    ],
)  # fmt: skip
def test_only_what_may_not_be_ascii_is_read_as_utf8(pattern: str, expression: str, utf8: bool) -> None:
    assert said(pattern) == (expression, utf8)
