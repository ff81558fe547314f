"""The built-in pack: all TOML files of the package ``scanner.rules``, as one config file."""

from __future__ import annotations

import zlib
from importlib import import_module
from itertools import chain
from pathlib import Path

from scanner._version import __version__
from scanner.config.gitleaks import ConfigFile, parse
from scanner.config.saved import Store, packed, unpacked

BUILT_IN = "built-in rules"

_FORM = "2"  # of what `saved` makes of the same texts, in one version of leakscan


def built_in(store: Store | None = None) -> ConfigFile:
    """The pack, rules sorted by id; each says which of the pack's files it came from.

    Args:
        store: keeps the pack as it was parsed, which takes longer than a small scan.

    Raises:
        ConfigError: one of the files is wrong. Their patterns are not compiled here, which would cost every
            start; tests hold that they compile.
    """
    texts = _texts()
    if store is None:
        return _parsed(texts)
    digest = _digest(texts)
    saved = store.load(digest)
    file = unpacked(saved) if saved is not None else None
    if file is None:
        file = _parsed(texts)
        store.save(digest, packed(file))
    return file


def _texts() -> dict[str, bytes]:
    """The pack's files by name, in its order."""
    found = (folder.glob("*.toml") for folder in map(Path, import_module("scanner.rules").__path__))
    return {path.name: path.read_bytes() for path in sorted(chain.from_iterable(found))}


def _digest(texts: dict[str, bytes]) -> str:
    """A name for what becomes of these texts; other texts, such as a developer's, have another."""
    whole = b"\0".join([f"{_FORM} {__version__}".encode(), *map(str.encode, texts), *texts.values()])
    return f"{zlib.crc32(whole):08x}{zlib.adler32(whole):08x}{len(whole):x}"


def _parsed(texts: dict[str, bytes]) -> ConfigFile:
    parts = [parse(text.decode(), f"built-in {name}", trusted=True) for name, text in texts.items()]
    rules = sorted(chain.from_iterable(part.rules for part in parts), key=lambda parsed: parsed.rule.id)
    return ConfigFile(
        name=BUILT_IN,
        rules=tuple(rules),
        allowlists=tuple(chain.from_iterable(part.allowlists for part in parts)),
        targeted=tuple(chain.from_iterable(part.targeted for part in parts)),
        trusted=True,
    )
