"""``leakscan report``: turn saved reports into other formats."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from scanner.cli.arguments import Option
from scanner.cli.command import Command
from scanner.cli.config import named_config
from scanner.cli.configuration import find_config
from scanner.cli.reports import STDOUT, destination, open_reports
from scanner.cli.scan import cache_store
from scanner.errors import ExitCode


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is said of secrets and looks; see `scanner.cli.reports.Shown`."""

    redact: int | None
    show_secrets: bool
    report_template: Path | None
    no_color: bool = False


@click.group("report", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Turn saved reports into other formats."""


@command.command(
    "convert",
    cls=Command,
    examples=[
        ("leakscan report convert leaks.json -o leaks.html", "A page to read, of Gitleaks' or our JSON:"),
        ("leakscan report convert leaks.jsonl -f markdown", "A comment for a pull request, on stdout:"),
        ("leakscan report convert leaks.sarif -f gitlab -o gl-secret-detection-report.json", "For GitLab:"),
        ("leakscan report convert leaks.json -o leaks.html --show-secrets", "A page that holds the secrets:"),
    ],
    exit_codes=[
        ("0", "It is converted, whatever it has found."),
        ("2", "It is not a report, or the other one cannot be written; one line says why."),
    ],
)
@named_config
@click.option(
    "-f", "--format", "name", default="", metavar="FORMAT", help="By default what FILE's ending says."
)
@click.option("-o", "--output", "path", default=STDOUT, metavar="FILE", help="By default stdout.")
@click.option(
    "--report-template", type=click.Path(path_type=Path), metavar="FILE", help="Of format template."
)
@click.option(
    "--redact", cls=Option, section="Options", type=click.IntRange(0), metavar="[PERCENT]", bare="100",
    help="Hide secrets, or N percent of each. Formats for people (text, verbose, html) hide them anyway.",
)  # fmt: skip
@click.option("--show-secrets", is_flag=True, help="Show secrets in formats for people, too.")
@click.argument("saved", type=click.Path(path_type=Path))
def convert(named: str, name: str, path: str, saved: Path, **shown: object) -> int:
    """Turn the report SAVED (Gitleaks' JSON, or leakscan's JSON, JSON Lines or SARIF) into another format.

    Severity, provider and how to rotate come from the config's rules of the same ids. What a report was
    redacted of stays lost.
    """
    from scanner.report.saved import read

    config = find_config(named, Path(), os.environ, cache_store()).config
    arguments = _Shown(**shown)  # type: ignore[arg-type]
    stdout = sys.stdout.buffer if sys.stdout is not None else None
    wanted = destination(name, path, stdout)
    report = read(saved, {rule.id: rule for rule in config.rules})
    (reporter,) = open_reports([wanted], arguments, config, stdout, os.environ)
    for finding in report.findings:
        reporter.add(finding)
    reporter.finish(report.summary)
    return ExitCode.CLEAN
