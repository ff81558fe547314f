"""``leakscan git``: Gitleaks' command for repositories."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute_on_changes, execute_on_history
from scanner.git import Selection, platform_named
from scanner.options import Options
from scanner.repositories import scan_staged, scan_unstaged


@click.command(
    "git",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("leakscan git -v .", "All history, each finding printed when it is found:"),
        ("leakscan git --log-opts='--no-merges main~20..main'", "A part of it:"),
        ("leakscan git --pre-commit --staged --redact", "As a pre-commit hook of Gitleaks calls it:"),
    ],
)
@click.argument("repo", type=click.Path(path_type=Path), default=".")
@click.option("--log-opts", default="", metavar="OPTIONS",
              help="What git log is to show, not all refs; words separated by single spaces.")  # fmt: skip
@click.option("--platform", default="", metavar="NAME",
              help="Host whose links findings get: github, gitlab, azuredevops, gitea, bitbucket or none; by "
              "default found out from the remote.")  # fmt: skip
@click.option("--pre-commit", is_flag=True, help="Scan unstaged changes.")
@click.option("--staged", is_flag=True, help="Scan staged changes.")
@scan_options
def command(
    arguments: ScanArguments, repo: Path, log_opts: str, platform: str, pre_commit: bool, staged: bool
) -> int:
    """Scan a repository as Gitleaks does: its history, or staged or unstaged changes.

    'leakscan history', 'staged' and 'unstaged' are the same with options that are easier to say.
    """
    return scan_git(arguments, repo, log_opts, platform, changes=pre_commit or staged, staged=staged)


def scan_git(
    arguments: ScanArguments, repo: Path, log_opts: str, platform: str, *, changes: bool, staged: bool
) -> int:
    """Scan what Gitleaks' options ask for: with `changes` the unstaged or `staged` ones, else history."""
    host = platform_named(platform)
    if changes:
        ignored = ["--log-opts"] if log_opts else []
        return execute_on_changes(arguments, repo, scan_staged if staged else scan_unstaged, ignored)
    return execute_on_history(arguments, repo, Selection(log_opts=log_opts), Options(platform=host))
