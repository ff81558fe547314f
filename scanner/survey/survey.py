"""What is known of a repository's blobs after looking through its packs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from math import inf
from typing import Any

from scanner.detect import Detector, Scan
from scanner.detect.sieve import Sieve
from scanner.git import Repository
from scanner.git.packs import BLOB, Pack, PackError, object_folders, open_pack, pack_indexes
from scanner.options import Progress
from scanner.spread import rules_and_allowlists, spread
from scanner.survey.trees import Batch, Examiner, Limits, Outcome

_SHARES = 32  # batches for each process, so that all are done at about the same time
_LEAST = 64 << 10  # bytes of a pack in a batch, so that handing it over takes little of the time


@dataclass(slots=True)
class Survey:
    """What is known of blobs.

    Attributes:
        scans: what those blobs hold that were scanned whole, by full name.
        packs, suspects, blobs, size, inflated, sifted, scanned: how many packs were looked through; and see
            `scanner.survey.trees.Outcome`.
        left_out: the packs that could not be read, and why.
    """

    scans: dict[str, Scan] = field(default_factory=dict)
    packs: int = 0
    suspects: int = 0
    blobs: int = 0
    size: int = 0
    inflated: int = 0
    sifted: int = 0
    scanned: int = 0
    left_out: list[str] = field(default_factory=list)
    _packs: list[tuple[Pack, bytearray]] = field(default_factory=list)

    def is_clean(self, blob: str | bytes) -> bool:
        """Whether a blob, by full name in hexadecimal, is known to be text without anything to report."""
        for pack, is_open in self._packs:
            entry = pack.entry(blob)
            if entry >= 0:
                return not is_open[entry]
        return False

    def stats(self) -> dict[str, Any]:
        """What was done, for those who measure."""
        return {
            "packs": self.packs,
            "packs_left_out": self.left_out,
            "blobs": self.blobs,
            "blob_bytes": self.size,
            "bytes_inflated": self.inflated,
            "bytes_sifted": self.sifted,
            "suspect_blobs": self.suspects,
            "bytes_scanned_whole": self.scanned,
            "blobs_with_matches": len(self.scans),
        }

    def add(self, outcome: Outcome) -> None:
        """Take in what was found in a batch."""
        pack, is_open = self._packs[outcome.pack]
        for position in outcome.open:
            is_open[pack.entry_at(position)] = 1
        for position, scan in outcome.scans:
            self.scans[pack.id(position)] = scan
        self.suspects += outcome.suspects
        self.blobs += outcome.blobs
        self.size += outcome.size
        self.inflated += outcome.inflated
        self.sifted += outcome.sifted
        self.scanned += outcome.scanned


def survey(
    repository: Repository,
    sieve: Sieve,
    detector: Detector,
    *,
    jobs: int,
    progress: Progress,
    end: float = inf,
    memory: int = 0,
) -> Survey:
    """Look through all packs of a repository.

    Args:
        repository: open.
        sieve, detector: of the same config.
        jobs: how many processes work on it.
        progress: hears of blobs.
        end: when to give up, in `time.monotonic`'s seconds; nothing is known then.
        memory: bytes that all processes together may use for blobs; 0 for what is usual.
    """
    known = Survey()
    packs = list(_packs(repository, known.left_out))
    known.packs = len(packs)
    known._packs = [(pack, pack.others(BLOB)) for pack in packs]
    batches = sorted(_batches(packs, jobs), key=lambda pair: pair[0], reverse=True)
    progress.start("blobs", sum(pack.kinds.count(BLOB) for pack in packs))
    examiner = Examiner(packs, sieve, detector, Limits.of(memory // jobs) if memory else None)
    shared = rules_and_allowlists(detector.config)
    work = (batch for _, batch in batches)
    with closing(spread(examiner.examine, work, min(jobs, len(batches)), shared)) as outcomes:
        for outcome in outcomes:
            known.add(outcome)
            progress.advance(outcome.blobs, outcome.size)
            if time.monotonic() > end:
                return Survey()
    return known


def _packs(repository: Repository, left_out: list[str]) -> Iterator[Pack]:
    indexes = (index for folder in object_folders(repository) for index in pack_indexes(folder))
    for index in indexes:
        try:
            yield open_pack(index, repository.hash_size)
        except PackError as error:  # noqa: PERF203  (a pack or a few)
            left_out.append(f"{index}: {error}")


def _batches(packs: Sequence[Pack], jobs: int) -> Iterator[tuple[int, Batch]]:
    """Batches of neighbouring trees, with the bytes they take in the pack."""
    size = max(sum(sum(pack.weights) for pack in packs) // (jobs * _SHARES), _LEAST)
    for number, pack in enumerate(packs):
        first = weight = 0
        for last in range(len(pack.roots)):
            weight += pack.weights[last]
            if weight >= size or last + 1 == len(pack.roots):
                yield weight, Batch(number, pack.roots[first : last + 1])
                first, weight = last + 1, 0
