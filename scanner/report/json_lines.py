"""leakscan's JSON Lines: one object a line, written while the scan runs.

Every object has ``type``:

- ``finding``: the keys of Gitleaks' JSON, then ``Id`` (leakscan's identity), ``Merge`` and
  ``Remediation``, and ``Severity`` where the rule has one.
- ``skipped``: ``reason`` (a word), ``text``, ``path``, ``object``, ``detail``, ``incomplete`` (whether it
  should have been scanned). The notable ones only; the summary has all the numbers.
- ``summary``: the last line; what was scanned, found, hidden and skipped. A report without it was cut off.
"""

from __future__ import annotations

from typing import BinaryIO

from scanner.model import Finding, Skipped, Summary, text_of
from scanner.report.base import ReportContext
from scanner.report.fields import gitleaks_fields, own_fields
from scanner.report.go import json_text, utf8


class JsonLinesReporter:
    """Writes and flushes each finding at once."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._context = out, context

    def add(self, finding: Finding) -> None:
        """Writes one line."""
        masked = finding.masked(self._context.redact)
        self._write({"type": "finding", **gitleaks_fields(masked), **own_fields(masked)})
        self._out.flush()

    def finish(self, summary: Summary) -> None:
        """Writes the skipped things and the summary."""
        for skipped in summary.notable:
            self._write(_skipped_fields(skipped))
        self._write(_summary_fields(summary) | {"version": self._context.version})
        self._out.flush()

    def _write(self, record: dict[str, object]) -> None:
        self._out.write(utf8(json_text(record) + "\n"))


def _skipped_fields(skipped: Skipped) -> dict[str, object]:
    """One thing that was not scanned, as a record."""
    return {
        "type": "skipped",
        "reason": skipped.reason.name.lower(),
        "text": skipped.reason.value,
        "path": text_of(skipped.path),
        "object": skipped.object,
        "detail": skipped.detail,
        "incomplete": skipped.reason.incomplete,
    }


def _summary_fields(summary: Summary) -> dict[str, object]:
    """The summary as a record."""
    return {
        "type": "summary",
        "commits": summary.commits,
        "blobs": summary.blobs,
        "files": summary.files,
        "bytes": summary.bytes,
        "seconds": round(summary.seconds, 3),
        "findings": summary.findings,
        "hidden": summary.hidden,
        "skipped": {reason.name.lower(): count for reason, count in summary.skipped.items()},
        "unused": summary.unused,
        "warnings": summary.warnings,
        "incomplete": summary.incomplete,
    }
