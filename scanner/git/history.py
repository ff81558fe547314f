"""The changes that a repository's history is made of: which commit gave which path which content.

They come from one ``git log --raw`` with Git's own rename detection: the changes whose added lines
``git log -p`` shows and Gitleaks scans. In merge commits, which that hides, they are the paths that differ
from every parent's. Where Git gives up half-way, `salvage` finds what it did not reach.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from scanner.errors import UsageError
from scanner.git.changes import (
    HEADER_FORMAT,
    Change,
    Entry,
    Header,
    parse_raw,
    parse_relevant,
    split_tokens,
)
from scanner.git.compare import Comparer, exact_renames
from scanner.git.program import GitFailed, Process
from scanner.git.repository import Repository
from scanner.git.salvage import remaining_changes
from scanner.git.selection import Query, Selection, query_of
from scanner.model import Reason, Skipped

Relevance = Callable[[bytes, bytes], bool]
"""Says of a path and the new content's id, in hexadecimal, whether anybody is interested."""

_LOG = ("log", "--raw", "-z", "--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv", HEADER_FORMAT)


class Listing:
    """A ``git log`` of everything that runs while others work, for `history`.

    It does not look for renames: that is done later, for the few commits where it matters.

    Attributes:
        relevant: the commits with relevant entries and these, once it was read.
        count: how many commits Git told of.
    """

    def __init__(self, repository: Repository, query: Query) -> None:
        self.relevant: list[tuple[Header, list[Entry]]] = []
        self.count = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        arguments = (*_LOG, "-c", "--no-renames", *query.arguments)
        self._process = repository.program.start(*arguments, stdout=self._file)

    def read(self, is_relevant: Relevance) -> None:
        """Wait for the end, and note what is relevant."""
        self._process.wait()
        self._file.seek(0)
        self.relevant, self.count = parse_relevant(split_tokens(self._file), is_relevant)

    def check(self) -> None:
        """Raise `GitFailed` if Git did not get to the end: what it told of last may have been cut off."""
        self._process.check()

    def commits(self) -> Iterator[str]:
        """The full names of all commits that Git has told of."""
        self._file.seek(0)
        return (item.commit for item in parse_raw(split_tokens(self._file)) if isinstance(item, Header))

    def close(self) -> None:
        """End the program and let go of its output."""
        self._process.close()


def listing(repository: Repository, selection: Selection) -> Listing | None:
    """Begins a listing; None for selections that only Git understands. `history` closes it.

    Raises:
        UsageError: the selection names what does not exist.
    """
    query = query_of(selection, repository.program)
    return None if query.free else Listing(repository, query)


def history(
    repository: Repository,
    selection: Selection | None = None,
    listed: Listing | None = None,
) -> Iterator[Change | Skipped]:
    """The changes of the selected commits (all, unless given), newest commit first.

    All changes of a commit come together. What could not be read (missing or corrupt commits and trees)
    and what is not scanned (each submodule, once) comes as `Skipped`. Blobs are not looked at here.

    Args:
        listed: of the same selection, and read; changes that are not relevant may be left out.

    Raises:
        UsageError: the selection names what does not exist, or options that Git refuses.
    """
    query = query_of(selection or Selection(), repository.program)
    submodules: set[bytes] = set()
    for item in _changes(repository, query, listed):
        if isinstance(item, Skipped) and item.reason is Reason.SUBMODULE:
            if item.path in submodules:
                continue
            submodules.add(item.path)
        yield item


def commit_count(repository: Repository, selection: Selection | None = None, most: int = -1) -> int:
    """How many commits are selected; 0 where Git cannot tell, as in a broken repository.

    Args:
        most: where to stop counting; -1 for no limit.
    """
    query = query_of(selection or Selection(), repository.program)
    limits = [limit for limit in (most, query.max_commits) if limit is not None and limit >= 0]
    limit = (f"--max-count={min(limits)}",) if limits else ()
    try:
        # The last --max-count counts.
        return int(repository.program.output("rev-list", "--count", *_before_paths(query.arguments, limit)))
    except GitFailed:
        return 0


