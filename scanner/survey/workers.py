"""Spreads batches over processes."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from scanner.model import Config
from scanner.survey.trees import Batch, Examiner, Outcome

CAN_FORK = sys.platform == "linux"
"""Elsewhere one process does all: Windows has no fork, and macOS's frameworks do not stand it."""


def outcomes(examiner: Examiner, batches: Sequence[Batch], jobs: int, config: Config) -> Iterator[Outcome]:
    """What `examiner` finds in `batches`, in any order.

    Args:
        jobs: how many processes; with 1 it is this one.
        config: whose rules the outcomes speak of.
    """
    if jobs < 2 or len(batches) < 2 or not CAN_FORK:
        yield from map(examiner.examine, batches)
        return
    wire = _Wire(config)
    context = multiprocessing.get_context("fork")
    with context.Pool(min(jobs, len(batches)), _begin, (examiner, wire)) as pool:
        for packed in pool.imap_unordered(_examine, batches):
            yield wire.unpack(packed)


class _Wire:
    """Takes outcomes from one process to another; rules and allowlists go by their number.

    That they are the same objects on both sides is what saves them from being copied with each match.
    """

    def __init__(self, config: Config) -> None:
        lists = (*config.allowlists, *(one for rule in config.rules for one in rule.allowlists))
        self._shared: list[Any] = [*config.rules, *lists]
        self._numbers = {id(one): number for number, one in enumerate(self._shared)}

    def pack(self, outcome: Outcome) -> bytes:
        """`outcome` as bytes."""
        stream = BytesIO()
        _Pickler(stream, self._numbers).dump(outcome)
        return stream.getvalue()

    def unpack(self, packed: bytes) -> Outcome:
        """What `pack` packed, in a process that it was packed for."""
        outcome: Outcome = _Unpickler(BytesIO(packed), self._shared).load()
        return outcome


class _Pickler(pickle.Pickler):
    def __init__(self, stream: BytesIO, numbers: dict[int, int]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self._numbers = numbers

    def persistent_id(self, obj: Any) -> int | None:
        return self._numbers.get(id(obj))


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: BytesIO, shared: list[Any]) -> None:
        super().__init__(stream)
        self._shared = shared

    def persistent_load(self, pid: int) -> Any:
        return self._shared[pid]


_here: tuple[Examiner, _Wire]  # of a worker process


def _begin(examiner: Examiner, wire: _Wire) -> None:
    """First thing in a worker. The one who started it ends it, also on Ctrl-C."""
    global _here
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # outcomes hold no cycles, and looking for them takes time
    _here = examiner, wire


def _examine(batch: Batch) -> bytes:
    examiner, wire = _here
    return wire.pack(examiner.examine(batch))
