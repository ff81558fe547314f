"""All rules of a config as a Markdown page: what each finds, how severe a leak is, and how to rotate."""

from __future__ import annotations

import re
from itertools import groupby

from scanner.model import Config, Rule

_HEAD = """\
# The rules

{rules} rules of {files} providers. Each has examples that it must find and near-misses that it must not find;
`leakscan rules test` runs them, and `leakscan rules show ID` prints a rule in full. This page is made by
`leakscan rules list --markdown`.

Severity is how much a leak opens: **critical** is a cloud, administration, payments or production data,
**high** all of an account, **medium** a limited API, **low** what is nearly public or only for tests.

{index}
"""
_TABLE = """
## {name}

| rule | what it is | severity | how to rotate |
|---|---|---|---|
"""


def catalogue(config: Config) -> str:
    """The page: a table for each file that rules come from, by name."""
    reported = (rule for rule in config.rules if not rule.skip_report)
    ordered = sorted(reported, key=lambda rule: (_provider(rule), rule.id))
    tables = {name: list(rules) for name, rules in groupby(ordered, _provider)}
    index = " · ".join(f"[{name}](#{_anchor(name)})" for name in tables)
    page = [_HEAD.format(rules=len(ordered), files=len(tables), index=index)]
    for name, rules in tables.items():
        page += [_TABLE.format(name=name), *map(_row, rules)]
    return "".join(page)


def _provider(rule: Rule) -> str:
    """The name of its file, which in the pack is the provider's."""
    return rule.origin.removeprefix("built-in ").removesuffix(".toml")


def _anchor(heading: str) -> str:
    """What hosts make of a heading's text."""
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))


def _row(rule: Rule) -> str:
    cells = (f"`{rule.id}`", _escaped(rule.description), rule.severity, _escaped(rule.remediation))
    return f"| {' | '.join(cells)} |\n"


def _escaped(text: str) -> str:
    """`text` in one line of a table, as it is."""
    return re.sub(r"([|*`<\\])", r"\\\1", " ".join(text.split()))
