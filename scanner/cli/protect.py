"""``leakscan protect``: what Gitleaks before 8.19 called ``git --pre-commit``."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.git import scan_git
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options


@click.command("protect", cls=Command, exit_codes=EXIT_CODES, environment=ENVIRONMENT)
@click.option("-s", "--source", type=click.Path(path_type=Path), default=".", show_default=True,
              help="Repository.")  # fmt: skip
@click.option("--staged", is_flag=True, help="Scan staged changes, not unstaged ones.")
@click.option("--log-opts", default="", metavar="OPTIONS", help="Has no effect.")
@scan_options
def command(arguments: ScanArguments, source: Path, staged: bool, log_opts: str) -> int:
    """Deprecated name of 'git --pre-commit'."""
    return scan_git(arguments, source, log_opts, "", changes=True, staged=staged)
