"""The progress bar on a terminal, for scans that take longer than a second."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from scanner.model import Finding, Summary

DELAY = 1.0
"""Seconds before the bar appears."""

_REFRESH = 0.1  # seconds between two drawings


@dataclass(slots=True)
class ProgressBar:
    """Draws on stderr. It is a `scanner.options.Progress`, and a reporter: it counts the findings, and goes
    away before the other reports finish.

    Attributes:
        color: whether it may use colours.
    """

    color: bool
    _unit: str = ""
    _total: int | None = None
    _done: int = 0
    _bytes: int = 0
    _begun: float = 0.0
    _findings: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self, unit: str, total: int | None) -> None:
        """See `scanner.options.Progress`."""
        self._unit, self._total, self._done, self._bytes = unit, total, 0, 0
        self._begun = time.monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._draw, daemon=True)
            self._thread.start()

    def advance(self, units: int, size: int = 0) -> None:
        """See `scanner.options.Progress`."""
        self._done += units
        self._bytes += size

    def add(self, finding: Finding) -> None:
        """Counts it."""
        self._findings += 1

    def finish(self, summary: Summary) -> None:
        """Takes the bar away."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _draw(self) -> None:
        """Body of the thread: draws what the counters say, until the end."""
        if self._stop.wait(DELAY):
            return
        bar = _bar(self.color)
        task = bar.add_task("", total=self._total, more="")
        with bar:
            while not self._stop.wait(_REFRESH):
                seconds = max(time.monotonic() - self._begun, 1e-3)
                rate = self._done / seconds
                speed = f"{self._bytes / seconds / 1e6:,.1f} MB/s, " if self._bytes else ""
                bar.update(
                    task,
                    total=self._total,
                    completed=self._done,
                    description=f"{self._unit} {self._done:,}{f' of {self._total:,}' if self._total else ''}",
                    more=f"{rate:,.0f}/s, {speed}{self._findings:,} findings{self._remaining(rate)}",
                    refresh=True,
                )

    def _remaining(self, rate: float) -> str:
        """The time that is left, at the rate so far."""
        if not self._total or not rate:
            return ""
        seconds = int(max(self._total - self._done, 0) / rate)
        return f", {seconds // 60}:{seconds % 60:02d} left"


def _bar(color: bool) -> Any:
    """A bar of rich's, which is imported only here: it costs as much as a small scan."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[more]}"),
        console=Console(stderr=True, no_color=not color),
        auto_refresh=False,
        transient=True,
    )
