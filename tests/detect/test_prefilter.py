"""Both prefilters lead to the same findings, whatever the rules and texts; and what relaxing promises."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.edges import relaxed
from scanner.detect.prefilter import KeywordPrefilter
from scanner.errors import PatternError
from scanner.model import Config, Rule
from scanner.regexp import compile_pattern

LITERALS = st.sampled_from(
    (
        *"abkKsS019_- .\n\t;'\"=",
        *(r"\.", r"\n", r"\t", r"\r", r"\f", r"\v", r"\x41", r"\x{e9}", r"\141", r"\07", r"\$", r"\^"),
        *("é", "\u212a", "\u017f", r"\Qa.b\E", r"\Q[^$\E", r"\Q\E", "{", "x{,2}"),
    )
)
CLASSES = st.sampled_from(
    (
        *(r"\d", r"\w", r"\s", r"\S", r"\W", r"\D", ".", r"\pL", r"\PL", r"\p{^Lu}", r"\p{Greek}", r"\C"),
        *("[a-c]", "[^a]", r"[^\s]", "[k-s]", "[^k]", r"[\s;]", r"[^\W]", r"[\pL\d]", r"[\x00-\x{ff}]"),
        *("[[:alpha:]]", "[[:^digit:]]", "[[:space:]]", "[^[:alpha:]]", r"[^\n]", r"\x{212a}"),
        *("[^$]", "[$^]", "[]^]", "[^]$]", "[[a]"),
    )
)
ANCHORS = st.sampled_from(
    (
        *("^", "$", r"\A", r"\z", r"\b", r"\B", "(?m:^)", "(?m:$)"),
        *("(?m)", "(?i)", "(?s)", "(?U)", "(?-i)", "(?i-s)"),
        *(r"(?:[\s;]|$)", r"(?:[\s;]|\\[nr]|$)", r"(?:\s|$)", r"(?:;|\z)"),
    )
)
ATOMS = LITERALS | LITERALS | CLASSES | ANCHORS
QUANTIFIERS = st.sampled_from(
    ("", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{2,}", "{0,3}?")
)
GROUPS = st.sampled_from(["(", "(?:", "(?i:", "(?s:", "(?m:", "(?U:", "(?P<n>", "(?<m>"])


def sequences(atoms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantified = st.tuples(atoms, QUANTIFIERS).map("".join)
    branch = st.lists(quantified, max_size=4).map("".join)
    return st.lists(branch, min_size=1, max_size=3).map("|".join)


def grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return sequences(ATOMS | st.tuples(GROUPS, inner, st.just(")")).map("".join))


PATTERNS = st.recursive(sequences(ATOMS), grouped, max_leaves=3)
CHARACTERS = st.sampled_from(
    (
        *"abkKsS019_- .\n\n\n\n\t;'\"=$^\v\f\0",
        *("é", "É", "\u212a", "\u017f", "\ufffd", "\u03c3", "\x85", "\u2028", "\xa0", "\x7f"),
        *("a.b", "[^$", "\r\n", "AAA"),
    )
)
TEXTS = st.lists(CHARACTERS, max_size=12).map(lambda parts: "".join(parts).encode())
KEYWORDS = st.lists(st.sampled_from(["a", "k", "s1", "é", "", "zz"]), max_size=2).map(tuple)


def is_valid(pattern: str) -> bool:
    try:
        compile_pattern(pattern)
    except PatternError:
        return False
    return bool(pattern)


VALID = PATTERNS.filter(is_valid)
RULES = st.lists(st.tuples(VALID, KEYWORDS), min_size=1, max_size=6).map(
    lambda parts: tuple(
        Rule(id=f"r{n}", regex=regex, keywords=keywords) for n, (regex, keywords) in enumerate(parts)
    )
)
MANY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@MANY
@given(RULES, st.lists(TEXTS | st.binary(max_size=8), min_size=1, max_size=8))
def test_both_engines_lead_to_the_same_findings(rules: tuple[Rule, ...], texts: list[bytes]) -> None:
    config = Config(rules)
    fast, plain = (
        Detector(config, make_prefilter(sought(config), name)) for name in ("hyperscan", "ahocorasick")
    )
    for text in texts:
        assert fast.scan(text).matches == plain.scan(text).matches


@MANY
@given(RULES, TEXTS)
def test_hyperscan_names_no_rule_without_keyword(rules: tuple[Rule, ...], text: bytes) -> None:
    named = make_prefilter(rules, "hyperscan").places(text)
    assert all(ends == sorted(ends) for ends in named.values())
    assert set(named) <= set(KeywordPrefilter(rules).places(text))


# A rule whose common end (see `edges`) stands behind something that can take a newline is the one exception.
IDIOM = (r"\s|$)", r"[\s;]|$)", r"\\[nr]|$)")


@MANY
@given(VALID, st.lists(TEXTS, max_size=3), TEXTS, st.lists(TEXTS, max_size=3))
def test_a_relaxed_pattern_matches_wherever_some_lines_alone_would(
    pattern: str, before: list[bytes], lines: bytes, after: list[bytes]
) -> None:
    assume(not any(end in pattern for end in IDIOM))
    head = b"".join(text + b"\n" for text in before)
    if after:
        lines += b"\n"
    whole = head + lines + b"\n".join(after)
    if any(lines[span[0][0] : span[0][1]] for span in compile_pattern(pattern).finditer(lines)):
        assert compile_pattern(relaxed(pattern)).search(whole)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", "abc"),
        ("^a$", "(?m:^)a(?:)"),
        (r"\Aa\z\B", r"(?m:^)a(?:)(?:)"),
        (r"\^\$[^$^]\\", r"\^\$[^$^]\\"),
        (r"\Q^$\E$", r"\Q^$\E(?:)"),
        (r"\Q^$", r"\Q^$"),
        (r"[[:^alpha:]$][]^][^]$]", r"[[:^alpha:]$][]^][^]$]"),
        (r"\p{^Lu}\P{^Greek}^", r"\p{^Lu}\P{^Greek}(?m:^)"),
        (r"a(?:[\s;]|$)", r"a(?:[\s;]|$)"),
        (r"a(?:[\x60'\"\s;]|\\[nr]|$)", r"a(?:[\x60'\"\s;]|\\[nr]|$)"),
        (r"a(\s|\z)", r"a(\s|\z)"),
        (r"a(?:b|\s|$)", r"a(?:b|\s|$)"),
        (r"a(?:[^\s]|$)", r"a(?:[^\s]|(?:))"),
        (r"a(?:b\s|$)", r"a(?:b\s|(?:))"),
        (r"a(?:;|$)", r"a(?:;|(?:))"),
        (r"a(?:[\s;]|$){2}", r"a(?:[\s;]|(?:)){2}"),
    ],
)
def test_what_is_relaxed(pattern: str, expected: str) -> None:
    assert relaxed(pattern) == expected
    assert is_valid(expected)


@pytest.mark.parametrize("end", [r"(?:[\s;]|$)", r"(?:[\s;]|\\[nr]|$)", r"(?:\s|$)"])
def test_the_common_end_of_a_rule_stays_sharp_and_misses_nothing(end: str) -> None:
    pattern = compile_pattern(relaxed(r"tok_\w{4}" + end))
    assert pattern.search(b"x tok_abcd\ny")
    assert pattern.search(b"x tok_abcd")
    assert not pattern.search(b"x tok_abcde")


def test_keywords_of_many_rules() -> None:
    rules = [
        Rule(id="a", regex="x", keywords=("one", "two")),
        Rule(id="b", regex="x"),
        Rule(id="c", regex="x", keywords=("two", "schön")),
        Rule(id="d", regex="x", keywords=("",)),
    ]
    prefilter = KeywordPrefilter(rules)
    assert sorted(prefilter.places(b"")) == [1]
    assert sorted(prefilter.places(b"xONEx")) == [0, 1]
    assert sorted(prefilter.places(b"one two")) == [0, 1, 2]
    assert sorted(prefilter.places("SCHÖN".encode())) == [1, 2]
    assert sorted(KeywordPrefilter([]).places(b"one")) == []
