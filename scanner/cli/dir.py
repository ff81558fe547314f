"""``leakscan dir`` (also ``directory``, ``file``): files and folders as they are."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import partial
from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute, repository_at
from scanner.errors import RepositoryError
from scanner.options import Options
from scanner.pipeline import scan_paths


@click.command(
    "dir",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("leakscan dir", "Scan the working directory:"),
        ("leakscan dir src deploy/values.yaml", "A folder and a file:"),
        ("leakscan dir --respect-gitignore", "Without build results and the like:"),
        ("leakscan dir --max-archive-depth 2 dist", "Look into archives, and archives in them:"),
    ],
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--follow-symlinks", is_flag=True, help="Scan the files that symbolic links lead to.")
@click.option("--respect-gitignore", is_flag=True, help="Skip what Git ignores in a folder's repository.")
@scan_options
def command(
    arguments: ScanArguments, paths: tuple[Path, ...], follow_symlinks: bool, respect_gitignore: bool
) -> int:
    """Scan files and folders as they are; by default the working directory.

    All given paths are scanned (Gitleaks takes only one). Hidden files count, and Git's ignore files do not
    matter unless asked to: what lies there can leak.
    """
    paths = paths or (Path(),)
    options = Options(follow_symlinks=follow_symlinks)
    ignored = _ignored_below if respect_gitignore else None
    return execute(arguments, paths, partial(scan_paths, paths, ignored_below=ignored), options)


def _ignored_below(folder: bytes) -> Collection[bytes]:
    """What Git ignores in a folder: nothing where it is in no repository that Git reads."""
    from scanner.git.ignored import ignored_below

    try:
        with repository_at(Path(os.fsdecode(folder))) as repository:
            return ignored_below(repository)
    except RepositoryError:
        return ()
