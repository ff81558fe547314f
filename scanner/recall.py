"""What an earlier scan of the same history brought, so that the next one looks at new commits only.

Kept are the names of the commits it began at, the changes that brought something in, and what was skipped:
never anything of what a file holds. What those changes bring in is found again from the repository.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from scanner._version import __version__
from scanner.config.saved import Store, plain
from scanner.detect import Detector
from scanner.git import Change, Repository, Selection
from scanner.git.selection import reach, tips
from scanner.model import Reason, Skipped

_FORMAT = 1  # of what is saved, and of what decides it: to be changed with either


@dataclass(frozen=True, slots=True)
class Recollection:
    """What a complete scan of a history brought.

    Attributes:
        tips: full names of the objects that it began at.
        commits: how many it looked at.
        changes: those that brought in something.
        clean: the blobs among their old ones that hold nothing.
        skipped: what was not scanned.
    """

    tips: tuple[str, ...] = ()
    commits: int = 0
    changes: tuple[Change, ...] = ()
    clean: frozenset[str] = frozenset()
    skipped: tuple[Skipped, ...] = ()


Finish = Callable[[Sequence[Change], Collection[str], Collection[Skipped], int], None]
"""Is told, at the end of a complete scan, of the changes that brought in something, of the old blobs that
hold nothing, of what was skipped, and how many commits that was."""

_MOST_KNOWN = 1_000  # revisions on a command line; leaving some out means looking at some commits again


def begin(
    store: Store, repository: Repository, selection: Selection, detector: Detector, options: Iterable[Any]
) -> tuple[Selection, Recollection, Finish]:
    """What is left to scan of a selection, what is known, and whom to tell what came of it.

    Args:
        options: whatever decides what is found, besides the detector and the repository.
    """
    digest = digest_of(repository, detector, options)
    now = tips(selection, repository.program)
    before = recall(store, digest)
    if before is None or not reach(repository.program, now, before.tips):
        before = Recollection()
    known = sorted(before.tips, key=set(now).__contains__)[:_MOST_KNOWN]

    def finish(
        changes: Sequence[Change], clean: Collection[str], skipped: Collection[Skipped], commits: int
    ) -> None:
        clean = before.clean.union(clean).intersection(old for change in changes for old in change.olds)
        remember(store, digest, Recollection(now, commits, tuple(changes), clean, tuple(skipped)))

    return replace(selection, known=tuple(known)), before, finish


def digest_of(repository: Repository, detector: Detector, options: Iterable[Any]) -> str:
    """Names what the same scan of the same repository is saved under: the repository's place, the rules,
    and whatever else decides what is found."""
    parts = (
        _FORMAT,
        __version__,
        os.fsdecode(repository.common_dir),
        repository.diff_settings(),
        detector.settings,
        tuple(options),
    )
    return hashlib.sha256(json.dumps(plain(parts)).encode("utf-8", "surrogatepass")).hexdigest()


def recall(store: Store, digest: str) -> Recollection | None:
    """What was saved; None where there is nothing or it is damaged."""
    data = store.load(digest)
    if data is None:
        return None
    checksum, _, body = data.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        return None
    try:
        saved = json.loads(body)
        return Recollection(
            tuple(saved["tips"]),
            saved["commits"],
            tuple(_change(values) for values in saved["changes"]),
            frozenset(saved["clean"]),
            tuple(
                Skipped(Reason[reason], path.encode("latin-1"), object, detail)
                for reason, path, object, detail in saved["skipped"]
            ),
        )
    except (ValueError, TypeError, KeyError):  # saved by something else
        return None


def remember(store: Store, digest: str, known: Recollection) -> None:
    """Save `known` for the next scan."""
    saved = {
        "tips": known.tips,
        "commits": known.commits,
        "changes": [asdict(change) | {"path": change.path.decode("latin-1")} for change in known.changes],
        "clean": sorted(known.clean),
        "skipped": [
            (item.reason.name, item.path.decode("latin-1"), item.object, item.detail)
            for item in known.skipped
        ],
    }
    body = json.dumps(saved, separators=(",", ":")).encode()
    store.save(digest, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _change(values: dict[str, Any]) -> Change:
    path, olds = values.pop("path"), values.pop("olds")
    return Change(path=path.encode("latin-1"), olds=tuple(olds), **values)
