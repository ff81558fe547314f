"""What is about to be committed: the index against HEAD, and the work tree against the index."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scanner.errors import RepositoryError
from scanner.git.changes import Change, Entry, Header, parse_raw, split_tokens
from scanner.git.objects import ObjectError
from scanner.git.program import GitFailed
from scanner.git.repository import Repository
from scanner.model import Skipped

_RAW = ("diff", "--raw", "-z", "--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv")
# Not looking into submodules' work trees, which would read (and obey) their configuration.
_STAGED = ("--cached", "--ignore-submodules=dirty")
_UNSTAGED = ("--ignore-submodules=all", "-c")  # -c: a file in conflict is compared with both sides
# Otherwise git diff writes the index, to note which files it found unchanged.
_NO_REFRESH = "diff.autoRefreshIndex=false"
_NOT_IN_HISTORY = Header("", merge=False)
_CRLF_PROBE = b"a\r\nb\r\n"


def staged(repository: Repository) -> Iterator[Change | Skipped]:
    """The index against HEAD (or nothing, before the first commit), below the repository's path.

    The index is the one that GIT_INDEX_FILE names, which Git sets for hooks of a partial commit.

    Raises:
        RepositoryError: it is a bare repository, or its index or HEAD cannot be read.
    """
    variables = {}
    if repository.index_file:
        # Git takes a relative name from the work tree's root, where hooks run.
        variables["GIT_INDEX_FILE"] = str(repository.work_tree / repository.index_file)
    return _diff(repository, _STAGED, variables=variables)


def unstaged(repository: Repository) -> Iterator[Change | Skipped]:
    """The work tree against the index, below the repository's path; untracked files are not looked at.

    Read the new content with `work_tree_content`. Raises as `staged`.
    """
    for item in _diff(repository, _UNSTAGED, settings=(_NO_REFRESH, *_no_filters(repository))):
        if isinstance(item, Change):
            item = replace(item, new="")
            if _is_unchanged(repository, item):
                continue
        yield item


def _is_unchanged(repository: Repository, change: Change) -> bool:
    """Whether a file only looks changed, by its time or its line ends; not where it cannot be read."""
    try:
        olds = [repository.read_blob(id) for id in change.olds]
        return bool(olds) and work_tree_content(repository, change, olds[0]) in olds
    except (OSError, ObjectError):
        return False


def _diff(
    repository: Repository,
    options: tuple[str, ...],
    variables: dict[str, str] | None = None,
    settings: tuple[str, ...] = (),
) -> Iterator[Change | Skipped]:
    repository.work_tree  # noqa: B018  (a bare repository has no index: say so, not what git diff says)
    arguments = (*_RAW, *options)
    try:
        items = _parse(repository, (*arguments, "."), variables, settings)
    except GitFailed:
        # A blob that finding renames wants to read is missing or corrupt: do without.
        items = _parse(repository, (*arguments, "--no-renames", "."), variables, settings)
    yield from items


def _parse(
    repository: Repository,
    arguments: tuple[str, ...],
    variables: dict[str, str] | None,
    settings: tuple[str, ...],
) -> list[Change | Skipped]:
    with repository.program.start(*arguments, variables=variables, settings=settings) as process:
        entries = [item for item in parse_raw(split_tokens(process.stdout)) if isinstance(item, Entry)]
        process.check()
    return [change for entry in entries if (change := entry.change(_NOT_IN_HISTORY))]


def work_tree_content(repository: Repository, change: Change, old: bytes) -> bytes:
    """The content of a changed file in the work tree, with line ends as Git would store them.

    Args:
        change: one of `unstaged`.
        old: content of the blob it is compared with; empty where there is none.

    Raises:
        OSError: the file cannot be read, or is a pipe or device by now.
    """
    if b".." in change.path.split(b"/"):
        raise OSError(f"not below the work tree: {change.path!r}")
    file = repository.work_tree / os.fsdecode(change.path)
    if stat.S_ISLNK(change.mode):
        return os.fsencode(file.readlink())
    content = _read_regular(file)
    if b"\r\n" in content and b"\r\n" not in old and _stores_lf(repository, change.path):
        return content.replace(b"\r\n", b"\n")
    return content


def _read_regular(file: Path) -> bytes:
    """Content of a regular file; a symbolic link, or a pipe that nobody writes to, is refused."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as stream:  # noqa: PTH123  (of a descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"not a regular file: {file}")
        return stream.read()


def _stores_lf(repository: Repository, path: bytes) -> bool:
    """Whether Git, by its attributes and settings, turns CRLF in that file into LF when it stores it."""
    root = repository.program.at(repository.work_tree)  # attributes go by the path from there
    settings = _no_filters(repository)

    def stored(text: bytes, *options: bytes) -> bytes:
        return root.output(b"hash-object", b"--stdin", *options, stdin=text, settings=settings)

    try:
        return stored(_CRLF_PROBE, b"--path=" + path) == stored(_CRLF_PROBE.replace(b"\r", b""))
    except GitFailed:  # such as for a working-tree-encoding that the probe is not in
        return False


def _no_filters(repository: Repository) -> tuple[str, ...]:
    """Settings that switch off every content filter: programs that a configuration names.

    Raises:
        RepositoryError: one has a name that no setting on a command line can take.
    """
    try:
        listed = repository.program.output("config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.")
    except GitFailed:  # there are none
        return ()
    drivers = {os.fsdecode(name).rpartition(".")[0] for name in listed.split(b"\0") if name}
    for driver in drivers:
        if "=" in driver:
            raise RepositoryError(f"cannot switch off the content filter {driver!r}: rename it without '='")
    settings = ("clean=", "smudge=", "process=", "required=false")
    return tuple(f"{driver}.{setting}" for driver in sorted(drivers) for setting in settings)
