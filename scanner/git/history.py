"""The changes that a repository's history is made of: which commit gave which path which content.

They come from one ``git log --raw`` with Git's own rename detection: the changes whose added lines
``git log -p`` shows and Gitleaks scans. In merge commits, which that hides, they are the paths that differ
from every parent's. Where Git gives up half-way, `salvage` finds what it did not reach.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.errors import UsageError
from scanner.git.changes import HEADER_FORMAT, Change, Entry, Header, parse_raw, split_tokens
from scanner.git.compare import Comparer, exact_renames
from scanner.git.program import GitFailed
from scanner.git.repository import Repository
from scanner.git.salvage import remaining_changes
from scanner.git.selection import Query, Selection, query_of
from scanner.model import Reason, Skipped

_LOG = ("log", "--raw", "-z", "--no-abbrev", "--no-color", "--no-ext-diff", "--no-textconv", HEADER_FORMAT)


def history(repository: Repository, selection: Selection | None = None) -> Iterator[Change | Skipped]:
    """The changes of the selected commits (all, unless given), newest commit first.

    All changes of a commit come together. What could not be read (missing or corrupt commits and trees)
    and what is not scanned (each submodule, once) comes as `Skipped`. Blobs are not looked at here.

    Raises:
        UsageError: the selection names what does not exist, or options that Git refuses.
    """
    query = query_of(selection or Selection(), repository.program)
    submodules: set[bytes] = set()
    for item in _changes(repository, query):
        if isinstance(item, Skipped) and item.reason is Reason.SUBMODULE:
            if item.path in submodules:
                continue
            submodules.add(item.path)
        yield item


def commit_count(repository: Repository, selection: Selection | None = None) -> int:
    """How many commits are selected; 0 where Git cannot tell, as in a broken repository."""
    query = query_of(selection or Selection(), repository.program)
    try:
        return int(repository.program.output("rev-list", "--count", *query.arguments))
    except GitFailed:
        return 0


def _changes(repository: Repository, query: Query) -> Iterator[Change | Skipped]:
    done: set[str] = set()
    try:
        yield from _log(repository, query, done)
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


def _unreadable_refs(repository: Repository) -> Iterator[Skipped]:
    """The refs that lead nowhere: ``git log --all`` leaves them out and succeeds."""
    listed = repository.program.output("for-each-ref", "--format=%(objectname)")
    for id in sorted(set(listed.decode("ascii").split())):
        if problem := repository.problem(id):
            yield problem.skipped()
