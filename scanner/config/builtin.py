"""The built-in pack: all TOML files of the package ``scanner.rules``, as one config file."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import chain
from pathlib import Path

from scanner._version import __version__
from scanner.config.gitleaks import ConfigFile, parse
from scanner.config.saved import Store, packed, unpacked

BUILT_IN = "built-in rules"

_FORM = "4"  # of what `saved` makes of the same files, in one version of leakscan


def built_in(store: Store | None = None) -> ConfigFile:
    """The pack, rules sorted by id; each says which of the pack's files it came from.

    Args:
        store: keeps the pack as it was parsed, which takes longer than a small scan. It comes without the
            rules' examples then, which no scan runs and which are half of it.

    Raises:
        ConfigError: one of the files is wrong. Their patterns are not compiled here, which would cost every
            start; tests hold that they compile.
    """
    files = _files()
    if store is None:
        return _parsed(map(Path, files))
    digest = _digest(files)
    saved = store.load(digest)
    file = unpacked(saved) if saved is not None else None
    if file is None:
        file = _without_examples(_parsed(map(Path, files)))
        store.save(digest, packed(file))
    return file


def _files() -> list[str]:
    """The pack's files, in its order."""
    folders = import_module("scanner.rules").__path__
    return sorted(
        entry.path for folder in folders for entry in os.scandir(folder) if entry.name.endswith(".toml")
    )


def _digest(files: Sequence[str]) -> str:
    """A name for what becomes of these files as they are now.

    They are hundreds, and not read for it: what changes them changes the version, or where a developer does,
    a size or a time.
    """
    states = [os.stat(file) for file in files]  # noqa: PTH116  (Path takes twice the time)
    parts = [_FORM, __version__, *files, *(f"{state.st_size} {state.st_mtime_ns}" for state in states)]
    whole = "\0".join(parts).encode("utf-8", "surrogateescape")
    return f"{zlib.crc32(whole):08x}{zlib.adler32(whole):08x}{len(whole):x}"


def _without_examples(file: ConfigFile) -> ConfigFile:
    return replace(
        file,
        rules=tuple(
            replace(parsed, rule=replace(parsed.rule, examples=(), negative_examples=()))
            for parsed in file.rules
        ),
    )


def _parsed(files: Iterable[Path]) -> ConfigFile:
    parts = [parse(file.read_text("utf-8"), f"built-in {file.name}", trusted=True) for file in files]
    rules = sorted(chain.from_iterable(part.rules for part in parts), key=lambda parsed: parsed.rule.id)
    return ConfigFile(
        name=BUILT_IN,
        rules=tuple(rules),
        allowlists=tuple(chain.from_iterable(part.allowlists for part in parts)),
        targeted=tuple(chain.from_iterable(part.targeted for part in parts)),
        trusted=True,
    )
