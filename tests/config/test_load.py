"""Files that cannot be read, the built-in pack, and choosing rules."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.config import load_default, load_file, load_text, select, validate
from scanner.config.builtin import built_in
from scanner.config.source import MAX_BYTES
from scanner.config.starter import STARTER
from scanner.config.validate import check_file
from scanner.errors import ConfigError

RULES = "".join(f"[[rules]]\nid = '{rule_id}'\nregex = 'a'\n" for rule_id in "ab")


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("\ufeff" + RULES, "utf-8")
    config = load_file(Path("c.toml"), cwd=tmp_path)
    assert [(rule.id, rule.origin, rule.line) for rule in config.rules] == [
        ("a", "c.toml", 1),
        ("b", "c.toml", 4),
    ]
    absolute = tmp_path / "c.toml"
    assert load_file(absolute, cwd=Path("/")).origins == (str(absolute),)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"a = 1\n# caf\xe9\n")
    (tmp_path / "utf16.toml").write_bytes(RULES.encode("utf-16"))
    for name, reason in {
        "missing.toml": "missing.toml: cannot read the config: No such file",
        ".": "is a folder, not a config file",
        "latin.toml": "latin.toml:2: is not UTF-8",
        "utf16.toml": "utf16.toml:1: is not UTF-8",
        "nul\0": r"nul\x00: cannot read the config: not a file name",
        "x" * 5000: "cannot read the config: File name too long",
    }.items():
        with pytest.raises(ConfigError, match=re.escape(reason)):
            load_file(Path(name), cwd=tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("")
    (tmp_path / "c.toml").chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        load_file(Path("c.toml"), cwd=tmp_path)


def test_a_huge_file_is_refused_at_once(tmp_path: Path) -> None:
    with (tmp_path / "c.toml").open("wb") as file:
        file.truncate(100 << 20)
    start = time.perf_counter()
    with pytest.raises(ConfigError, match="is larger than 2 MiB"):
        load_file(Path("c.toml"), cwd=tmp_path)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "text",
    [
        "#" * (MAX_BYTES + 1),
        "a" + ".a" * 100_000 + " = 1",
        "[" + "a . " * 100_000 + "a]",
        "a = '" + "[[rules]]" * 200_000 + "'\n[[rules]]\n",
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 100_000,
        "a = " + "1" * 100_000,
        "[[rules]]\nid = 0x" + "f" * 10_000 + "\nregex = 'a'\n",
        "[[rules]]\nid = 'a'\nregex = 'a'\nentropy = 0x" + "f" * 1000,
        "[[rules]]\nid = 'a'\nregex = '''" + "(" * 100_000 + "'''",
    ],
    ids=["size", "dotted", "header", "line", "lists", "tables", "digits", "hexadecimal", "entropy", "groups"],
)
def test_hostile_texts_are_refused_fast(tmp_path: Path, text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ConfigError) as caught:
        load_text(text, "c.toml", cwd=tmp_path)
    assert time.perf_counter() - start < 5
    assert len(str(caught.value)) < 500


def test_the_built_in_pack() -> None:
    config = load_default()
    ids = [rule.id for rule in config.rules]
    assert ids == sorted(set(ids))
    assert config.warnings == ()
    assert all(rule.origin.startswith("built-in ") and rule.line for rule in config.rules)
    assert check_file(replace(built_in(), trusted=False)) == ()  # not done at load, to start fast


def test_patterns_that_take_too_long_to_compile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "COMPILE_SECONDS", 0)
    with pytest.raises(ConfigError, match=r"^c\.toml:1: rule a: the patterns up to here take more than 0 s"):
        load_text(RULES, "c.toml", cwd=tmp_path)


def test_select(tmp_path: Path) -> None:
    config = load_text(RULES + "required = { id = 'a' }\n", "c.toml", cwd=tmp_path)
    assert select(config, ()) is config
    assert select(config, ["a", "b"]) == config
    chosen = select(config, ["b"])
    assert [rule.id for rule in chosen.rules] == ["b"]
    assert chosen.warnings == ("c.toml:4: rule b: requires 'a', which is disabled, so it will never match",)
    with pytest.raises(ConfigError, match="no rule has the id 'zork'"):
        select(config, ["a", "zork"])


def test_the_starter_loads_as_it_is_and_with_its_examples(tmp_path: Path) -> None:
    plain = load_text(STARTER, ".leakscan.toml", cwd=tmp_path)
    assert plain.rules == tuple(replace(rule, tags=()) for rule in load_default().rules)
    full = load_text(re.sub(r"(?m)^#(?=\S)", "", STARTER), ".leakscan.toml", cwd=tmp_path)
    rule = next(rule for rule in full.rules if rule.id == "acme-token")
    assert len(rule.allowlists) == 2
    assert len(full.allowlists) == len(plain.allowlists) + 1
