"""Scans repositories: their history, and what is staged or not.

Each ``scan_*`` yields findings and what was skipped, as they come, and counts in a `Summary` what it
looked at.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.detect import Detector
from scanner.errors import RepositoryError
from scanner.git import Change, ObjectError, Repository, Selection, link, remote_of, staged, unstaged
from scanner.locate import Locator, Place
from scanner.model import UNCOMMITTED, Commit, Finding, Reason, Skipped, Summary
from scanner.options import Item, NoProgress, Options, Progress, in_time

if TYPE_CHECKING:
    from scanner.config.saved import Store
    from scanner.detect.sieve import Sieve
    from scanner.recall import Recollection
    from scanner.survey import Survey

_FEW_CHANGES = 64  # are looked at in this process
_BATCH = 32  # changes handed to another
_FEW_COMMITS = 1_000  # are scanned blob by blob, in less time than all packs take to be looked through


def scan_history(
    repository: Repository,
    selection: Selection,
    detector: Detector,
    options: Options,
    summary: Summary,
    progress: Progress | None = None,
    make_sieve: Callable[[], Sieve] | None = None,
    store: Store | None = None,
) -> Iterator[Item]:
    """Scan what the selected commits brought in.

    Args:
        make_sieve: makes the sieve of the detector's config: packs are looked through first, and only what
            may hold something is scanned whole. None scans each blob whole, which finds the same.
        store: keeps what is known of a history for the next scan, which then looks at new commits only.

    Raises:
        UsageError: the selection names what does not exist.
    """
    # What only this needs; other scans would wait for it.
    from scanner.git.history import commit_count
    from scanner.recall import Recollection, begin

    before = Recollection()
    finish = None
    if store is not None and selection.whole:
        extent = options.max_megabytes, options.max_archive_depth, *map(str, options.own_files)
        selection, before, finish = begin(store, repository, selection, detector, extent)
    count = commit_count(repository, selection, _FEW_COMMITS + 1)
    summary.known_commits = before.commits

    def items() -> Iterator[Item]:
        boundary = (Skipped(Reason.SHALLOW, object=commit) for commit in sorted(repository.shallow_commits))
        locator, changes = _history(
            repository, selection, detector, options, summary, progress or NoProgress(), make_sieve, count
        )
        noted: list[Change] = []
        skipped: dict[Skipped, None] = {}
        found = chain(
            boundary,
            before.skipped,
            _spread(changes, repository, locator, options, summary, noted),
            _scan_again(before, noted, repository, detector, options, summary),
        )
        yield from _each_once(found, skipped)
        if finish and not any(item.reason.incomplete for item in skipped):
            clean = {old for change in noted for old in change.olds if locator.holds_nothing(old)}
            finish(noted, clean, skipped, summary.commits + summary.known_commits)

    return items()


def _history(
    repository: Repository,
    selection: Selection,
    detector: Detector,
    options: Options,
    summary: Summary,
    progress: Progress,
    make_sieve: Callable[[], Sieve] | None,
    count: int,
) -> tuple[Locator, Iterator[Change | Skipped]]:
    """The selected changes, or those of them that matter, and who locates findings in them.

    Args:
        count: of the commits; `_FEW_COMMITS` and one for more.
    """
    from scanner.git.history import commit_count, history, listing
    from scanner.survey import survey

    locator = _locator(repository, detector, options)
    if make_sieve is None or count <= _FEW_COMMITS:
        summary.commits = commit_count(repository, selection) if count > _FEW_COMMITS else count
        progress.start("commits", summary.commits or None)
        return locator, _counted(in_time(history(repository, selection), options.timeout or inf), progress)
    end = time.monotonic() + options.timeout if options.timeout else inf
    with ExitStack() as otherwise:
        listed = listing(repository, selection)
        if listed:
            otherwise.callback(listed.close)
        detector.expect_more()  # before there are processes each of which would find out
        started = time.monotonic()
        memory = options.max_memory
        known = survey(
            repository, make_sieve(), detector, jobs=options.jobs, progress=progress, end=end, memory=memory
        )
        surveyed = time.monotonic()
        if surveyed > end:
            return locator, iter((Skipped(Reason.TIMEOUT),))
        locator = _locator(repository, detector, options, known)
        if listed:
            listed.read(locator.is_relevant)
        summary.commits = listed.count if listed else commit_count(repository, selection)
        otherwise.pop_all()
    summary.blobs, summary.bytes = known.blobs, known.size
    summary.stats |= known.stats() | {
        "survey_seconds": round(surveyed - started, 3),
        "listing_seconds": round(time.monotonic() - surveyed, 3),
        "jobs": options.jobs,
    }
    progress.start("commits", summary.commits or None)
    changes = in_time(history(repository, selection, listed), end - time.monotonic())
    return locator, _counted(changes, progress)


def _scan_again(
    before: Recollection,
    noted: list[Change],
    repository: Repository,
    detector: Detector,
    options: Options,
    summary: Summary,
) -> Iterator[Item]:
    """What changes brought in that an earlier scan has found something in; adds them to `noted`."""
    new = {change.commit for change in noted}
    changes = [change for change in before.changes if change.commit not in new]
    locator = _locator(repository, detector, options, clean=before.clean)
    yield from _spread(iter(changes), repository, locator, options, summary, noted)


@dataclass(slots=True)
class _Located:
    """What came of some changes; see `_scan_changes` and `Summary`."""

    items: list[Item]
    noted: list[Change]
    blobs: int
    bytes: int


class _Examiner:
    """Locates in a process of its own, which needs Git's programs of its own."""

    def __init__(self, repository: Repository, locator: Locator, options: Options) -> None:
        self._path, self._program = repository.path, repository.program
        self._locator, self._options = locator, options
        self._repository: Repository | None = None

    def examine(self, changes: Sequence[Change | Skipped]) -> _Located:
        """What some changes brought in."""
        if self._repository is None:
            self._repository = Repository(self._path, self._program.environment, self._program.objects)
            self._locator = self._locator.within(self._repository, _places(self._repository, self._options))
        summary, noted = Summary(), list[Change]()
        items = list(_scan_changes(changes, self._repository, self._locator, self._options, summary, noted))
        return _Located(items, noted, summary.blobs, summary.bytes)


