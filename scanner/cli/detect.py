"""``leakscan detect``: what Gitleaks before 8.19 called ``git``, ``dir`` and ``stdin``."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.git import scan_git
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute
from scanner.cli.stdin import scan_standard_input
from scanner.options import Options
from scanner.pipeline import scan_paths


@click.command("detect", cls=Command, exit_codes=EXIT_CODES, environment=ENVIRONMENT)
@click.argument("words", nargs=-1)
@click.option("-s", "--source", type=click.Path(path_type=Path), default=".", show_default=True,
              help="Repository, or with --no-git file or folder.")  # fmt: skip
@click.option("--no-git", is_flag=True, help="Scan files and folders as they are.")
@click.option("--pipe", is_flag=True, help="Scan standard input.")
@click.option("--follow-symlinks", is_flag=True, help="Scan the files that symbolic links lead to.")
@click.option("--log-opts", default="", metavar="OPTIONS", help="Options and revisions for git log.")
@click.option("--platform", default="", metavar="NAME", help="Host whose links findings get.")
@scan_options
def command(
    arguments: ScanArguments,
    words: tuple[str, ...],
    source: Path,
    no_git: bool,
    pipe: bool,
    follow_symlinks: bool,
    log_opts: str,
    platform: str,
) -> int:
    """Deprecated name of 'git', 'dir' (with --no-git) and 'stdin' (with --pipe)."""
    if words:
        raise click.UsageError(f"detect takes no {words[0]!r}: name what to scan with --source.")
    if no_git:
        options = Options(follow_symlinks=follow_symlinks)
        return execute(arguments, [source], lambda *scan: scan_paths([source], *scan), options)
    if pipe:
        return scan_standard_input(arguments)
    return scan_git(arguments, source, log_opts, platform, changes=False, staged=False)
