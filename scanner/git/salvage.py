"""Reads the history of a repository that Git itself cannot read to its end.

Git stops at the first object that is missing or corrupt. Here each remaining commit is compared on its own,
and where Git cannot list the commits, they are found from the refs along the parents that can be read.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from scanner.git.changes import Change
from scanner.git.compare import NO_GRAPH, Comparer, Links, or_skipped, read_links
from scanner.git.objects import ObjectError
from scanner.git.program import GitFailed
from scanner.git.repository import Repository
from scanner.git.selection import Query
from scanner.model import Reason, Skipped


def remaining_changes(repository: Repository, query: Query, done: set[str]) -> Iterator[Change | Skipped]:
    """The changes of the commits that `query` selects, without those in `done`, which grows.

    Each object that is in the way is told of once.
    """
    told: set[str] = set()
    with Comparer(repository, query) as comparer:
        for commit in _commits(repository, query, done):
            for item in (commit,) if isinstance(commit, Skipped) else comparer.changes(commit):
                if isinstance(item, Skipped) and item.reason is not Reason.SUBMODULE:
                    if item.object and item.object in told:
                        continue
                    told.add(item.object)
                yield item


def _commits(repository: Repository, query: Query, done: set[str]) -> Iterator[str | Skipped]:
    try:
        for item in _listed(repository, query):
            if item not in done:
                done.add(item)
                yield item
    except GitFailed as error:
        if query.free:  # only Git knows what these options select
            yield Skipped(Reason.CORRUPT_OBJECT, detail=error.reason)
            return
        for found in _walk(repository, query):
            if isinstance(found, Skipped) or found not in done:
                if isinstance(found, str):
                    done.add(found)
                yield found


def _listed(repository: Repository, query: Query) -> Iterator[str]:
    """The selected commits, as far as Git can list them."""
    with repository.program.start("log", "-s", "--format=%H", *query.arguments, settings=NO_GRAPH) as process:
        for line in process.stdout:
            if line.strip():
                yield line.decode("ascii").strip()
        process.check()


def _walk(repository: Repository, query: Query) -> Iterator[str | Skipped]:
    """The selected commits, newest first, along the parents that can be read."""
    starts, stops = _tips(repository, query)
    excluded = {id for id in _reachable(repository, stops, set()) if not isinstance(id, Skipped)}
    left = query.max_commits
    for found in _reachable(repository, starts, excluded, query.since):
        if isinstance(found, Skipped):
            yield found
            continue
        if left == 0:
            return
        if query.until is not None and read_links(repository, found).seconds > query.until:
            continue
        left = None if left is None else left - 1
        yield found


def _reachable(
    repository: Repository, starts: list[str], excluded: set[str], since: int | None = None
) -> Iterator[str | Skipped]:
    """The commits that `starts` lead to and `excluded` does not hold, the newest of those in reach first."""
    queue: list[tuple[int, str, Links]] = []
    seen = set(excluded)

    def enter(id: str) -> Skipped | None:
        if id in seen:
            return None
        seen.add(id)
        commit = or_skipped(read_links, repository, id)
        if isinstance(commit, Skipped):
            return commit
        if since is None or commit.seconds >= since:
            heapq.heappush(queue, (-commit.seconds, id, commit))
        return None

    yield from filter(None, map(enter, starts))
    while queue:
        _, id, commit = heapq.heappop(queue)
        yield id
        yield from filter(None, map(enter, commit.parents))


def _tips(repository: Repository, query: Query) -> tuple[list[str], list[str]]:
    """Commits to start from and commits to stop at."""
    program = repository.program
    if query.revisions != ("--all",):
        names = program.output("rev-parse", "--revs-only", *query.revisions).decode("ascii").split()
        starts = [name for name in names if not name.startswith("^")]
        return starts, [name[1:] for name in names if name.startswith("^")]
    listed = program.output("for-each-ref", "--format=%(objectname)").decode("ascii").split()
    trees = program.output("worktree", "list", "--porcelain").split(b"\n")
    heads = [line[5:].decode("ascii") for line in trees if line.startswith(b"HEAD ")]
    peeled = (_peel(repository, id) for id in dict.fromkeys(heads + listed) if id.strip("0"))
    return [id for id in peeled if id], []


def _peel(repository: Repository, id: str) -> str:
    """The commit that a tag leads to; the id itself where it cannot be read; empty for trees and blobs."""
    try:
        kind, data = repository.read(id)
        while kind == "tag":
            id = data.split(b"\n", 1)[0].removeprefix(b"object ").decode("ascii", "replace")
            kind, data = repository.read(id)
    except ObjectError:
        return id
    return id if kind == "commit" else ""
