"""Gitleaks' JSON report: one array, byte for byte as Gitleaks writes it."""

from __future__ import annotations

from typing import BinaryIO

from scanner.model import Finding, Summary
from scanner.report.base import ReportContext
from scanner.report.fields import gitleaks_fields
from scanner.report.go import json_text, utf8


class JsonReporter:
    """Writes each finding at once, so that memory does not grow with their number."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._redact = out, context.redact
        self._empty = True

    def add(self, finding: Finding) -> None:
        """Writes one element of the array."""
        element = json_text([gitleaks_fields(finding.masked(self._redact))], indent=" ")
        self._out.write(b"[" if self._empty else b",")
        self._out.write(utf8(element.removeprefix("[").removesuffix("\n]")))
        self._empty = False

    def finish(self, summary: Summary) -> None:
        """Closes the array."""
        self._out.write(b"[]\n" if self._empty else b"\n]\n")
