"""The lines on stderr: what Gitleaks logs, without time and colours."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO

from scanner.report.terminal import one_line

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
_NAMES = {"info": "INF", "warn": "WRN", "error": "ERR"}


class Log:
    """Writes lines of at least one level.

    Args:
        level: one of `LEVELS`, or ``err``; an unknown one counts as ``info`` and gets a warning.
        stream: where to; None for stderr, which may be closed.
    """

    def __init__(self, level: str = "info", stream: TextIO | None = None) -> None:
        name = {"err": "error"}.get(level.lower(), level.lower())
        self._stream = stream if stream is not None else sys.stderr
        self._least = LEVELS.index(name if name in LEVELS else "info")
        if name not in LEVELS:
            self.warn(f"unknown log level: {level}")

    def info(self, text: str) -> None:
        """What is going on."""
        self._write("info", text)

    def warn(self, text: str) -> None:
        """What is probably not meant."""
        self._write("warn", text)

    def error(self, text: str) -> None:
        """What went wrong."""
        self._write("error", text)

    def _write(self, level: str, text: str) -> None:
        if LEVELS.index(level) < self._least or self._stream is None:
            return
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            self._stream.write(f"{_NAMES[level]} {one_line(text)}\n")
            self._stream.flush()
