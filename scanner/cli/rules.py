"""``leakscan rules``: list, show, check, test or export rules."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from scanner.cli.command import Command
from scanner.cli.config import checked, named_config
from scanner.cli.configuration import find_config
from scanner.cli.scan import cache_store
from scanner.config import select
from scanner.config.catalogue import catalogue
from scanner.config.export import describe, to_gitleaks_toml
from scanner.config.validate import place_of
from scanner.detect import ENGINES, Detector, make_prefilter, sought
from scanner.detect.examples import failures
from scanner.detect.strict import shortcomings
from scanner.errors import ExitCode, UsageError
from scanner.model import Config, Rule


@click.group("rules", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List, show, check, test or export rules."""


@command.command(
    "list",
    cls=Command,
    examples=[
        ("leakscan rules list", "All rules of the config that counts here:"),
        ("leakscan rules list --json -c my.toml", "Those of a file, for a program:"),
        ("leakscan rules list --markdown > rules.md", "A page to read:"),
    ],
)
@named_config
@click.option("--json", "as_json", is_flag=True, help="A JSON array, with severity, remediation and origin.")
@click.option("--markdown", is_flag=True, help="A page of all rules: what each finds, and how to rotate it.")
def list_(named: str, as_json: bool, markdown: bool) -> int:
    """List the rules: id, severity and description."""
    config = _config(named)
    rules = config.rules
    if markdown:
        click.echo(catalogue(config), nl=False)
        return 0
    if as_json:
        click.echo(json.dumps([_row(rule) for rule in rules], indent=1))
        return 0
    id_width = max((len(rule.id) for rule in rules), default=0)
    severity_width = max((len(rule.severity) + 2 for rule in rules if rule.severity), default=0)
    for rule in rules:
        row = f"{rule.id:<{id_width}}  {rule.severity:<{severity_width}}{rule.description}"
        click.echo(row.rstrip())
    return 0


def _row(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "description": rule.description,
        "keywords": list(rule.keywords),
        "tags": list(rule.tags),
        "severity": rule.severity,
        "remediation": rule.remediation,
        "origin": rule.origin,
        "line": rule.line,
    }


@command.command("show", cls=Command, examples=[("leakscan rules show github-pat", "One rule in full:")])
@named_config
@click.argument("rule_id", metavar="ID")
def show(named: str, rule_id: str) -> int:
    """Print a rule in full, with where it came from, and how to rotate what it finds."""
    config = _config(named)
    rule = next((rule for rule in config.rules if rule.id == rule_id), None)
    if rule is None:
        raise UsageError(f"no rule has the id {rule_id!r}; `leakscan rules list` shows all")
    click.echo(describe(Config(rules=(rule,))), nl=False)
    return 0


@command.command(
    "validate",
    cls=Command,
    examples=[
        ("leakscan rules validate my.toml", "Whether a file is right, as `leakscan config check`:"),
        ("leakscan rules validate --strict my.toml", "Whether its rules are also fit for others:"),
    ],
    exit_codes=[
        ("0", "They are right."),
        ("2", "Something is wrong; one line each says where."),
    ],
)
@click.argument("file", default="")
@click.option(
    "--strict",
    is_flag=True,
    help="Ask of each rule: two examples and two negative examples, keywords (one in each example), "
    "severity, a description with a full stop, a remediation with an https page, no repeat without end.",
)
def validate(file: str, strict: bool) -> int:
    """Check the rules of a config, by default of the one that counts here."""
    config = checked(file)
    wrong = [
        str(place_of(rule).error(lack))
        for rule in (config.rules if strict else ())
        for lack in shortcomings(rule)
    ]
    for line in wrong:
        click.echo(line, err=True)
    count = f"{len(wrong)} errors" if wrong else "no errors"
    click.echo(f"{' + '.join(config.origins)}: {len(config.rules)} rules, {count}")
    return ExitCode.USAGE if wrong else ExitCode.CLEAN


@command.command(
    "test",
    cls=Command,
    examples=[
        ("leakscan rules test", "All rules of the config that counts here:"),
        ("leakscan rules test -c my.toml my-token", "One rule of a file:"),
    ],
    exit_codes=[("0", "All examples are as they should be."), ("1", "Some are not; each is listed.")],
)
@named_config
@click.argument("rule_ids", metavar="[ID]...", nargs=-1)
def test(named: str, rule_ids: tuple[str, ...]) -> int:
    """Run rules' own examples: each must be found, and no negative example, by both engines."""
    config = _config(named)
    rules = select(config, rule_ids).rules
    failed = set()
    for engine in _engines():
        detector = Detector(config, make_prefilter(sought(config), engine, cache_store()))
        for rule in rules:
            for failure in failures(rule, detector):
                failed.add(rule.id)
                found = "is not found" if failure.kind == "example" else "is found"
                click.echo(f"{rule.id}: {failure.kind} {failure.number} {found} (engine {engine})")
    bare = sum(not rule.examples for rule in rules)
    count = sum(len(rule.examples) + len(rule.negative_examples) for rule in rules)
    click.echo(f"{len(rules)} rules, {count} examples, {len(failed)} rules failed, {bare} without examples")
    return ExitCode.FINDINGS if failed else ExitCode.CLEAN


def _engines() -> list[str]:
    """The engines that run here, by name."""
    engines = []
    for engine in ENGINES:
        try:
            if engine != "auto":
                make_prefilter((), engine)
                engines.append(engine)
        except UsageError:  # noqa: PERF203  (two engines)
            continue
    return engines


@command.command(
    "export",
    cls=Command,
    examples=[("leakscan rules export --gitleaks > gitleaks.toml", "For a machine that has only Gitleaks:")],
)
@named_config
@click.option("--gitleaks", is_flag=True, required=True, help="One TOML that Gitleaks 8.30.1 loads.")
def export(named: str, gitleaks: bool) -> int:
    """Print all rules and allowlists in the format of another tool."""
    click.echo(to_gitleaks_toml(_config(named)), nl=False)
    return 0


def _config(named: str) -> Config:
    return find_config(named, Path(), os.environ).config
