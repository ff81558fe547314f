"""Gitleaks' CSV report: one row a finding, quoted as Go does; nothing at all without findings.

One difference: bytes that are not UTF-8 become U+FFFD, where Gitleaks writes them as they are, so that
the file can always be read as text.
"""

from __future__ import annotations

from typing import BinaryIO

from scanner.model import Finding, Summary
from scanner.report.base import ReportContext
from scanner.report.fields import gitleaks_fields
from scanner.report.go import csv_row, utf8

COLUMNS = (
    *("RuleID", "Commit", "File", "SymlinkFile", "Secret", "Match"),
    *("StartLine", "EndLine", "StartColumn", "EndColumn"),
    *("Author", "Message", "Date", "Email", "Fingerprint", "Tags"),
)


class CsvReporter:
    """Writes each row at once. The first finding decides whether there is a column ``Link``."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._redact = out, context.redact
        self._columns: tuple[str, ...] = ()

    def add(self, finding: Finding) -> None:
        """Writes one row, and before the first one the header."""
        if not self._columns:
            self._columns = (*COLUMNS, "Link") if finding.link else COLUMNS
            self._out.write(utf8(csv_row(self._columns)))
        values = gitleaks_fields(finding.masked(self._redact)) | {"Tags": " ".join(finding.tags)}
        self._out.write(utf8(csv_row(str(values.get(name, "")) for name in self._columns)))

    def finish(self, summary: Summary) -> None:
        """Has nothing to add."""
