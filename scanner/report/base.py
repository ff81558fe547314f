"""What a report is: something that findings are pushed into, one by one, and a summary at the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scanner.model import Config, Finding, Summary


class Reporter(Protocol):
    """One report being written.

    Findings come in clear; the reporter masks them as its context says. Writing raises OSError.
    """

    def add(self, finding: Finding) -> None:
        """Takes one finding, in the order in which the report shows them."""

    def finish(self, summary: Summary) -> None:
        """Completes the report. Nothing may be added afterwards; the stream stays open."""


@dataclass(frozen=True)
class ReportContext:
    """What a report needs to know beyond findings and summary.

    Attributes:
        config: the rules that were looked for (SARIF lists them all).
        version: leakscan's.
        redact: percentage of each secret to hide, 0 to 100.
        template: the Jinja2 file of format ``template``; None for the others.
        color: whether ``text`` may use a terminal's colours.
        width: columns that ``text`` may fill; None for as wide as it gets.
    """

    config: Config
    version: str
    redact: int = 0
    template: Path | None = None
    color: bool = False
    width: int | None = None
