"""Reads the history of a repository that Git itself cannot read to its end.

Git stops at the first object that is missing or corrupt. Here each remaining commit is compared on its own;
where Git cannot do even that, its trees are, without what cannot be read; and where Git cannot list the
commits, they are found from the refs along the parents that can be read.
"""

from __future__ import annotations

import heapq
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from scanner.git.changes import (
    HEADER_FORMAT,
    Change,
    Entry,
    Header,
    parse_raw,
)
from scanner.git.objects import CorruptObject, ObjectError
from scanner.git.program import Dialogue, GitFailed
from scanner.git.repository import Repository
from scanner.git.selection import Query
from scanner.model import Reason, Skipped

T = TypeVar("T")
_Tree = dict[bytes, tuple[int, str]]  # name: mode, id

_NO_GRAPH = ("core.commitGraph=false",)  # it may list commits that are not there


def remaining_changes(repository: Repository, query: Query, done: set[str]) -> Iterator[Change | Skipped]:
    """The changes of the commits that `query` selects, without those in `done`, which grows.

    Each object that is in the way is told of once.
    """
    arguments = ("diff-tree", "--stdin", "--raw", "-z", "-r", "--root", "--always", "--no-abbrev")
    renames = "--find-renames=100%" if repository.promisor else "--find-renames"
    merges = "-c" if query.combine else "-m"
    paths = ("--", *query.paths) if query.paths else ()
    dialogue = Dialogue(
        repository.program, *arguments, merges, renames, HEADER_FORMAT, *paths, settings=_NO_GRAPH
    )
    told: set[str] = set()
    try:
        for commit in _commits(repository, query, done):
            items = (commit,) if isinstance(commit, Skipped) else _compare(repository, dialogue, commit)
            for item in items:
                if isinstance(item, Skipped) and item.reason is not Reason.SUBMODULE:
                    if item.object and item.object in told:
                        continue
                    told.add(item.object)
                yield item
    finally:
        dialogue.close()


def _compare(repository: Repository, dialogue: Dialogue, commit: str) -> Iterator[Change | Skipped]:
    header = None
    for item in parse_raw(iter((dialogue.ask(commit) or b"").split(b"\0"))):
        if isinstance(item, Header):
            header = item
        elif header is not None and (change := item.change(header)):
            yield change
    if header is None:
        yield from _compare_trees(repository, commit)


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
    with repository.program.start(
        "log", "-s", "--format=%H", *query.arguments, settings=_NO_GRAPH
    ) as process:
        for line in process.stdout:
            if line.strip():
                yield line.decode("ascii").strip()
        process.check()


@dataclass(frozen=True, slots=True)
class _Commit:
    tree: str
    parents: tuple[str, ...]
    seconds: int


def _read_commit(repository: Repository, id: str) -> _Commit:
    """A commit's links; raises `ObjectError` where it cannot be read or is none."""
    kind, data = repository.read(id)
    fields = [line.split(b" ", 1) for line in data.split(b"\n\n", 1)[0].split(b"\n") if b" " in line]
    try:
        if kind != "commit":
            raise CorruptObject(id)
        tree = next(value.decode("ascii") for name, value in fields if name == b"tree")
        parents = tuple(value.decode("ascii") for name, value in fields if name == b"parent")
        committed = next(value for name, value in fields if name == b"committer")
        seconds = int(committed.rsplit(b" ", 2)[1])
    except (StopIteration, ValueError, IndexError):
        raise CorruptObject(id) from None
    return _Commit(tree, () if id in repository.shallow_commits else parents, seconds)


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
        if query.until is not None and _read_commit(repository, found).seconds > query.until:
            continue
        left = None if left is None else left - 1
        yield found


def _reachable(
    repository: Repository, starts: list[str], excluded: set[str], since: int | None = None
) -> Iterator[str | Skipped]:
    """The commits that `starts` lead to and `excluded` does not hold, the newest of those in reach first."""
    queue: list[tuple[int, str, _Commit]] = []
    seen = set(excluded)

    def enter(id: str) -> Skipped | None:
        if id in seen:
            return None
        seen.add(id)
        commit = _or_skipped(_read_commit, repository, id)
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


def _compare_trees(repository: Repository, id: str) -> Iterator[Change | Skipped]:
    """The changes of one commit, without rename detection; a tree that cannot be read counts as empty."""
    commit = _or_skipped(_read_commit, repository, id)
    if isinstance(commit, Skipped):
        yield commit
        return
    parents = [_or_skipped(_read_commit, repository, parent) for parent in commit.parents]
    yield from (parent for parent in parents if isinstance(parent, Skipped))
    olds = tuple(parent.tree for parent in parents if isinstance(parent, _Commit))
    header = Header(id, merge=len(parents) > 1)
    pending = [(b"", commit.tree, olds)]
    while pending:
        folder, new, old_trees = pending.pop()
        entries = _or_skipped(_read_tree, repository, new)
        if isinstance(entries, Skipped):
            yield replace(entries, path=folder.removesuffix(b"/"))
            continue
        befores = [_or_skipped(_read_tree, repository, old) for old in old_trees]
        for entry in _differences(folder, entries, [tree for tree in befores if isinstance(tree, dict)]):
            if stat.S_ISDIR(entry.modes[-1]):
                subtrees = zip(entry.modes[:-1], entry.ids[:-1], strict=True)
                olds = tuple(tree for mode, tree in subtrees if stat.S_ISDIR(mode))
                pending.append((entry.path + b"/", entry.ids[-1], olds))
            elif change := entry.change(header):
                yield change


def _differences(folder: bytes, new: _Tree, olds: list[_Tree]) -> Iterator[Entry]:
    """The entries of `new` that none of `olds` has."""
    for name, (mode, id) in new.items():
        sides = [old.get(name, (0, "0")) for old in olds] + [(mode, id)]
        if sides.index((mode, id)) == len(olds):
            yield Entry(tuple(side[0] for side in sides), tuple(side[1] for side in sides), folder + name)


def _read_tree(repository: Repository, id: str) -> _Tree:
    """Mode and id of each name in a tree; raises `ObjectError`.

    Format: for each entry the mode in octal, a space, the name, a NUL, the id's bytes.
    """
    kind, data = repository.read(id)
    size = len(id) // 2
    entries: _Tree = {}
    position = 0
    while position < len(data) and kind == "tree":
        end = data.find(b"\0", position)
        mode, _, name = data[position:end].partition(b" ")
        position = end + 1 + size
        if end < 0 or position > len(data) or not mode.isdigit():
            raise CorruptObject(id)
        entries[name] = (int(mode, 8), data[end + 1 : position].hex())
    if kind != "tree":
        raise CorruptObject(id)
    return entries


def _or_skipped(read: Callable[[Repository, str], T], repository: Repository, id: str) -> T | Skipped:
    """What `read` returns; where the object cannot be read, the record of that."""
    try:
        return read(repository, id)
    except ObjectError as error:
        return error.skipped()
