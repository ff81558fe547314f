"""``leakscan staged``: what the next commit adds."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute_on_changes
from scanner.repositories import scan_staged


@click.command(
    "staged",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("leakscan staged", "In a pre-commit hook:"),
        ("leakscan staged --allow-marks all", "Honour other tools' inline comments too:"),
    ],
)
@click.argument("repo", type=click.Path(path_type=Path), default=".")
@scan_options
def command(arguments: ScanArguments, repo: Path) -> int:
    """Scan what the index adds to HEAD: what the next commit would bring in, as a hook sees it.

    REPO is a work tree or a folder in one; by default the working directory.
    """
    return execute_on_changes(arguments, repo, scan_staged)
