"""Gitleaks' JUnit report: each finding a failed test case, its JSON the failure's text.

Beyond Gitleaks: what was not scanned is listed as properties of the suite, where there is any.
"""

from __future__ import annotations

from typing import BinaryIO

from scanner.model import Finding, Summary
from scanner.report.base import ReportContext
from scanner.report.fields import gitleaks_fields
from scanner.report.go import json_text, utf8, xml_text

_CASE = (
    '\t\t<testcase classname="{type}" file="{file}" name="{message}" time="">\n'
    '\t\t\t<failure message="{message}" type="{type}">{data}</failure>\n'
    "\t\t</testcase>\n"
)


class JunitReporter:
    """Keeps the rendered test cases: the suite's first line says how many there are."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._redact = out, context.redact
        self._cases: list[bytes] = []

    def add(self, finding: Finding) -> None:
        """Renders one test case."""
        fields = gitleaks_fields(finding.masked(self._redact))
        parts = {
            "type": finding.rule.description,
            "file": str(fields["File"]),
            "message": _message(fields),
            "data": json_text(fields, indent="\t"),
        }
        self._cases.append(utf8(_CASE.format_map({k: xml_text(v) for k, v in parts.items()})))

    def finish(self, summary: Summary) -> None:
        """Writes the whole report, which like Gitleaks' ends without a newline."""
        inner = b"".join([_properties(summary), *self._cases])
        count = len(self._cases)
        suite = f'<testsuite failures="{count}" name="gitleaks" tests="{count}" time="">'
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n\t{suite}'
        self._out.write(utf8(head))
        self._out.write(b"\n" + inner + b"\t" if inner else b"")
        self._out.write(b"</testsuite>\n</testsuites>")


def _message(fields: dict[str, object]) -> str:
    """The one sentence that names the rule and the place."""
    commit = f", at commit {fields['Commit']}" if fields["Commit"] else ""
    place = f"file {fields['File']}, line {fields['StartLine']}"
    return f"{fields['RuleID']} has detected a secret in {place}{commit}."


def _properties(summary: Summary) -> bytes:
    """The suite's ``<properties>``: how many things were not scanned, by reason."""
    if not summary.skipped:
        return b""
    rows = [
        f'\t\t\t<property name="skipped: {xml_text(reason.value)}" value="{count}"></property>\n'
        for reason, count in summary.skipped.items()
    ]
    return utf8(f"\t\t<properties>\n{''.join(rows)}\t\t</properties>\n")
