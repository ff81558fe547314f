"""A time limit on what this process does, whatever it is doing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from scanner.push.judge import OutOfTime

_AGAIN = 1.0  # seconds from one reminder to the next: one may be lost in a destructor
_MOST = 4  # reminders, before the process is ended


@contextlib.contextmanager
def budget(seconds: float, exit_code: int, text: str) -> Iterator[None]:
    """Raise `OutOfTime` in this thread after so many seconds; where that does not help, end the process.

    Args:
        exit_code, text: of the process, and on its stderr, when it is ended.
    """
    reminders = 0

    def remind(number: int, frame: FrameType | None) -> None:
        nonlocal reminders
        reminders += 1
        if reminders > _MOST:
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, text.encode() + b"\n")
            os._exit(exit_code)
        if reminders in (1, _MOST):
            raise OutOfTime

    before = signal.signal(signal.SIGALRM, remind)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