def _spread(
    changes: Iterator[Change | Skipped],
    repository: Repository,
    locator: Locator,
    options: Options,
    summary: Summary,
    noted: list[Change],
) -> Iterator[Item]:
    """`_scan_changes` in several processes, where there is more than a little to do."""
    from scanner.spread import CAN_FORK, rules_and_allowlists, spread

    if options.jobs < 2 or not CAN_FORK:
        yield from _scan_changes(changes, repository, locator, options, summary, noted)
        return
    first = islice(changes, _FEW_CHANGES)
    yield from _scan_changes(first, repository, locator, options, summary, noted)
    batches = iter(lambda: list(islice(changes, _BATCH)), [])
    shared = rules_and_allowlists(locator.detector.config)
    examiner = _Examiner(repository, locator, options)
    with closing(spread(examiner.examine, batches, options.jobs, shared, ordered=True)) as parts:
        for part in parts:
            noted += part.noted
            summary.blobs += part.blobs
            summary.bytes += part.bytes
            yield from part.items


def _each_once(items: Iterable[Item], skipped: dict[Skipped, None]) -> Iterator[Item]:
    """The same items, each skipped one once: processes, and an earlier scan, may tell of the same. Adds to
    `skipped`."""
    for item in items:
        if isinstance(item, Skipped):
            if item in skipped:
                continue
            skipped[item] = None
        yield item


def scan_staged(
    repository: Repository, detector: Detector, options: Options, summary: Summary
) -> Iterator[Item]:
    """Scan what the index brings in against HEAD: what the next commit adds."""
    return _scan_uncommitted(staged(repository), repository, detector, options, summary)


def scan_unstaged(
    repository: Repository, detector: Detector, options: Options, summary: Summary
) -> Iterator[Item]:
    """Scan what the work tree brings in against the index."""
    return _scan_uncommitted(unstaged(repository), repository, detector, options, summary)


def _scan_uncommitted(
    changes: Iterable[Change | Skipped],
    repository: Repository,
    detector: Detector,
    options: Options,
    summary: Summary,
) -> Iterator[Item]:
    locator = _locator(repository, detector, options)
    return _scan_changes(in_time(changes, options.timeout or inf), repository, locator, options, summary)


def _locator(
    repository: Repository,
    detector: Detector,
    options: Options,
    known: Survey | None = None,
    clean: Collection[str] = (),
) -> Locator:
    return Locator(
        repository,
        detector,
        _places(repository, options),
        is_clean=known.is_clean if known else clean.__contains__,
        scans=known.scans if known else None,
        max_megabytes=options.max_megabytes,
        max_archive_depth=options.max_archive_depth,
    )


def _scan_changes(
    changes: Iterable[Change | Skipped],
    repository: Repository,
    locator: Locator,
    options: Options,
    summary: Summary,
    noted: list[Change] | None = None,
) -> Iterator[Item]:
    """What `changes` brought in; those that brought in something are added to `noted`."""
    blobs, size = summary.blobs - locator.blobs, summary.bytes - locator.bytes
    own_paths = _own_paths(repository, options.own_files)
    for change in changes:
        if isinstance(change, Skipped):
            yield change
            continue
        if change.path in own_paths:
            yield from own_paths[change.path]
            own_paths[change.path] = ()
            continue
        found = False
        for item in locator.findings(change):
            found = found or isinstance(item, Finding)
            yield item
        if found and noted is not None:
            noted.append(change)
        summary.blobs, summary.bytes = blobs + locator.blobs, size + locator.bytes


def _own_paths(repository: Repository, files: Collection[Path]) -> dict[bytes, tuple[Skipped, ...]]:
    """Those of `files` that lie in the work tree, by their paths in it, and what is said of each once."""
    if not files:
        return {}
    try:
        root = repository.work_tree.resolve()
    except RepositoryError:  # a bare repository
        return {}
    inside = (file.resolve() for file in files)
    paths = [os.fsencode(file.relative_to(root).as_posix()) for file in inside if file.is_relative_to(root)]
    return {path: (Skipped(Reason.OWN_FILE, path),) for path in paths}


def _places(repository: Repository, options: Options) -> Callable[[Change], Place]:
    remote = None

    @lru_cache(maxsize=1024)
    def commit(id: str) -> Commit:
        try:
            return repository.commit(id)
        except ObjectError:
            return Commit(id)  # it was listed and cannot be read again; the finding counts all the same

    def place(change: Change) -> Place:
        nonlocal remote
        if not change.commit:
            return Place(change.path, commit=UNCOMMITTED, identity_key=options.identity_key)
        if remote is None:
            remote = remote_of(repository.remote_url(), options.platform)
        of = remote
        return Place(
            change.path,
            commit=commit(change.commit),
            merge=change.merge,
            link=lambda start, end: link(of, change.commit, change.path, start, end),
            identity_key=options.identity_key,
        )

    return place


def _counted(changes: Iterable[Change | Skipped], progress: Progress) -> Iterator[Change | Skipped]:
    """The same changes; `progress` hears of each commit."""
    last = ""
    for change in changes:
        if isinstance(change, Change) and change.commit != last:
            last = change.commit
            progress.advance(1)
        yield change
