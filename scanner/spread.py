"""Spreads work over processes, which are forked: what they work with need not be copied to them."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from io import BytesIO
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from scanner.model import Config

T = TypeVar("T")
R = TypeVar("R")

CAN_FORK = sys.platform == "linux"
"""Elsewhere one process does all: Windows has no fork, and macOS's frameworks do not stand it."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)

AHEAD = 256
"""How many items may be worked on, or be done and kept, while an earlier one is not done yet."""


class WorkerFailed(RuntimeError):
    """A worker process ended, or what it worked on went wrong; says where, never with what."""


def spread(
    work: Callable[[T], R],
    items: Iterable[T],
    jobs: int,
    shared: Sequence[object] = (),
    *,
    ordered: bool = False,
) -> Generator[R, None, None]:
    """What `work` makes of each item.

    Args:
        work: called in other processes, which are gone when the iterator is closed.
        items: are asked for one by one, as processes get free.
        jobs: how many processes; with 1 it is this one.
        shared: what results may speak of that is the same object here and there; it goes by its number, and
            is not copied with each result.
        ordered: the results come in the order of the items, not as they are done.

    Raises:
        WorkerFailed: a process was killed.
        Exception: what `work` raises.
    """
    if jobs < 2 or not CAN_FORK:
        yield from map(work, items)
        return
    team = _Team(work, items, jobs, _Wire(shared), ordered)
    try:
        yield from team.results()
    finally:
        team.end()


def rules_and_allowlists(config: Config) -> list[object]:
    """What findings and matches speak of, for `spread` to share."""
    of_rules = (one for rule in config.rules for one in rule.allowlists)
    return [*config.rules, *config.allowlists, *of_rules]


class _Team(Generic[T, R]):
    """Processes, and which item each of them works on.

    Each has one item at a time: where both sides wrote more than a pipe holds, they would wait for ever.
    """

    def __init__(
        self, work: Callable[[T], R], items: Iterable[T], jobs: int, wire: _Wire, ordered: bool
    ) -> None:
        self._work, self._jobs, self._wire, self._ordered = work, jobs, wire, ordered
        self._items = enumerate(items)
        self._next = next(self._items, None)  # is there before a process waits for it
        self._processes: list[BaseProcess] = []
        self._connections: list[Connection] = []
        self._idle: list[Connection] = []
        self._busy: dict[Connection, int] = {}
        self._done: dict[int, R] = {}
        self._turn = 0

    def results(self) -> Iterator[R]:
        """See `spread`."""
        ready: deque[R] = deque()
        while True:
            self._hand_out()
            while ready:
                yield ready.popleft()
            if not self._busy:
                return
            ready.extend(self._collect())

    def end(self) -> None:
        """End the processes, whatever they are doing."""
        for process in self._processes:
            process.terminate()
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            process.join()
            process.close()

    def _hand_out(self) -> None:
        while self._next and (self._idle or len(self._processes) < self._jobs):
            number, item = self._next
            if self._ordered and number >= self._turn + AHEAD:
                return
            connection = self._idle.pop() if self._idle else self._hire()
            connection.send(item)
            self._busy[connection] = number
            self._next = next(self._items, None)

    def _hire(self) -> Connection:
        context = multiprocessing.get_context("fork")
        here, there = context.Pipe()
        self._connections.append(here)
        process = context.Process(
            target=_serve, args=(self._work, self._wire, there, list(self._connections)), daemon=True
        )
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # until the new process handles its own
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        there.close()
        self._processes.append(process)
        return here

    def _collect(self) -> Iterator[R]:
        """Wait for results; those whose turn it is."""
        for connection in wait(list(self._busy)):
            assert isinstance(connection, Connection)  # noqa: S101
            number = self._busy.pop(connection)
            self._idle.append(connection)
            self._done[number] = self._received(connection)
            if not self._ordered:
                yield self._done.pop(number)
        while self._turn in self._done:
            yield self._done.pop(self._turn)
            self._turn += 1

    def _received(self, connection: Connection) -> R:
        try:
            packed = connection.recv_bytes()
        except (EOFError, OSError):
            raise WorkerFailed("a process was killed, perhaps for want of memory") from None
        result = self._wire.unpack(packed)
        if isinstance(result, _Failure):
            raise result.error from WorkerFailed(result.place)
        return result  # type: ignore[no-any-return]


class _Failure:
    """What went wrong with an item, and where."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception = error
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        self.place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  (our own)
        except Exception:
            self.error = WorkerFailed(f"{type(error).__name__} at {self.place}")


def _serve(work: Callable[[T], R], wire: _Wire, connection: Connection, others: Sequence[Connection]) -> None:
    """What a process does until its connection is closed. The one who started it ends it, also on Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    gc.disable()  # results hold no cycles, and looking for them takes time
    for other in others:  # else they stay open here when the one who started all of us is gone
        other.close()
    while True:
        try:
            item = connection.recv()
        except (EOFError, OSError):
            return
        try:
            packed = wire.pack(work(item))
        except Exception as error:
            packed = wire.pack(_Failure(error))
        try:
            connection.send_bytes(packed)
        except OSError:
            return


class _Wire:
    """Takes results from one process to another; what both share goes by its number."""

    def __init__(self, shared: Sequence[object]) -> None:
        self._shared = list(shared)
        self._numbers = {id(one): number for number, one in enumerate(self._shared)}

    def pack(self, result: object) -> bytes:
        """`result` as bytes."""
        stream = BytesIO()
        _Pickler(stream, self._numbers).dump(result)
        return stream.getvalue()

    def unpack(self, packed: bytes) -> Any:
        """What `pack` packed, in a process that it was packed for."""
        return _Unpickler(BytesIO(packed), self._shared).load()


class _Pickler(pickle.Pickler):
    def __init__(self, stream: BytesIO, numbers: dict[int, int]) -> None:
        super().__init__(stream, pickle.HIGHEST_PROTOCOL)
        self._numbers = numbers

    def persistent_id(self, obj: Any) -> int | None:
        return self._numbers.get(id(obj))


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: BytesIO, shared: list[object]) -> None:
        super().__init__(stream)
        self._shared = shared

    def persistent_load(self, pid: int) -> Any:
        return self._shared[pid]
