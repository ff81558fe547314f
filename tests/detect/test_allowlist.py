"""Allowlists: every criterion, alone and with others, of rules and global, by content and by place."""

from __future__ import annotations

import itertools

import pytest

from scanner.detect.allowlist import Verdict, drops_all, holds_at, judge_content
from scanner.model import Allowlist, Rule

RULE = Rule(id="tok", regex=r"key=(tok_[a-zA-Z0-9éÉ]{4})")
TEXT = b"before key=tok_ab12 after"
PATH, COMMIT = b"src/a.py", "c0ffee" + "0" * 34
HOLDS = {"commits": {COMMIT}, "paths": ("^src/",), "regexes": ("^tok_ab",), "stopwords": ("ab1",)}
FAILS = {"commits": {"d" * 40}, "paths": ("^lib/",), "regexes": ("^tok_zz",), "stopwords": ("zz",)}
STATES = ("absent", "holds", "fails")
COMBINATIONS = [
    pytest.param(dict(zip(HOLDS, states, strict=True)), match_all, id="-".join((*states, str(match_all))))
    for match_all in (False, True)
    for states in itertools.product(STATES, repeat=4)
    if set(states) != {"absent"}
]


def allowlist_of(states: dict[str, str], match_all: bool) -> Allowlist:
    values = {
        name: {"holds": HOLDS, "fails": FAILS}[state][name]
        for name, state in states.items()
        if state != "absent"
    }
    if "commits" in values:
        values["commits"] = frozenset(values["commits"])
    return Allowlist(match_all=match_all, **values)


@pytest.mark.parametrize("level", ["rule", "global"])
@pytest.mark.parametrize(("states", "match_all"), COMBINATIONS)
def test_all_combinations_of_criteria(find, states: dict[str, str], match_all: bool, level: str) -> None:
    given = [state for state in states.values() if state != "absent"]
    allowed = all(s == "holds" for s in given) if match_all else "holds" in given
    allowlist = allowlist_of(states, match_all)
    if level == "rule":
        found = find([Rule(id=RULE.id, regex=RULE.regex, allowlists=(allowlist,))], TEXT, PATH, COMMIT)
    else:
        found = find([RULE], TEXT, PATH, COMMIT, allowlists=[allowlist])
    assert len(found) == (not allowed)


def test_without_a_path_or_commit_none_is_allowed_by_it(find) -> None:
    for match_all in (False, True):
        allowlist = Allowlist(match_all=match_all, paths=(".*", ""), commits=frozenset({COMMIT}))
        assert len(find([RULE], TEXT, allowlists=[allowlist])) == 1
        with_regex = Allowlist(match_all=True, paths=("",), regexes=("tok",))
        assert len(find([RULE], TEXT, allowlists=[with_regex])) == 1


@pytest.mark.parametrize(
    ("target", "pattern", "allowed"),
    [
        ("secret", "^tok_ab12$", True),
        ("secret", "key", False),
        ("match", "^key=tok_ab12$", True),
        ("match", "before", False),
        ("line", "^before key=tok_ab12 after$", True),
        ("line", "other", False),
        ("secret", "", True),
    ],
)
def test_the_regex_target(find, target: str, pattern: str, allowed: bool) -> None:
    rule = Rule(id="r", regex=RULE.regex, allowlists=(Allowlist(regexes=(pattern,), regex_target=target),))
    text = b"other\n" + TEXT + b"\nother"
    assert len(find([rule], text)) == (not allowed)


def test_the_line_target_of_a_match_on_several_lines_is_all_its_lines(find) -> None:
    text = b"other\nfirst tok\nab12 last\nother"
    for pattern, count in (("^first tok\nab12 last$", 0), ("first", 0), ("last", 0), ("other", 1)):
        allowlist = Allowlist(regexes=(pattern,), regex_target="line")
        assert len(find([Rule(id="r", regex=r"tok\n\w+", allowlists=(allowlist,))], text)) == count


def test_stop_words_are_searched_in_the_lowered_secret_only(find) -> None:
    def found(word: str, text: bytes) -> int:
        return len(find([Rule(id="r", regex=RULE.regex, allowlists=(Allowlist(stopwords=(word,)),))], text))

    assert found("ab12", b"key=tok_AB12") == 0
    assert found("key", b"key=tok_AB12") == 1
    assert found("é1", "key=tok_aÉ1b".encode()) == 0
    assert found("é2", "key=tok_aÉ1b".encode()) == 1
    assert found("", b"key=tok_AB12") == 1  # an empty word occurs nowhere


def test_an_inline_flag_stays_in_its_pattern(find) -> None:
    allowlist = Allowlist(regexes=("(?i)zzzz", "TOK"))
    assert len(find([Rule(id="r", regex=RULE.regex, allowlists=(allowlist,))], TEXT)) == 1


def test_an_empty_secret_is_allowed_by_nothing(find) -> None:
    for allowlist in (Allowlist(regexes=("",)), Allowlist(stopwords=("a",)), Allowlist(regexes=(".*",))):
        rule = Rule(id="r", regex=r"tok(x)?_\w+", secret_group=1, allowlists=(allowlist,))
        (match,) = find([rule], b"tok_ab12")
        assert match.secret == b""
        rule = Rule(id="r", regex=r"tok(x)?_\w+", secret_group=1, allowlists=(Allowlist(regexes=("tok",)),))
        assert len(find([rule], b"tok_ab12")) == 1
    by_match = Allowlist(regexes=("tok",), regex_target="match")
    rule = Rule(id="r", regex=r"tok(x)?_\w+", secret_group=1, allowlists=(by_match,))
    assert find([rule], b"tok_ab12") == []


def test_a_match_that_cuts_a_character_is_judged_all_the_same(find) -> None:
    text = "tok_é".encode()
    for allowlist, count in (
        (Allowlist(stopwords=("x",)), 1),
        (Allowlist(stopwords=("tok",)), 0),
        (Allowlist(regexes=("^tok_.$",)), 0),
        (Allowlist(regexes=("z",), stopwords=("z",)), 1),
    ):
        assert len(find([Rule(id="r", regex=r"tok_\C", allowlists=(allowlist,))], text)) == count
        look = Rule(id="r", regex=r"(?<!x)tok_.", regex_engine="regex", allowlists=(allowlist,))
        assert len(find([look], text)) == count


def test_the_two_halves_of_the_verdict() -> None:
    both = Allowlist(match_all=True, paths=("a",), regexes=("s",))
    assert judge_content(both, b"s", b"m", b"l") is Verdict.PLACE
    assert judge_content(both, b"x", b"m", b"l") is Verdict.NO
    assert judge_content(Allowlist(paths=("a",)), b"s", b"m", b"l") is Verdict.NO
    assert judge_content(Allowlist(regexes=("s",)), b"s", b"m", b"l") is Verdict.YES
    assert not drops_all(both, b"a", "")
    assert drops_all(Allowlist(match_all=True, paths=("a",)), b"a", "")
    assert not holds_at(Allowlist(match_all=True), b"a", COMMIT)
    assert holds_at(Allowlist(commits=frozenset({COMMIT})), b"", COMMIT.upper())
    assert holds_at(Allowlist(paths=("\ufffd",)), b"a\xffb", "")
