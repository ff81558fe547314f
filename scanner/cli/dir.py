"""``leakscan dir`` (also ``directory``, ``file``): files and folders as they are."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute
from scanner.pipeline import Options, scan_paths


@click.command(
    "dir",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("leakscan dir", "Scan the working directory:"),
        ("leakscan dir src deploy/values.yaml", "A folder and a file:"),
        ("leakscan dir --max-archive-depth 2 dist", "Look into archives, and archives in them:"),
    ],
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--follow-symlinks", is_flag=True, help="Scan the files that symbolic links lead to.")
@scan_options
def command(arguments: ScanArguments, paths: tuple[Path, ...], follow_symlinks: bool) -> int:
    """Scan files and folders as they are; by default the working directory.

    All given paths are scanned (Gitleaks takes only one). Hidden files count, and Git's ignore files do not
    matter: what lies there can leak.
    """
    paths = paths or (Path(),)
    options = Options(follow_symlinks=follow_symlinks)
    return execute(arguments, paths, lambda *scan: scan_paths(paths, *scan), options)
