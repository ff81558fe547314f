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


@dataclass(frozen=True, slots=True)
class Limits:
    """How much memory one process may use; what needs more is left to those who read blob by blob.

    Attributes:
        blob: bytes of one blob. Git stores no larger ones as deltas (``core.bigFileThreshold``).
        held: bytes of blobs kept at a time because others are based on them.
    """

    blob: int = 512 << 20
    held: int = 256 << 20

    @staticmethod
    def of(memory: int) -> Limits:
        """The limits for a process that may use so many bytes.

        A blob is there as it was stored, undeltified, as the parts that are looked through, and as text.
        """
        return Limits(memory // 8, memory // 2)


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
        suspects: how many blobs were scanned whole.
        blobs, size: how many were looked through, and their bytes together.
        inflated, sifted, scanned: bytes that were inflated, looked through as new parts, scanned whole.
    """

    pack: int
    open: list[int] = field(default_factory=list)
    scans: list[tuple[int, Scan]] = field(default_factory=list)
    suspects: int = 0
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
        limits: of memory.
    """

    def __init__(
        self, packs: Sequence[Pack], sieve: Sieve, detector: Detector, limits: Limits | None = None
    ) -> None:
        self._packs, self._sieve, self._detector = packs, sieve, detector
        self._limits = limits or Limits()

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
            if children and held + len(content) > self._limits.held:
                outcome.open.extend(below for child in children for below in _tree(pack, child))
            elif children:
                held += len(content)
                pending.append((-1, here))
                pending.extend((child, here) for child in children)

    def _rebuilt(
        self, pack: Pack, position: int, base: _Base, outcome: Outcome
    ) -> tuple[bytes | bytearray, list[bytes | bytearray]]:
        """A blob's content, and the parts of it that are new."""
        stored = pack.inflate(position, self._limits.blob)
        outcome.inflated += len(stored)
        if pack.bases[position] < 0:
            return stored, [stored]
        content, spans = apply_delta(base.content, stored, self._sieve.margin, self._limits.blob)
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
        if suspect or (trace and self._sieve.holds(trace, content)):
            scan = scan_text(self._detector, bytes(content))
            outcome.suspects += 1
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
