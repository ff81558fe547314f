"""Looks through delta trees: each blob once, its base before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scanner.detect import Detector, Scan
from scanner.detect.sieve import Sieve, Trace
from scanner.git import is_binary, is_lfs_pointer
from scanner.git.delta import BadDelta, apply_delta
from scanner.git.packs import CorruptEntry, EntryTooLarge, Pack
from scanner.locate import scan_text

BLOB_LIMIT = 512 << 20
"""Bytes of a blob that is looked through here; Git does not store larger ones as deltas
(``core.bigFileThreshold``)."""

HELD_LIMIT = 256 << 20
"""Bytes of blobs kept at a time because others are based on them. A tree that needs more is left to those
who read blob by blob."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Work for one worker at a time: delta trees of one pack."""

    pack: int
    roots: Sequence[int]


@dataclass(slots=True)
class Outcome:
    """What was found in a batch.

    Attributes:
        pack: of which it was.
        open: positions of blobs that are not known to hold nothing: they hold something, are no text, or
            could not be read here.
        scans: what those positions hold that were scanned whole.
        blobs, size: how many were looked through, and their bytes together.
        inflated, sifted, scanned: bytes that were inflated, looked through as new parts, scanned whole.
    """

    pack: int
    open: list[int] = field(default_factory=list)
    scans: list[tuple[int, Scan]] = field(default_factory=list)
    blobs: int = 0
    size: int = 0
    inflated: int = 0
    sifted: int = 0
    scanned: int = 0


@dataclass(frozen=True, slots=True)
class _Base:
    """What a blob takes over from its base.

    Attributes:
        content: of the base.
        sifted: the base was looked through itself; where not, all of the blob is new.
        suspect: it may hold something near.
        trace: see `scanner.detect.sieve`.
    """

    content: bytes | bytearray = b""
    sifted: bool = False
    suspect: bool = False
    trace: Trace = 0


class Examiner:
    """Looks through batches.

    Args:
        packs: which batches refer to.
        sieve: looks through what is new.
        detector: scans the suspects.
    """

    def __init__(self, packs: Sequence[Pack], sieve: Sieve, detector: Detector) -> None:
        self._packs, self._sieve, self._detector = packs, sieve, detector

    def examine(self, batch: Batch) -> Outcome:
        """What the trees of a batch hold."""
        outcome = Outcome(batch.pack)
        for root in batch.roots:
            self._walk(self._packs[batch.pack], root, outcome)
        return outcome

    def _walk(self, pack: Pack, root: int, outcome: Outcome) -> None:
        held = 0
        pending: list[tuple[int, _Base]] = [(root, _Base())]
        while pending:
            position, base = pending.pop()
            if position < 0:  # all that is based on it is done
                held -= len(base.content)
                continue
            try:
                content, parts = self._rebuilt(pack, position, base, outcome)
            except (CorruptEntry, EntryTooLarge, BadDelta):
                outcome.open.extend(_tree(pack, position))
                continue
            outcome.blobs += 1
            outcome.size += len(content)
            here = self._judged(position, content, parts, base, outcome)
            children = list(pack.children(position))
            if children and held + len(content) > HELD_LIMIT:
                outcome.open.extend(below for child in children for below in _tree(pack, child))
            elif children:
                held += len(content)
                pending.append((-1, here))
                pending.extend((child, here) for child in children)

    def _rebuilt(
        self, pack: Pack, position: int, base: _Base, outcome: Outcome
    ) -> tuple[bytes | bytearray, list[bytes | bytearray]]:
        """A blob's content, and the parts of it that are new."""
        stored = pack.inflate(position, BLOB_LIMIT)
        outcome.inflated += len(stored)
        if pack.bases[position] < 0:
            return stored, [stored]
        content, spans = apply_delta(base.content, stored, self._sieve.margin, BLOB_LIMIT)
        if not base.sifted:
            return content, [content]
        return content, [content[start:end] for start, end in spans]

    def _judged(
        self,
        position: int,
        content: bytes | bytearray,
        parts: Sequence[bytes | bytearray],
        base: _Base,
        outcome: Outcome,
    ) -> _Base:
        """What is known of the blob, for those that are based on it."""
        if not content or is_binary(content):
            outcome.open.append(position)
            return _Base(content)
        outcome.sifted += sum(map(len, parts))
        found = self._sieve.sift(parts)
        suspect, trace = found.suspect or base.suspect, found.trace | base.trace
        is_open = is_lfs_pointer(content)
        if suspect or (trace and self._sieve.holds(trace, bytes(content))):
            scan = scan_text(self._detector, bytes(content))
            outcome.scanned += len(content)
            suspect = suspect and scan.touched
            if scan.touched or scan.timed_out:
                is_open = True
                outcome.scans.append((position, scan))
        if is_open:
            outcome.open.append(position)
        return _Base(content, True, suspect, trace)


def _tree(pack: Pack, position: int) -> Iterator[int]:
    """A blob and all that is based on it."""
    pending = [position]
    while pending:
        position = pending.pop()
        yield position
        pending.extend(pack.children(position))
