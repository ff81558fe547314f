"""What is said of a pattern's matches holds for each of them."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.detect.shape import always_holds, line_reach, reads_ascii
from scanner.detect.syntax import Unknown, parse
from scanner.errors import PatternError
from scanner.regexp import compile_pattern

ATOMS = (
    *(
        "a",
        "b",
        "k",
        "S",
        " ",
        "\n",
        ".",
        r"\s",
        r"\S",
        r"\w",
        r"\W",
        r"\d",
        r"\D",
        r"\n",
        r"\x{61}",
        r"\x0a",
    ),
    *(
        "[ab]",
        "[^a]",
        r"[\s'b]",
        "[a-c]",
        "[]a]",
        "[a-]",
        "[[:space:]]",
        "[[:^alpha:]]",
        r"[^\n]",
        r"[\x09-\r]",
    ),
    *(r"\bA", r"\.", r"\Qa.b\E", r"\Q\E", r"\pL", r"\P{Lu}", r"\p{^L}", "é", r"\012", r"\C", "^", "$", r"\z"),
    *("(?i)", "(?s)", "(?-s)", "(?i:ab)", "(?s:.)", "(?P<n>a)", "(?:)", "{", "a{,2}", "key", "(?:key|pass)"),
)
QUANTIFIERS = ("", "", "", "*", "+", "?", "*?", "{2}", "{0,2}", "{1,}", "{0}")
BRANCHES = st.lists(
    st.tuples(st.sampled_from(ATOMS), st.sampled_from(QUANTIFIERS)).map("".join), max_size=5
).map("".join)


def valid(pattern: str) -> bool:
    try:
        compile_pattern(pattern)
    except PatternError:
        return False
    return bool(pattern)


PATTERNS = st.recursive(
    st.lists(BRANCHES, min_size=1, max_size=2).map("|".join),
    lambda inner: st.tuples(BRANCHES, inner, st.sampled_from(QUANTIFIERS), BRANCHES).map(
        lambda parts: f"{parts[0]}({parts[1]}){parts[2]}{parts[3]}"
    ),
    max_leaves=4,
).filter(valid)
TEXTS = st.lists(
    st.sampled_from(
        (*"abkKsS0 _.'\n\n\n\t\r", "é", "\u212a", "\u017f", "a.b", "key", "PASS", "\n\n", "aa\nbb")
    ),
    max_size=14,
).map(lambda parts: "".join(parts).encode())


def matches(pattern: str, text: bytes) -> list[bytes]:
    return [text[slice(*spans[0])] for spans in compile_pattern(pattern).finditer(text)]


@settings(max_examples=600, deadline=None)
@given(PATTERNS, TEXTS)
def test_no_match_reaches_farther_across_lines(pattern: str, text: bytes) -> None:
    reach = line_reach(pattern)
    for match in matches(pattern, text):
        body = match.removesuffix(b"\n")
        between = b"".join(body.split(b"\n")[1:-1])
        assert len(b"".join(between.split())) <= reach, match


@settings(max_examples=600, deadline=None)
@given(PATTERNS, st.lists(st.sampled_from(("a", "b", "key", "ss", "k", "a.b", "")), max_size=2), TEXTS)
def test_each_match_holds_one_of_the_words(pattern: str, words: list[str], text: bytes) -> None:
    if always_holds(pattern, tuple(words)):
        for match in matches(pattern, text):
            assert any(word and word in match.decode("utf-8", "replace").lower() for word in words), match


@pytest.mark.parametrize(
    ("pattern", "reach"),
    [
        ("abc", 0),
        (r"a\s*b", 0),
        (r"a\s*bcd\s*e", 3),
        (r"a\s*b{2,5}\s*e", 5),
        (r"a\nb*\nc", inf),
        (r"a\n\s*\nc", 0),
        (r"key[\s']{0,3}=[\s']{0,2}x{40}(?:[\s;]|$)", 4),
        (r"a\n.\nb", 4),
        (r"(?s)a.b", 0),
        (r"(?s)a.{2}b", 0),
        (r"(?s)a.{3}b", 4),
        (r"begin[^-]+end", inf),
        (r"(?:a\n){3}", 2),
        (r"(?:a\n|bb){3}c", 3),
        (r"a(?<n>b)\n(?:cc|d)\n.", 2),
    ],
)
def test_reach(pattern: str, reach: float) -> None:
    assert line_reach(pattern) == reach


@pytest.mark.parametrize(
    ("pattern", "words", "holds"),
    [
        ("abc", ["b"], True),
        ("abc", ["x", "bc"], True),
        ("abc", ["x"], False),
        ("abc", [], False),
        ("(?:key|token)=", ["key", "token"], True),
        ("(?:key|token)=", ["key"], False),
        ("(?i)x(?-i:[Aa]pi|API)y", ["api"], True),
        ("passw(?:or)?d", ["passwd", "password"], True),
        ("(?:sk_(?:test|live)|rk_live)_[a-z]+", ["sk_test_", "sk_live_", "rk_live_"], True),
        ("(?:key)?", ["key"], False),
        ("(?:key)*", ["key"], False),
        ("(?:key){2,}", ["keykey"], False),
        ("(?:key){2,}", ["key"], True),
        ("(?:key){2}", ["keykey"], True),
        ("(?:ab){100}", ["ab"], True),
        ("[0-9]{8}", ["1"], False),
        ("k[^a]y", ["k"], True),
        (r"\bkey\b", ["key"], True),
        ("sk[0-9a-f]live", ["live"], True),
        ("é", ["é"], False),
        ("a|", ["a"], False),
        ("(?i)k", ["k"], True),
    ],
)
def test_words(pattern: str, words: list[str], holds: bool) -> None:
    assert always_holds(pattern, tuple(words)) is holds


@pytest.mark.parametrize("pattern", ["(?=a)", "(?<!a)b", "(?", "(a", "a)", "[a", r"a\y", "\\", "a(?i)*"])
def test_what_re2_does_not_have_is_not_understood(pattern: str) -> None:
    with pytest.raises(Unknown):
        parse(pattern)
    assert line_reach(pattern) == inf
    assert not always_holds(pattern, ("a",))


@pytest.mark.parametrize("pattern", ["abc", "(?i)ask", r"(?i:[\w.-]{3,9})\b", r"\Q.\E", "(?is)k", "[(?i)]"])
def test_reads_ascii(pattern: str) -> None:
    assert reads_ascii(pattern)


@pytest.mark.parametrize(
    "pattern", [".", "a[^b]", r"\S+", r"(?i)\W", "é", r"\p{L}", "(?:a|(?:b.)?)", "(?<=a)b"]
)
def test_does_not_read_ascii_alone(pattern: str) -> None:
    assert not reads_ascii(pattern)
