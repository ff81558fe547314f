"""``leakscan history``: what the history of a repository brought in."""

from __future__ import annotations

from pathlib import Path

import click

from scanner.cli.arguments import Option
from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute_on_history
from scanner.git import Selection

_WHICH = "Which commits"


@click.command(
    "history",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("leakscan history", "Scan all branches and tags of the repository you are in:"),
        ("leakscan history --since 2.weeks.ago -r leaks.json", "What is new, with a JSON report:"),
        ("leakscan history --range origin/main..HEAD", "What a pull request adds:"),
        ("leakscan history mirror.git -o sarif=leaks.sarif -o jsonl=leaks.jsonl", "Several reports at once:"),
        ("leakscan history -b leaks.json", "Only what an earlier report does not have:"),
    ],
)
@click.argument("repo", type=click.Path(path_type=Path), default=".")
@click.option("--since", cls=Option, section=_WHICH, default="", metavar="DATE",
              help="Only commits after this date, in any form that git log takes.")  # fmt: skip
@click.option("--until", cls=Option, section=_WHICH, default="", metavar="DATE",
              help="Only commits before this date.")  # fmt: skip
@click.option("--branch", "branches", cls=Option, section=_WHICH, multiple=True, metavar="NAME",
              help="Only what this branch, tag or commit reaches; repeatable.")  # fmt: skip
@click.option("--range", "range_", cls=Option, section=_WHICH, default="", metavar="A..B",
              help="Only commits that B reaches and A does not.")  # fmt: skip
@click.option("--max-commits", cls=Option, section=_WHICH, type=click.IntRange(1), metavar="N",
              help="At most so many commits, the newest.")  # fmt: skip
@scan_options
def command(
    arguments: ScanArguments,
    repo: Path,
    since: str,
    until: str,
    branches: tuple[str, ...],
    range_: str,
    max_commits: int | None,
) -> int:
    """Scan the history of a repository: everything that any commit of any branch, tag or other ref added.

    REPO is a work tree, a folder in one, or a bare repository; by default the working directory. Secrets are
    reported where they entered, also where that was in a merge commit's own resolution. What could not be
    read is listed, and makes the exit code 4.
    """
    selection = Selection(since, until, branches, range_, max_commits)
    return execute_on_history(arguments, repo, selection)
