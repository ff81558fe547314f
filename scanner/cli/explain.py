"""``leakscan explain``: what to do about one finding."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from scanner.cli.command import Command
from scanner.cli.config import named_config
from scanner.cli.configuration import find_config
from scanner.cli.reports import colorful, is_terminal
from scanner.cli.scan import cache_store, repository_at
from scanner.config import select
from scanner.detect import ALLOW_MARKS, MAX_DECODE_DEPTH, Detector, make_prefilter, make_sieve, sought
from scanner.errors import ExitCode, UsageError
from scanner.explain.advice import explanation
from scanner.explain.exposure import exposure
from scanner.explain.revocation import revocation
from scanner.git import Repository, Selection
from scanner.identity import gitleaks_fingerprint
from scanner.model import Config, Finding, Summary
from scanner.options import Options
from scanner.report import saved
from scanner.report.paint import Paint
from scanner.repositories import scan_history


@click.command(
    "explain",
    cls=Command,
    exit_codes=(
        ("0", "It is explained."),
        ("2", "There is no such finding in the history, or the command line, config or report is wrong."),
    ),
    examples=[
        (
            "leakscan explain leakscan:v1:00112233445566778899aabbccddeeff",
            "A finding by leakscan's identity:",
        ),
        ("leakscan explain deploy/prod.env:aws-access-token:3", "By Gitleaks' fingerprint:"),
        ("leakscan explain --report leaks.jsonl ID", "Faster, since the report says which rule found it:"),
    ],
)
@click.argument("finding")
@click.argument("repo", type=click.Path(path_type=Path), default=".")
@click.option("--report", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="A report that has the finding: JSON, JSON Lines or SARIF.")  # fmt: skip
@click.option("--no-color", is_flag=True, help="No colours.")
@named_config
def command(finding: str, repo: Path, report: Path | None, no_color: bool, named: str) -> int:
    """Explain what to do about a finding: rotate it first, then who can see it (branches, tags, since when,
    until when), how to purge it from history, and what to tell others.

    FINDING is leakscan's identity or Gitleaks' fingerprint. The secret is looked for in the whole history,
    and is not shown. Nothing is changed.
    """
    found = find_config(named, repo, os.environ, cache_store())
    with repository_at(repo) as repository:
        findings = _findings(repository, _narrowed(found.config, finding, report), finding)
        lines = explanation(
            exposure(repository, findings),
            revocation(findings[0].rule),
            repository.remote_url(),
            Paint(is_terminal(sys.stdout) and not no_color and colorful(os.environ)),
        )
    click.echo("\n".join(lines))
    return ExitCode.CLEAN


def _named(finding: Finding, name: str) -> bool:
    place = gitleaks_fingerprint("", finding.path, finding.rule.id, finding.start_line)
    return name in (finding.id, finding.fingerprint, place)


def _narrowed(config: Config, name: str, report: Path | None) -> Config:
    """`config` with the one rule that found it (and what it requires), as far as one can tell.

    Raises:
        UsageError: the report does not have the finding.
    """
    rules = {rule.id: rule for rule in config.rules}
    rule_id = name.rsplit(":", 2)[1] if name.count(":") > 1 else ""
    if report is not None:
        listed = saved.read(report, rules).findings
        rule_id = next((finding.rule.id for finding in listed if _named(finding, name)), "")
        if not rule_id:
            raise UsageError(f"{report}: has no finding {name!r}")
    if rule_id not in rules:
        return config
    required = (each.id for each in rules[rule_id].required)
    return select(config, [rule_id, *(each for each in required if each in rules)])


def _findings(repository: Repository, config: Config, name: str) -> Sequence[Finding]:
    """All findings of the secret that is called `name`, wherever it was added.

    Raises:
        UsageError: there is none.
    """
    prefilter = make_prefilter(sought(config), "auto", cache_store())
    detector = Detector(config, prefilter, max_decode_depth=MAX_DECODE_DEPTH, allow_marks=ALLOW_MARKS)
    key = os.environb.get(b"LEAKSCAN_FINGERPRINT_KEY", b"")
    options = Options(jobs=os.cpu_count() or 1, identity_key=key)

    found = scan_history(
        repository,
        Selection(),
        detector,
        options,
        Summary(),
        make_sieve=lambda: make_sieve(config, "auto", cache_store(), MAX_DECODE_DEPTH),
    )
    findings = [item for item in found if isinstance(item, Finding)]
    meant = next((finding for finding in findings if _named(finding, name)), None)
    if meant is None:
        raise UsageError(f"{name!r}: no such finding in the history of {repository.path}")
    what = meant.rule.id, meant.secret or meant.path
    return [each for each in findings if (each.rule.id, each.secret or each.path) == what]
