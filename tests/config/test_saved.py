"""The built-in pack as it is kept between runs."""

from __future__ import annotations

import zlib
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
    store, fresh = Kept(), built_in()
    assert built_in(store) == fresh
    monkeypatch.setattr("scanner.config.builtin._parsed", lambda texts: pytest.fail("parsed again"))
    assert built_in(store) == fresh
    assert store.saves == 1


def test_configs_that_build_on_the_pack_are_the_same() -> None:
    store, text = Kept(), "[extend]\nuseDefault = true\n"
    for _ in range(2):
        assert load_default(store) == load_default()
        assert load_text(text, "t", cwd=Path(), store=store) == load_text(text, "t", cwd=Path())
    assert len([data for data in store.data.values() if data]) == 1


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


def test_another_pack_is_another_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Kept()
    built_in(store)
    changed = {"x.toml": b'[[rules]]\nid = "x"\nregex = "x"\n'}
    monkeypatch.setattr("scanner.config.builtin._texts", lambda: changed)
    assert [parsed.rule.id for parsed in built_in(store).rules] == ["x"]
    assert len(store.data) == 2


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
    body = zlib.compress(json)
    assert unpacked(zlib.crc32(body).to_bytes(4, "big") + body) is None
    assert unpacked(zlib.crc32(json).to_bytes(4, "big") + json) is None


def test_damage_is_repaired() -> None:
    store = Kept()
    built_in(store)
    (digest,) = store.data
    store.data[digest] = PACK[:-1]
    assert built_in(store) == built_in()
    assert store.data[digest] == PACK


def test_no_example_can_be_read() -> None:
    examples = [
        example.encode()
        for parsed in built_in().rules
        for example in parsed.rule.examples
        if len(example) > 8
    ]
    assert examples
    assert not any(example in PACK for example in examples)
