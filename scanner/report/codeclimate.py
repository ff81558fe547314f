"""Code Climate's issues as one JSON array, which GitLab reads as a code quality report.

Fields: the Code Climate specification, "Issues" (analyzers' SPEC.md), and GitLab's documentation of its code
quality report format, which needs ``fingerprint`` and takes paths and the first line. No secret is shown.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import BinaryIO

from scanner.model import Finding, Severity, Summary
from scanner.report.base import ReportContext
from scanner.report.go import json_text, utf8
from scanner.report.place import path_of, sentence

_SEVERITIES: dict[Severity, str] = {
    "critical": "blocker",
    "high": "critical",
    "medium": "major",
    "low": "minor",
    "": "major",
}


class CodeClimateReporter:
    """Writes each issue at once."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out = out
        self._seen: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Writes one issue."""
        name = finding.id or finding.fingerprint
        self._out.write(b",\n" if self._seen else b"[\n")
        self._out.write(utf8(json_text(_issue(finding, self._fingerprint(name)))))

    def finish(self, summary: Summary) -> None:
        """Closes the array."""
        self._out.write(b"\n]\n" if self._seen else b"[]\n")

    def _fingerprint(self, name: str) -> str:
        """Of the finding called `name`: GitLab shows one issue of each, so that each place needs its own."""
        self._seen[name] += 1
        return hashlib.sha256(f"{name} {self._seen[name]}".encode("utf-8", "replace")).hexdigest()[:32]


def _issue(finding: Finding, fingerprint: str) -> dict[str, object]:
    first = max(finding.start_line, 1)  # a rule on the path alone has no line, and the format demands one
    return {
        "type": "issue",
        "check_name": finding.rule.id,
        "description": sentence(finding),
        "categories": ["Security"],
        "severity": _SEVERITIES[finding.rule.severity],
        "fingerprint": fingerprint,
        "location": {
            "path": path_of(finding),
            "lines": {"begin": first, "end": max(finding.end_line, first)},
        },
    }
