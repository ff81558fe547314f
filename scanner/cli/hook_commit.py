"""``leakscan hook run pre-commit``, ``commit-msg`` and ``pre-push``: on the machine of who commits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.hook_chain import chained
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import cache_store, execute, repository_at
from scanner.detect import Detector, make_sieve
from scanner.errors import UsageError
from scanner.git import Change, Repository, Selection, staged
from scanner.model import Summary
from scanner.options import Item, Options, Progress
from scanner.pipeline import scan_bytes, scan_paths
from scanner.repositories import scan_history, scan_staged

_SCISSORS = (
    b" ------------------------ >8 ------------------------"  # below it Git shows a diff, and drops it
)

allow_empty = click.option(
    "--allow-empty", is_flag=True, help="In CI, too, accept that there was nothing to look at."
)


@click.command(
    "pre-commit",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=(
        *ENVIRONMENT,
        ("PRE_COMMIT_FROM_REF", "With PRE_COMMIT_TO_REF: scan the commits between; pre-commit sets them."),
    ),
    examples=[
        ("leakscan hook run pre-commit", "What the next commit adds:"),
        ("leakscan hook run pre-commit -- a.txt b/c.txt", "Files, whatever is staged:"),
    ],
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@allow_empty
@scan_options
@chained("pre-commit")
def pre_commit(arguments: ScanArguments, stdin: bytes, files: tuple[Path, ...], allow_empty: bool) -> int:
    """Scan before a commit, as Git's hook or as one of the pre-commit framework.

    Without FILE, and where Git is committing just these files, it is what the index adds to HEAD. Otherwise
    each FILE is scanned as it is. With the framework's --from-ref and --to-ref it is the commits between.
    """
    needs_bytes = bool(os.environ.get("CI")) and not allow_empty
    with repository_at(Path()) as repository:
        scan = _scan_of(repository, files)
        return execute(arguments, [Path()], scan, needs_bytes=needs_bytes)


Scan = Callable[[Detector, Options, Summary, Progress], Iterator[Item]]


def _scan_of(repository: Repository, files: Sequence[Path]) -> Scan:
    """What a run of the hook is to look at."""
    first, last = (os.environ.get(f"PRE_COMMIT_{side}_REF", "") for side in ("FROM", "TO"))
    if first and last:
        return _history_scan(repository, Selection(range=f"{first}..{last}"))
    branch, remote = (os.environ.get(f"PRE_COMMIT_{name}", "") for name in ("LOCAL_BRANCH", "REMOTE_NAME"))
    if branch and remote:  # pre-commit pushes what the remote has nothing of
        return _history_scan(repository, Selection(branches=(branch,), unless=(f"--remotes={remote}",)))
    if files and not _are_committed(repository, files):
        return lambda detector, options, summary, progress: scan_paths(
            files, detector, options, summary, progress
        )
    return lambda detector, options, summary, progress: scan_staged(repository, detector, options, summary)


def _are_committed(repository: Repository, files: Sequence[Path]) -> bool:
    """Whether Git is about to commit changes of all these files, and so they are named."""
    if not repository.index_file:  # which Git sets for the hooks of a commit
        return False
    changed = {change.path for change in staged(repository) if isinstance(change, Change)}
    return all(os.fsencode(file.as_posix()) in changed for file in files)


def _history_scan(repository: Repository, selection: Selection) -> Scan:
    def scan(detector: Detector, options: Options, summary: Summary, progress: Progress) -> Iterator[Item]:
        return scan_history(
            repository,
            selection,
            detector,
            options,
            summary,
            progress,
            lambda: make_sieve(detector.config, store=cache_store()),
        )

    return scan


@click.command("commit-msg", cls=Command, exit_codes=EXIT_CODES, environment=ENVIRONMENT)
@click.argument("file", type=click.Path(path_type=Path))
@scan_options
@chained("commit-msg")
def commit_msg(arguments: ScanArguments, stdin: bytes, file: Path) -> int:
    """Scan a commit's message, which Git has written to FILE."""
    try:
        message = _message(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    path = os.fsencode(file.name)

    def scan(detector: Detector, options: Options, summary: Summary, progress: Progress) -> Iterator[Item]:
        return scan_bytes(message, path, detector, options, summary)

    return execute(arguments, [Path()], scan)


def _message(written: bytes) -> bytes:
    """What becomes the message: all above the line that ``git commit --verbose`` puts before its diff."""
    lines = written.split(b"\n")
    cut = next((n for n, line in enumerate(lines) if line[1:].rstrip() == _SCISSORS), len(lines))
    return b"\n".join(lines[:cut])


@click.command("pre-push", cls=Command, exit_codes=EXIT_CODES, environment=ENVIRONMENT)
@click.argument("remote")
@click.argument("url", default="")
@scan_options
@chained("pre-push")
def pre_push(arguments: ScanArguments, stdin: bytes, remote: str, url: str) -> int:
    """Scan what a push brings to REMOTE: commits that no branch of it has, their messages, and tags.

    Git writes the refs on standard input. What another remote has counts as new.
    """
    from scanner.push.received import Update, received, scan_received

    fields = [line.rsplit(b" ", 3) for line in stdin.splitlines()]
    updates = [
        Update(os.fsdecode(ref), old.decode(), new.decode()) for _, new, ref, old in fields if new.strip(b"0")
    ]
    if not updates:
        return 0
    with repository_at(Path()) as repository:
        known = [one.old for one in updates if not one.creates and repository.problem(one.old) is None]
        brought = received(repository, updates, (f"--remotes={remote}",), known)
        if brought.empty:
            return 0

        def scan(
            detector: Detector, options: Options, summary: Summary, progress: Progress
        ) -> Iterator[Item]:
            return scan_received(
                repository,
                brought,
                detector,
                options,
                summary,
                progress,
                lambda: make_sieve(detector.config, store=cache_store()),
            )

        return execute(arguments, [Path()], scan)
