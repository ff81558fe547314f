"""Ctrl-C and SIGTERM: they stop the scan, and not the writing of its reports."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


class Interrupts:
    """Turns signals into `KeyboardInterrupt` and `Terminated`, at moments that do no harm.

    The first signal is raised at once while the scan is looking for the next item; while a report is being
    written, it waits for that. A second signal is raised wherever it comes.

    Attributes:
        received: what the first signal raises; None while none came.
    """

    def __init__(self) -> None:
        self.received: type[KeyboardInterrupt] | None = None
        self._writing = False

    def install(self) -> None:
        """Handle SIGINT and SIGTERM, unless they are ignored (as SIGINT is for background jobs)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    def between(self, items: Iterable[T]) -> Iterator[T]:
        """The same items; what is done with one is not interrupted."""
        iterator = iter(items)
        try:
            while True:
                self._writing = False
                if self.received:
                    raise self.received
                try:
                    item = next(iterator)
                except StopIteration:
                    return
                self._writing = True
                yield item
        finally:
            self._writing = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first = self.received is None
        self.received = self.received or (Terminated if number == signal.SIGTERM else KeyboardInterrupt)
        if not (first and self._writing):
            raise self.received
