"""The report for people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Reason, Skipped, Summary
from scanner.report.summary import human_bytes
from scanner.report.terminal import many_lines, one_line

GROUP = """tok: A <b>token</b> & "more", it's
  secret  REDACTED
  where   old.md:9
  since   2023-05-06 by Dev "One", & co in 0123456789ab (in the merge's own resolution)
  link    https://example.com/o/r/blob/01234567/d/a%20b.md#L3
  1 more place
          d/a b.md:3 2024-01-02 by Dev "One", & co in 0123456789ab
  fix     Revoke it at the issuer.
  ignore  leakscan:v1:0f
          leakscan:v1:00112233445566778899aabbccddeeff

p
  where   a.p12
  ignore  a.p12:p:0

"""
SUMMARY = """3 findings of 2 secrets
  2 tok
  1 p
scanned 2 commits, 1,234 blobs, 1.2 MB in 1.3 s
hidden: 2 by baseline, 1 by ignore file
not scanned: 4
  3 binary
  1 file that cannot be read
of these:
  d/a\\x1bb: file that cannot be read: denied
ignore entries that matched nothing:
  .leakscanignore:3: x:y:1
warning: careful
INCOMPLETE: something that should have been scanned was not (see above)
"""


@pytest.fixture
def older(finding):
    """The same secret elsewhere, a year earlier."""
    commit = replace(finding.commit, date="2023-05-06T07:08:09Z")
    return replace(finding, path=b"old.md", start_line=9, commit=commit, merge=True, id="leakscan:v1:0f")


@pytest.fixture
def summary():
    return Summary(
        commits=2,
        blobs=1234,
        bytes=1_234_567,
        seconds=1.26,
        findings={"p": 1, "tok": 2},
        skipped={Reason.UNREADABLE: 1, Reason.BINARY: 3},
        notable=[Skipped(Reason.UNREADABLE, b"d/a\x1bb", detail="denied")],
        hidden={"ignore file": 1, "baseline": 2},
        unused=[".leakscanignore:3: x:y:1"],
        warnings=["careful"],
    )


def test_everything(written, finding, older, bare, summary):
    assert written("text", finding, bare, older, summary=summary, redact=100) == GROUP + SUMMARY


def test_severity_is_said_of_each_and_of_all(written, finding):
    found = [
        replace(finding, rule=replace(finding.rule, id=str(n), severity=severity))
        for n, severity in enumerate(("low", "critical", "", "low"))
    ]
    report = written("text", *found, summary=Summary(findings={"any": 4}))
    assert report.startswith("0 (low): A <b>") and "\n\n1 (critical): A" in report and "\n\n2: A" in report
    assert "\n4 findings of 4 secrets: 1 critical, 2 low\n" in report


def test_nothing(written):
    assert written("text", summary=Summary(files=1, bytes=1)) == (
        "no leaks found\nscanned 1 file, 1 byte in 0.0 s\n"
    )


def test_could_not_look_does_not_read_as_clean(written):
    report = written("text", summary=Summary(skipped={Reason.CORRUPT_OBJECT: 1}))
    assert report.startswith("no leaks found so far\n")
    assert "INCOMPLETE" in report


def test_long_lists_are_cut(written, finding):
    several = [replace(finding, start_line=n, id=f"leakscan:v1:{n}") for n in range(1, 8)]
    notable = [Skipped(Reason.UNREADABLE, b"f%d" % n) for n in range(12)]
    report = written("text", *several, summary=Summary(notable=notable))
    assert "  6 more places\n" in report
    assert "          d/a b.md:4 2024" in report
    assert "d/a b.md:5" not in report
    assert "          and 3 more\n" in report
    assert "          and 4 more\n" in report  # identities
    assert "  f9: file that cannot be read\n  and 2 more\n" in report


def test_one_secret_by_two_rules_is_two_groups(written, finding):
    other = replace(finding, rule=replace(finding.rule, id="other"))
    assert written("text", finding, other).count("  secret  tok_a1b2c3d4\n") == 2


def test_width_wraps_the_remediation(written, finding):
    rule = replace(finding.rule, remediation="word " * 20)
    lines = written("text", replace(finding, rule=rule), width=40).split("\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("  fix"))
    assert lines[start : start + 4] == [
        "  fix     " + "word " * 5 + "word",
        *["          " + "word " * 5 + "word"] * 2,
        "          word word",
    ]


def test_colour_only_when_told(written, finding, summary):
    plain, coloured = (
        written("text", finding, summary=summary),
        written("text", finding, summary=summary, color=True),
    )
    assert "\x1b" not in plain
    assert "\x1b[1;31mtok\x1b[0m" in coloured
    for code in ("1;31", "36", "33", "2", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain


def test_nothing_scanned_reaches_the_terminal_raw(written, finding, summary):
    evil = "[red]\x1b[31m\r\n\x9b\u202e\u2066"
    commit = replace(finding.commit, author=evil * 40)
    rule = replace(finding.rule, id=evil, description=evil, remediation=evil)
    secret = evil.encode()
    odd = replace(finding, rule=rule, path=secret, secret=secret, link=evil, commit=commit, id=evil)
    summary = replace(summary, findings={evil: 1}, unused=[evil], warnings=[evil])
    report = written("text", odd, summary=summary)
    assert not set(report) & set("\x1b\r\x9b\u202e\u2066")
    assert "[red]\\x1b[31m\\r\\n\\x9b" in report  # no markup is read either


@given(st.text(st.characters(exclude_categories=[])))
def test_terminal_text_is_printable(text):
    assert one_line(text).isprintable()
    assert many_lines(text).replace("\r\n", "").replace("\n", "").replace("\t", "").isprintable()


def test_terminal_text_keeps_what_can_be_read():
    assert one_line("a b\t\x1b\x9b\u202e\r\nü") == "a b\\t\\x1b\\x9b\\u202e\\r\\nü"
    assert many_lines("a\tb\r\nc\nd\re") == "a\tb\r\nc\nd\\re"
    assert one_line("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (2_300_000_000, "2.3 GB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_human_bytes(number, shown):
    assert human_bytes(number) == shown
