"""``leakscan unstaged``: what the work tree adds to the index."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute_on_changes
from scanner.repositories import scan_unstaged


@click.command(
    "unstaged",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[("leakscan unstaged", "Before git add:")],
)
@click.argument("repo", type=click.Path(path_type=Path), default=".")
@scan_options
def command(arguments: ScanArguments, repo: Path) -> int:
    """Scan what the work tree's tracked files add to the index: what git add -u would stage.

    REPO is a work tree or a folder in one; by default the working directory.
    """
    return execute_on_changes(arguments, repo, scan_unstaged)
