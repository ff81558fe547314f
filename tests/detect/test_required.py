"""Composite rules: which companions count, and how near they must be."""

from __future__ import annotations

import pytest

from scanner.detect.required import COMPANIONS_LIMIT
from scanner.model import Allowlist, Match, Required, Rule

ID = Rule(id="id", regex=r"id_\w+", skip_report=True)


def key(*required: Required, **options) -> Rule:
    return Rule(id="key", regex=r"key_\w+", required=required, **options)


def texts(matches: list[Match]) -> list[bytes]:
    return [match.text for match in matches]


@pytest.mark.parametrize(
    ("text", "lines", "columns", "count"),
    [
        (b"key_a", None, None, 0),
        (b"id_a", None, None, 0),
        (b"key_a id_a", None, None, 1),
        (b"id_a" + b"\n" * 50 + b"key_a", None, None, 1),
        (b"key_a id_a", 0, None, 1),
        (b"key_a\nid_a", 0, None, 0),
        (b"key_a\nid_a", 1, None, 1),
        (b"id_a\nkey_a", 1, None, 1),
        (b"id_a\n\nkey_a", 1, None, 0),
        (b"key_a id_a", None, 6, 1),
        (b"key_a id_a", None, 5, 0),
        (b"id_aaa key_a", None, 7, 1),
        (b"id_aaa key_a", None, 6, 0),
        (b" key_a\nid_a", None, 1, 1),  # true columns, whichever the lines
        (b" key_a\nid_a", None, 0, 0),
        (b"id_a\n\n\nkey_a", None, 0, 1),
        (b"id_a\n\n\nkey_a", 2, 0, 0),
        (b"id_a\n\n\nkey_a", 3, 0, 1),
        (b"id_a\n\n\n key_a", 3, 0, 0),
    ],
)
def test_how_near_a_companion_must_be(
    find, text: bytes, lines: int | None, columns: int | None, count: int
) -> None:
    found = find([key(Required("id", lines, columns)), ID], text)
    assert texts(found) == [b"key_a"] * count
    for match in found:
        assert [texts(group) for group in match.companions] in ([[b"id_a"]], [[b"id_aaa"]])


def test_every_requirement_counts_and_one_companion_serves_many(find) -> None:
    rules = [key(Required("id", 0), Required("no")), ID, Rule(id="no", regex=r"no_\w+", skip_report=True)]
    assert find(rules, b"key_a id_a") == []
    found = find(rules, b"key_a key_b id_a\nno_a\nkey_c")
    assert texts(found) == [b"key_a", b"key_b"]
    assert [texts(group) for group in found[0].companions] == [[b"id_a"], [b"no_a"]]


def test_a_companion_needs_no_keyword_and_no_companion_of_its_own(find) -> None:
    first = Rule(id="id", regex=r"id_\w+", skip_report=True, keywords=("zz",), required=(Required("none"),))
    rules = [key(Required("id")), first, Rule(id="none", regex="zz")]
    assert texts(find(rules, b"key_a id_a")) == [b"key_a"]


def test_a_companion_must_be_a_leak_itself(find) -> None:
    allowed = Rule(id="id", regex=r"id_\w+", allowlists=(Allowlist(regexes=("a$",)),))
    assert texts(find([key(Required("id")), allowed], b"key_a id_a")) == []
    assert texts(find([key(Required("id")), allowed], b"key_a id_b")) == [b"key_a", b"id_b"]
    flat = Rule(id="id", regex=r"id_\w+", entropy=2.5)
    assert find([key(Required("id")), flat], b"key_a id_a") == []
    assert find([key(Required("id")), ID], b"key_a\nid_a # gitleaks:allow") == []


def test_a_companion_must_be_a_leak_at_the_place(find) -> None:
    in_tests = Rule(id="id", regex=r"id_\w+", skip_report=True, allowlists=(Allowlist(paths=("^tests/",)),))
    of_python = Rule(id="id", regex=r"id_\w+", skip_report=True, path=r"\.py$")
    text = b"key_a id_a"
    assert find([key(Required("id")), in_tests], text, b"tests/a") == []
    assert len(find([key(Required("id")), in_tests], text, b"src/a")) == 1
    assert find([key(Required("id")), of_python], text, b"a.c") == []
    assert len(find([key(Required("id")), of_python], text, b"a.py")) == 1


def test_a_companion_that_counts_at_the_place_is_kept_beside_many_that_do_not(find) -> None:
    allowlist = Allowlist(match_all=True, paths=("^tests/",), regexes=("^id_a",))
    ids = Rule(id="id", regex=r"id_\w+", skip_report=True, allowlists=(allowlist,))
    text = b"id_a " * (2 * COMPANIONS_LIMIT) + b"id_b key_a"
    (match,) = find([key(Required("id")), ids], text, b"tests/a")
    assert texts(match.companions[0]) == [b"id_b"]
    assert find([key(Required("id")), ids], text.replace(b"id_b", b"id_a"), b"tests/a") == []


def test_a_rule_may_require_itself_and_a_missing_rule_is_never_met(find) -> None:
    assert texts(find([key(Required("key"))], b"key_a")) == [b"key_a"]
    assert find([key(Required("gone"))], b"key_a") == []


def test_a_rule_on_the_path_alone_can_be_a_companion(find) -> None:
    rules = [key(Required("env")), Rule(id="env", path=r"\.env$", skip_report=True)]
    assert len(find(rules, b"key_a", b"a.env")) == 1
    assert find(rules, b"key_a", b"a.py") == []
    near = [key(Required("env", within_lines=1)), rules[1]]
    assert texts(find(near, b"key_a\nkey_b", b"a.env")) == [b"key_a"]


def test_both_must_be_seen_in_the_same_decoding_pass(find) -> None:
    encoded = b"%6b%65%79_a"
    rules = [key(Required("id")), ID]
    assert find(rules, encoded + b"\nid_a") == []
    both = b"%6b%65%79_a %69%64_b"
    (match,) = find(rules, both)
    assert match.text == b"key_a"
    assert texts(match.companions[0]) == [b"id_b"]
    on_path = [key(Required("env")), Rule(id="env", path=r"\.env$", skip_report=True)]
    assert find(on_path, encoded, b"a.env") == []


def test_many_companions_stay_few(find) -> None:
    found = find([key(Required("id", 1, 100_000)), ID], b"key_a id_a " * 2_000)
    assert len(found) == 2_000
    assert all(len(match.companions[0]) == COMPANIONS_LIMIT for match in found)


def test_the_lines_in_reach_move_with_the_match(find) -> None:
    text = b"id_1\nkey_1\nid_2\n\n\nkey_2\n\n\nid_3\nkey_3\nkey_4 id_4"
    found = find([key(Required("id", 1)), ID], text)
    assert [(match.text, texts(match.companions[0])) for match in found] == [
        (b"key_1", [b"id_1", b"id_2"]),
        (b"key_3", [b"id_3", b"id_4"]),
        (b"key_4", [b"id_4"]),
    ]
