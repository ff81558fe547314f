"""The built-in pack as it is kept between runs."""

from __future__ import annotations

import os
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.config import load_default, load_text
from scanner.config.builtin import built_in
from scanner.config.gitleaks import parse
from scanner.config.saved import packed, unpacked
from scanner.errors import ConfigError

EVERYTHING = """
title = "t"
description = "d"
minVersion = "8.1.0"
[extend]
useDefault = true
disabledRules = ["a"]
[[rules]]
id = "b"
description = "\\u00fc"
regex = "x(y)"
path = "p"
secretGroup = 1
entropy = 1.5
keywords = ["k", "l"]
tags = ["t"]
skipReport = true
regexEngine = "regex"
check = "jwt"
severity = "low"
remediation = "r"
examples = ["e"]
negative_examples = ["n"]
[[rules.required]]
id = "c"
withinLines = 3
[[rules.allowlists]]
description = "why"
condition = "AND"
commits = ["C", "D"]
paths = ["q"]
regexes = ["s"]
regexTarget = "line"
stopwords = ["W"]
[[allowlists]]
targetRules = ["b"]
stopwords = ["z"]
[[allowlists]]
paths = ["v"]
"""


class Kept:
    """A store in memory."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.saves = 0

    def load(self, digest: str) -> bytes | None:
        return self.data.get(digest)

    def save(self, digest: str, data: bytes) -> None:
        self.saves += 1
        self.data[digest] = data


def test_every_key_comes_back() -> None:
    file = parse(EVERYTHING, "f.toml", trusted=True)
    assert unpacked(packed(file)) == file


def test_the_pack_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Kept()
    first = built_in(store)
    monkeypatch.setattr("scanner.config.builtin._parsed", lambda files: pytest.fail("parsed again"))
    assert built_in(store) == first
    assert store.saves == 1


def test_only_examples_are_left_out() -> None:
    """No scan runs them, and a search for secrets in the cache could take them for some."""
    store = Kept()
    for _ in range(2):
        kept, fresh = load_default(store), load_default()
        bare = tuple(replace(rule, examples=(), negative_examples=()) for rule in fresh.rules)
        assert kept == replace(fresh, rules=bare) != fresh
    assert store.saves == 1


def test_configs_that_build_on_the_pack_are_the_same() -> None:
    store, text = Kept(), "[extend]\nuseDefault = true\n"
    for _ in range(2):
        rules = load_text(text, "t", cwd=Path(), store=store).rules
        assert rules == tuple(replace(rule, tags=()) for rule in load_default(store).rules)


def test_patterns_are_tried_once_and_never_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    store, text = Kept(), "[[rules]]\nid = 'tok'\nregex = 'mine[0-9]{4}'\n"
    first = load_text(text, "t", cwd=Path(), store=store)
    assert list(store.data.values()) == [b""]
    with monkeypatch.context() as patch:
        patch.setattr("scanner.config.validate.compile_pattern", lambda *_: pytest.fail("compiled again"))
        assert load_text(text, "t", cwd=Path(), store=store) == first
    with pytest.raises(ConfigError, match="not a valid pattern"):
        load_text(text.replace("{4}", "("), "t", cwd=Path(), store=store)
    load_text(text + "regexEngine = 'regex'\n", "t", cwd=Path(), store=store)
    assert len(store.data) == 2


def test_another_pack_is_another_entry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store, file = Kept(), tmp_path / "x.toml"
    built_in(store)
    monkeypatch.setattr("scanner.config.builtin._files", lambda: [str(file)])
    for number, name in enumerate(("x", "yy", "zz"), 2):  # another file, another size, another time alone
        file.write_text(f'[[rules]]\nid = "{name}"\nregex = "x"\n')
        os.utime(file, (0, number))
        assert [parsed.rule.id for parsed in built_in(store).rules] == [name]
        assert len(store.data) == number


PACK = packed(built_in())


@given(st.integers(0, len(PACK) - 1), st.integers(1, 255))
def test_a_damaged_byte_is_noticed(at: int, change: int) -> None:
    damaged = PACK[:at] + bytes([PACK[at] ^ change]) + PACK[at + 1 :]
    assert unpacked(damaged) is None


@pytest.mark.parametrize("data", [b"", PACK[:20], PACK[:-1], PACK + b"x"])
def test_a_cut_one_is_noticed(data: bytes) -> None:
    assert unpacked(data) is None


@pytest.mark.parametrize("json", [b"", b"{}", b"[]", b"null", b'["name"]', b"[1,2,3,4,5,6,7,8,9]", b"\xff"])
def test_something_else_is_noticed(json: bytes) -> None:
    assert unpacked(zlib.crc32(json).to_bytes(4, "big") + json) is None


def test_damage_is_repaired() -> None:
    store = Kept()
    first = built_in(store)
    ((digest, data),) = store.data.items()
    store.data[digest] = data[:-1]
    assert built_in(store) == first
    assert store.data[digest] == data