def _before_paths(arguments: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return (*arguments[:end], *more, *arguments[end:])


def _changes(repository: Repository, query: Query, listed: Listing | None) -> Iterator[Change | Skipped]:
    done: set[str] = set()
    try:
        if listed is None:
            yield from _log(repository, query, done)
        else:
            yield from _relevant(repository, query, listed, done)
    except GitFailed as error:
        if query.free and not repository.program.output("for-each-ref", "--count=1"):
            return  # an empty repository has no HEAD to look at
        if query.free:
            _check_options(repository, query)
        explained = False
        for item in remaining_changes(repository, query, done):
            explained = explained or (isinstance(item, Skipped) and item.reason.incomplete)
            yield item
        if not explained:  # such as a ref that is no object name
            yield Skipped(Reason.CORRUPT_OBJECT, detail=error.reason)
    else:
        if query.revisions == ("--all",):
            yield from _unreadable_refs(repository)


def _check_options(repository: Repository, query: Query) -> None:
    """Raise `UsageError` if what Git objects to is not the repository but the user's options."""
    end = query.arguments.index("--") if "--" in query.arguments else len(query.arguments)
    options, paths = query.arguments[:end], query.arguments[end:]
    try:
        repository.program.output("log", "-s", *options, "--max-count=0", *paths)
    except GitFailed as error:
        raise UsageError(f"--log-opts: git log refuses: {error.reason}") from None


def _log(repository: Repository, query: Query, done: set[str]) -> Iterator[Change | Skipped]:
    """Changes as ``git log`` tells them; adds each commit to `done` once it was told completely."""
    arguments = (*_LOG, *exact_renames(repository), *query.arguments)
    with repository.program.start(*arguments) as process, Comparer(repository, query) as comparer:
        header: Header | None = None
        found: list[Change | Skipped] = []
        for item in parse_raw(split_tokens(process.stdout)):
            if isinstance(item, Entry):
                if header is not None and (change := item.change(header)):
                    found.append(change)
                continue
            if header is not None:
                yield from found
                done.add(header.commit)
            header, found = item, []
            if item.merge and query.combine:  # git log shows nothing of it
                found = list(comparer.changes(item.commit))
        process.check()  # before the last commit counts: it may have been cut off
        yield from found


def _relevant(
    repository: Repository, query: Query, listed: Listing, done: set[str]
) -> Iterator[Change | Skipped]:
    """The relevant changes in a listing, and others of the same commits; adds to `done` as `_log`."""
    commits = listed.relevant
    with closing(listed):
        try:
            listed.check()
        except GitFailed:
            told = list(listed.commits())[:-1]
            commits = [(header, entries) for header, entries in commits if header.commit in told]
            done.update(set(told).difference(header.commit for header, _ in commits))
            yield from _told(repository, query, commits, done)
            raise
        yield from _told(repository, query, commits, done)


def _told(
    repository: Repository, query: Query, commits: list[tuple[Header, list[Entry]]], done: set[str]
) -> Iterator[Change | Skipped]:
    renaming = [header.commit for header, entries in commits if not header.merge and _adds(entries)]
    with _renamed(repository, renaming) as renamed, Comparer(repository, query) as comparer:
        for header, entries in commits:
            if header.merge:
                yield from comparer.changes(header.commit)
            else:
                for entry in next(renamed) if _adds(entries) else entries:
                    if change := entry.change(header):
                        yield change
            done.add(header.commit)


def _adds(entries: list[Entry]) -> bool:
    """Whether one of them may be a rename in truth."""
    return any(0 in entry.modes[:-1] for entry in entries)


@contextmanager
def _renamed(repository: Repository, commits: list[str]) -> Iterator[Iterator[list[Entry]]]:
    """The entries of each of the commits, renames found; asking for more than Git told raises `GitFailed`."""
    if not commits:
        yield iter(())
        return
    arguments = (*_LOG, *exact_renames(repository), "--no-walk=unsorted", "--stdin")
    names = "".join(f"{commit}\n" for commit in commits).encode()
    with repository.program.start(*arguments) as process:
        process.feed(names)  # Git reads all of it before it answers
        yield _by_commit(process)


def _by_commit(process: Process) -> Iterator[list[Entry]]:
    found: list[Entry] | None = None
    for item in parse_raw(split_tokens(process.stdout)):
        if isinstance(item, Entry):
            if found is not None:
                found.append(item)
            continue
        if found is not None:
            yield found
        found = []
    process.check()  # before the last commit counts: it may have been cut off
    if found is not None:
        yield found


def _unreadable_refs(repository: Repository) -> Iterator[Skipped]:
    """The refs that lead nowhere: ``git log --all`` leaves them out and succeeds."""
    listed = repository.program.output("for-each-ref", "--format=%(objectname)")
    for id in sorted(set(listed.decode("ascii").split())):
        if problem := repository.problem(id):
            yield problem.skipped()
