"""Checkstyle's XML, which many CI systems and editors read: errors by file. No secret is shown."""

from __future__ import annotations

from typing import BinaryIO

from scanner.model import Finding, Severity, Summary
from scanner.report.base import ReportContext
from scanner.report.go import utf8, xml_text
from scanner.report.place import path_of, sentence

_VERSION = "10.0"  # of Checkstyle, whose shape this is; readers want to see one
_SEVERITIES: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "info",
    "": "error",
}


class CheckstyleReporter:
    """Keeps the rendered errors: they are grouped by file."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out = out
        self._files: dict[str, list[str]] = {}

    def add(self, finding: Finding) -> None:
        """Renders one error."""
        self._files.setdefault(path_of(finding), []).append(_error(finding))

    def finish(self, summary: Summary) -> None:
        """Writes the whole report; what was not scanned is an ``exception``, as Checkstyle's own trouble."""
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<checkstyle version="{_VERSION}">']
        for path, errors in self._files.items():
            lines += [f'  <file name="{xml_text(path)}">', *errors, "  </file>"]
        for reason, count in summary.skipped.items():
            if reason.incomplete:
                lines.append(f"  <exception>not scanned: {count} {xml_text(reason.value)}</exception>")
        self._out.write(utf8("\n".join([*lines, "</checkstyle>", ""])))


def _error(finding: Finding) -> str:
    """One error. A rule on the path alone has no line and no column."""
    attributes = {
        **({"line": str(finding.start_line)} if finding.start_line > 0 else {}),
        **({"column": str(finding.start_column)} if finding.start_column > 0 else {}),
        "severity": _SEVERITIES[finding.rule.severity],
        "message": sentence(finding),
        "source": f"leakscan.{finding.rule.id}",
    }
    shown = " ".join(f'{name}="{xml_text(value)}"' for name, value in attributes.items())
    return f"    <error {shown}/>"
