"""The built-in pack: all TOML files of the package ``scanner.rules``, as one config file."""

from __future__ import annotations

from importlib.resources import files
from itertools import chain

from scanner.config.gitleaks import ConfigFile, parse

BUILT_IN = "built-in rules"


def built_in() -> ConfigFile:
    """The pack, rules sorted by id; each says which of the pack's files it came from.

    Raises:
        ConfigError: one of the files is wrong. Their patterns are not compiled here, which would cost every
            start; tests hold that they compile.
    """
    resources = [entry for entry in files("scanner.rules").iterdir() if entry.name.endswith(".toml")]
    parts = [
        parse(entry.read_text("utf-8"), f"built-in {entry.name}", trusted=True)
        for entry in sorted(resources, key=lambda entry: entry.name)
    ]
    rules = sorted(chain.from_iterable(part.rules for part in parts), key=lambda parsed: parsed.rule.id)
    return ConfigFile(
        name=BUILT_IN,
        rules=tuple(rules),
        allowlists=tuple(chain.from_iterable(part.allowlists for part in parts)),
        targeted=tuple(chain.from_iterable(part.targeted for part in parts)),
        trusted=True,
    )
