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
## {initial}

| provider | rule | what it is | severity | how to rotate |
|---|---|---|---|---|
"""


def catalogue(config: Config) -> str:
    """The page: a table for each initial of the files that rules come from, by file and id.

    One for each file would be most of the page, which hosts show up to half a megabyte of.
    """
    reported = (rule for rule in config.rules if not rule.skip_report)
    ordered = sorted(reported, key=lambda rule: (_provider(rule), rule.id))
    tables = {initial: list(rules) for initial, rules in groupby(ordered, _initial)}
    index = " · ".join(f"[{initial}](#{initial.lower()})" for initial in tables)
    page = [_HEAD.format(rules=len(ordered), files=len(set(map(_provider, ordered))), index=index)]
    for initial, rules in tables.items():
        page += [_TABLE.format(initial=initial), *map(_row, rules)]
    return "".join(page)


def _initial(rule: Rule) -> str:
    return _provider(rule)[:1].upper()


def _provider(rule: Rule) -> str:
    """The name of its file, which in the pack is the provider's."""
    return rule.origin.removeprefix("built-in ").removesuffix(".toml")


def _row(rule: Rule) -> str:
    texts = (_escaped(rule.description), rule.severity, _escaped(rule.remediation))
    return f"| {' | '.join((_escaped(_provider(rule)), f'`{rule.id}`', *texts))} |\n"


def _escaped(text: str) -> str:
    """`text` in one line of a table, as it is."""
    return re.sub(r"([|*`<\\])", r"\\\1", " ".join(text.split()))
