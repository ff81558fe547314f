"""The parsed built-in pack in a form that loads at once, and cannot run as code, since it lies in a cache.

Only the pack is kept so: it is public, while a config of a user may name the very secrets that it allows.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields, is_dataclass
from typing import Any, Protocol

from scanner.config.gitleaks import ConfigFile, Extend, ParsedRule, Targeted
from scanner.model import Allowlist, Required, Rule

_CHECKSUM_BYTES = 4


class Store(Protocol):
    """Where it is kept between runs."""

    def load(self, digest: str) -> bytes | None:
        """What was saved under `digest` (hexadecimal), or None."""

    def save(self, digest: str, data: bytes) -> None:
        """Keep `data`; failing to is no error."""


def packed(file: ConfigFile) -> bytes:
    """`file` as bytes."""
    body = json.dumps(plain(file), separators=(",", ":")).encode()
    return _checksum(body) + body


def unpacked(data: bytes) -> ConfigFile | None:
    """What `packed` packed; None where `data` is damaged."""
    body = data[_CHECKSUM_BYTES:]
    if _checksum(body) != data[:_CHECKSUM_BYTES]:
        return None
    try:
        return _config_file(json.loads(body))
    except (ValueError, TypeError, KeyError, IndexError):  # it was saved by something else
        return None


def _checksum(body: bytes) -> bytes:
    """Against damage, not against malice; hashlib takes longer to import than all this takes."""
    return zlib.crc32(body).to_bytes(_CHECKSUM_BYTES, "big")


def plain(value: Any) -> Any:
    """`value` as JSON can say it, the same in each run: of a dataclass its fields' values in their order."""
    if is_dataclass(value):
        return [plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return sorted(value) if isinstance(value, frozenset) else value


def _config_file(values: list[Any]) -> ConfigFile:
    name, title, description, min_version, extend, rules, allowlists, targeted, trusted = values
    use_default, path, url, disabled = extend
    return ConfigFile(
        name,
        title,
        description,
        min_version,
        Extend(use_default, path, url, tuple(disabled)),
        tuple(ParsedRule(_rule(rule), frozenset(given), known) for rule, given, known in rules),
        tuple(map(_allowlist, allowlists)),
        tuple(Targeted(_allowlist(one), frozenset(ids), inherited) for one, ids, inherited in targeted),
        trusted,
    )


def _rule(values: list[Any]) -> Rule:
    for at in _LISTS:
        values[at] = tuple(values[at])
    values[_ALLOWLISTS] = tuple(map(_allowlist, values[_ALLOWLISTS]))
    values[_REQUIRED] = tuple(Required(*one) for one in values[_REQUIRED])
    return Rule(*values)


def _allowlist(values: list[Any]) -> Allowlist:
    of = dict(zip(_ALLOWLIST, values, strict=True))
    for key in ("paths", "regexes", "stopwords", "within"):
        of[key] = tuple(of[key])
    return Allowlist(**of | {"commits": frozenset(of["commits"])})


_RULE = [field.name for field in fields(Rule)]
_ALLOWLISTS, _REQUIRED = map(_RULE.index, ("allowlists", "required"))
_LISTS = [_RULE.index(name) for name in ("keywords", "tags", "examples", "negative_examples")]
_ALLOWLIST = tuple(field.name for field in fields(Allowlist))
