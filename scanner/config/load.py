"""Complete configs: from a file, a text, or the built-in pack, and narrowed to chosen rules."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from scanner.config.builtin import built_in
from scanner.config.extend import Merged, resolve
from scanner.config.gitleaks import ConfigFile, parse
from scanner.config.saved import Store
from scanner.config.source import read_file
from scanner.config.validate import check_required, check_rules, check_targets, unmet
from scanner.config.values import one_line
from scanner.errors import ConfigError
from scanner.model import Config, Rule


def load_file(path: Path, *, cwd: Path, store: Store | None = None) -> Config:
    """Load a config file and what it extends.

    Args:
        path: the file, relative to `cwd` or absolute; errors show it as it is given.
        cwd: folder that it and ``[extend]`` paths are relative to.
        store: keeps the built-in pack in a form that loads at once.

    Raises:
        ConfigError: a file cannot be read, or something in one is wrong.
    """
    name = str(path)
    file = parse(read_file(cwd / path, name), name)
    return _finish(file, resolve(file, cwd, (os.path.realpath(cwd / path),), store))


def load_text(text: str, name: str, *, cwd: Path, store: Store | None = None) -> Config:
    """Load a config that is not in a file (such as that of ``GITLEAKS_CONFIG_TOML``).

    Args:
        text: TOML.
        name: what errors call it.
        cwd: folder that ``[extend]`` paths are relative to.
        store: as for `load_file`.

    Raises:
        ConfigError: as `load_file`.
    """
    file = parse(text, name)
    return _finish(file, resolve(file, cwd, store=store))


def load_default(store: Store | None = None) -> Config:
    """Load the built-in pack, rules sorted by id.

    Args:
        store: as for `load_file`.

    Raises:
        ConfigError: a file of the pack is wrong; tests hold that none is.
    """
    file = built_in(store)
    return _finish(file, resolve(file, Path()))


def select(config: Config, enabled_ids: Collection[str]) -> Config:
    """`config` with the rules of `enabled_ids` alone (``--enable-rule``); all of them where that is empty.

    A rule whose required rule is left out can never match, and gets a warning (Gitleaks logs an error).

    Raises:
        ConfigError: there is no rule of such an id.
    """
    if not enabled_ids:
        return config
    known = {rule.id for rule in config.rules}
    for rule_id in enabled_ids:
        if rule_id not in known:
            raise ConfigError(f"no rule has the id '{one_line(rule_id)}'; `leakscan rules list` shows all")
    rules = tuple(rule for rule in config.rules if rule.id in enabled_ids)
    warnings = tuple(
        unmet(rule, required.id)
        for rule in rules
        for required in rule.required
        if required.id not in enabled_ids
    )
    return replace(config, rules=rules, warnings=config.warnings + warnings)


def _finish(file: ConfigFile, merged: Merged) -> Config:
    """The config that `file` and all that it extends amount to, checked."""
    check_rules(merged.rules.values())
    required = check_required(merged.rules, merged.disabled)
    targets = check_targets(merged.targeted, merged.rules, merged.disabled)
    return Config(
        rules=tuple(_with_targeted(parsed.rule, merged) for parsed in merged.rules.values()),
        allowlists=merged.allowlists,
        title=file.title,
        description=file.description,
        min_version=file.min_version,
        origins=merged.origins,
        warnings=merged.warnings + required + targets,
    )


def _with_targeted(rule: Rule, merged: Merged) -> Rule:
    added = tuple(entry.allowlist for entry in merged.targeted if rule.id in entry.rule_ids)
    return replace(rule, allowlists=rule.allowlists + added) if added else rule
