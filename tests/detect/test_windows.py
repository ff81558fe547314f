"""Only the lines around where something may match are read, and that finds what the whole text holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect import make_prefilter
from scanner.detect.confirm import occurrences
from scanner.detect.windows import windows
from scanner.model import Rule
from scanner.regexp import compile_pattern

GAP = r"[\t -~]{0,9}?(?:\r?\n[\t -~]{0,9}?)?[\s=]"
RULES = [
    Rule("near", regex=rf"(?i:vendor){GAP}([0-9]{{4}})\b", keywords=("vendor",)),
    Rule("end", regex=r"key=([a-z0-9]{3,6})(?:[\s;]|$)", keywords=("key",)),
    Rule("blank", regex=r"key\s*=\s*(\d{2,})", keywords=("key",)),
    Rule("word", regex=r"\b\d{4}\b"),
    Rule("line", regex=r"(?m)^key=\d+$", keywords=("key",)),
    Rule("heavy", regex=r"vendor:([a-z]{2,300})", keywords=("vendor:",)),
]
PIECES = [
    b"vendor",
    b"VENDOR",
    b"vendor:",
    b"key=",
    b"key",
    b"=",
    b"1234",
    b"12",
    b"abc",
    b";",
    b" ",
    b"\n",
    b"\n\n",
]
TEXTS = st.lists(st.sampled_from([*PIECES, b"\r\n", "é".encode(), b"x" * 12]), max_size=40).map(b"".join)
PREFILTER = pytest.importorskip("scanner.detect.hyperscan").HyperscanPrefilter(RULES)


@given(TEXTS)
def test_matches_near_their_places_are_those_of_the_whole_text(text: bytes) -> None:
    places = PREFILTER.places(text)
    for index, rule in enumerate(RULES):
        whole = list(compile_pattern(rule.regex).finditer(text))
        if index in places:
            assert list(occurrences(rule, text, places[index])) == whole, rule.id
        else:
            keyword = any(word.encode() in text.lower() for word in rule.keywords)
            assert not (whole and (keyword or not rule.keywords)), rule.id


def test_places_are_told() -> None:
    """Else the test above would only ever read whole texts."""
    places = make_prefilter(RULES, "hyperscan").places(b"a vendor\n 1234\nvendor:abc\n")
    assert places[0] and places[3] and places[5]


@pytest.mark.parametrize(
    ("text", "points", "margin", "expected"),
    [
        (b"", [], 1, []),
        (b"ab", [1], 1, [b"ab"]),
        (b"a\nb\nc\nd\n", [3], 1, [b"a\nb\nc\n"]),
        (b"a\n\nb\n\nc\nd\n", [4], 1, [b"a\n\nb\n\nc\n"]),
        (b"a\nb\nc\nd\ne\nf\ng\n", [1, 13], 1, [b"a\nb\n", b"f\ng\n"]),
        (b"a\nb\nc\nd\ne\nf\ng\n", [1, 7], 1, [b"a\nb\nc\nd\ne\n"]),
        (b"a\nb\nc\nd\ne\n", [5], 2, [b"a\nb\nc\nd\ne\n"]),
    ],
)
def test_windows(text: bytes, points: list[int], margin: int, expected: list[bytes]) -> None:
    assert [text[start:end] for start, end in windows(text, points, margin)] == expected
