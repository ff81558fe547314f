"""What a rule for others must have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.detect.strict import shortcomings
from scanner.model import Rule

RULE = Rule(
    id="tok",
    description="A token, which opens all.",
    regex=r"\btok_[0-9a-f]{8,16}\b",
    keywords=("tok_",),
    severity="high",
    remediation="Delete it: https://corp.example/tokens",
    examples=("a TOK_01234567", "tok_89abcdef"),
    negative_examples=("tok_0123456", "tok_x"),
)


def test_a_complete_rule() -> None:
    assert shortcomings(RULE) == []


def test_a_rule_on_the_path_alone_needs_no_keywords() -> None:
    on_path = replace(RULE, regex="", path=r"\.p12$", keywords=(), examples=("a.p12", "b/c.p12"))
    assert shortcomings(on_path) == []


def test_a_rule_that_is_not_reported_needs_only_a_good_search() -> None:
    companion = Rule(id="id", description="An id.", regex="id_[0-9]{4}", keywords=("id_",), skip_report=True)
    assert shortcomings(companion) == []
    assert len(shortcomings(replace(companion, description="", regex="id_[0-9]+", keywords=()))) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"description": "A token"}, "full stop"),
        ({"description": ""}, "full stop"),
        ({"remediation": ""}, "https://"),
        ({"remediation": "See http://corp.example/tokens"}, "https://"),
        ({"remediation": "See https:// or so"}, "https://"),
        ({"severity": ""}, "no severity"),
        ({"keywords": ()}, "no keywords"),
        ({"keywords": ("tok_8", "token")}, "example 1 holds no keyword"),
        ({"examples": RULE.examples[:1]}, "has 1 different examples"),
        ({"examples": RULE.examples[:1] * 2}, "has 1 different examples; give at least 2"),
        ({"negative_examples": ()}, "has 0 different negative_examples"),
    ],
)
def test_what_it_lacks(change: dict[str, object], said: str) -> None:
    (lack,) = shortcomings(replace(RULE, **change))
    assert said in lack
    assert "01234567" not in lack


@pytest.mark.parametrize(
    "regex",
    [
        "a*",
        "a+?",
        "a{2,}",
        "[^-]*?x",
        "(?:a|b(?P<n>c+))d",
        "(?:a{1,}){3}",
        "(?i)x|y|(z*)",
        r"\x41+",
        "(?s).*",
    ],
)
def test_a_repeat_without_end(regex: str) -> None:
    (lack,) = shortcomings(replace(RULE, regex=regex))
    assert lack.startswith("regex repeats something without end")


@pytest.mark.parametrize(
    "regex", [r"a\*b\+", "[*+]{1,9}", r"\Qa+*\E", "a{,3}", "a?b{0,1000}", "(?:a{2}|b??){3}"]
)
def test_repeats_that_end(regex: str) -> None:
    assert shortcomings(replace(RULE, regex=regex)) == []


def test_what_re2_does_not_know_is_refused() -> None:
    (lack,) = shortcomings(replace(RULE, regex="a(?=b)", regex_engine="regex"))
    assert "write it for RE2" in lack
