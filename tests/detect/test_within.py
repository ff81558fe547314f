"""Allowlists of what stands inside something: in any decoding pass, with other criteria, and in histories."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner import repositories
from scanner.config import load_text
from scanner.config.export import describe, to_gitleaks_toml
from scanner.detect import Detector, make_prefilter, make_sieve, sought
from scanner.errors import ConfigError
from scanner.git import Selection, open_repository
from scanner.model import Allowlist, Config, Finding, Rule, Summary
from scanner.options import Options
from scanner.repositories import scan_history

RULE = Rule(id="token", regex=r"\btok_[a-z0-9]+", keywords=("tok_",))
BLOCK = r"(?m)^BEGIN$[^!]*?^END$"
INSIDE = Allowlist(within=(BLOCK,))


def secrets(matches: Any) -> list[bytes]:
    return [match.secret for match in matches]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (b"tok_a\nBEGIN\ntok_b\nEND\ntok_c", [b"tok_a", b"tok_c"]),
        (b"BEGIN\nEND\ntok_b\nBEGIN\nEND", [b"tok_b"]),  # between two
        (b"BEGIN\ntok_b\n", [b"tok_b"]),
        (b"BEGIN\n!\ntok_b\nEND\n", [b"tok_b"]),
        (b"begin\ntok_b\nend\n", [b"tok_b"]),
        ("é\n\nBEGIN\né tok_b\nEND\né tok_c".encode(), [b"tok_c"]),
        (b"\xff\nBEGIN\n\xff tok_b\nEND\n\xff tok_c", [b"tok_c"]),
    ],
)
def test_a_secret_inside_is_allowed(find: Any, text: bytes, left: list[bytes]) -> None:
    assert secrets(find([RULE], text, allowlists=(INSIDE,))) == left
    assert secrets(find([replace(RULE, allowlists=(INSIDE,))], text)) == left


def test_it_is_the_secret_that_must_be_inside_and_all_of_it(find: Any) -> None:
    rule = Rule(id="r", regex=r"key\n(?:BEGIN\n)?(tok_\w+(?:\nEND\nmore)?)")
    assert secrets(find([rule], b"key\nBEGIN\ntok_a\nEND\n", allowlists=(INSIDE,))) == []
    assert secrets(find([rule], b"key\nBEGIN\ntok_a\nEND\nmore", allowlists=(INSIDE,))) == [
        b"tok_a\nEND\nmore"
    ]


def test_what_is_decoded_stands_where_it_was_encoded(find: Any) -> None:
    once = base64.b64encode(b"some text tok_a and more text")
    twice = base64.b64encode(once + b"x1")
    for encoded in (once, twice):
        assert secrets(find([RULE], encoded)) == [b"tok_a"]
        assert find([RULE], b"BEGIN\n" + encoded + b"\nEND", allowlists=(INSIDE,)) == []
        assert len(find([RULE], b"BEGIN\nEND\n" + encoded, allowlists=(INSIDE,))) == 1


@pytest.mark.parametrize("match_all", [False, True])
def test_other_criteria_beside_it(find: Any, match_all: bool) -> None:
    def left(text: bytes, path: bytes = b"x", **criteria: Any) -> list[bytes]:
        both = Allowlist(match_all=match_all, within=(BLOCK,), **criteria)
        return secrets(find([RULE], text, path, allowlists=(both,)))

    inside = b"BEGIN\ntok_a\nEND"
    assert left(inside, regexes=("a$",)) == []
    assert (left(inside, regexes=("b$",)) == []) is not match_all
    assert (left(b"tok_a", regexes=("a$",)) == []) is not match_all
    assert left(b"tok_a", regexes=("b$",)) == [b"tok_a"]
    assert left(inside, b"docs", paths=("docs",)) == []
    assert (left(inside, b"x", paths=("docs",)) == []) is not match_all
    assert (left(b"tok_a", b"docs", paths=("docs",)) == []) is not match_all


def findings(repo: Any, config: Config, *, fast: bool) -> list[str]:
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    with open_repository(repo.path) as repository:
        sieve = (lambda: make_sieve(config, "ahocorasick")) if fast else None
        items = scan_history(repository, Selection(), detector, Options(jobs=1), Summary(), make_sieve=sieve)
        return sorted(item.fingerprint for item in items if isinstance(item, Finding))


def test_a_history_holds_the_same_the_fast_way(
    make_repo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines of a secret may stay as they are while what is around them comes and goes."""
    monkeypatch.setattr(repositories, "_FEW_COMMITS", -1)
    repo = make_repo()
    filler = "".join(f"line {number} of a text\n" for number in range(60))
    for number in range(12):
        begin, end = ("BEGIN\n" if number % 2 else "", "END\n" if number % 3 else "")
        later = "tok_b1\n" if number > 6 else ""
        repo.commit({"a": f"version {number}\n{begin}{filler}tok_a1\n{filler}{end}{later}"})
    repo.git("repack", "-q", "-a", "-d", "-f", "--depth=50")
    config = Config((RULE,), (INSIDE,))
    assert findings(repo, config, fast=True) == findings(repo, config, fast=False) != []
    assert findings(repo, config, fast=False) != findings(repo, Config((RULE,)), fast=False)


TEXT = """
[[allowlists]]
description = "blocks"
within = ['''(?m)^BEGIN$''']
[[allowlists]]
within = ["x"]
stopwords = ["demo"]
[[rules]]
id = "token"
regex = "tok"
[[rules.allowlists]]
condition = "AND"
within = ["y"]
paths = ["docs"]
"""


def test_a_config_has_it_and_gitleaks_gets_the_rest() -> None:
    config = load_text(TEXT, "own.toml", cwd=Path())
    assert [one.within for one in config.allowlists] == [("(?m)^BEGIN$",), ("x",)]
    assert config.rules[0].allowlists[0].within == ("y",)
    again = load_text(describe(config), "own.toml", cwd=Path())
    assert [one.within for one in again.allowlists] == [one.within for one in config.allowlists]
    exported = to_gitleaks_toml(config)
    assert "within =" not in exported
    assert "# Left out: allowlist (blocks)" in exported
    left = load_text(exported, "own.toml", cwd=Path())
    assert [one.stopwords for one in left.allowlists] == [("demo",)]
    assert left.rules[0].allowlists == ()


def test_a_wrong_pattern_is_refused() -> None:
    with pytest.raises(ConfigError, match="within is not a valid pattern"):
        load_text("[[allowlists]]\nwithin = ['(']\n", "own.toml", cwd=Path())
