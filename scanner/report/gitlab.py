"""GitLab's secret detection report (``gl-secret-detection-report.json``), by its schema of version 15.1.4.

The schema is published by GitLab as ``secret-detection-report-format.json`` (security-report-schemas). Each
finding is a vulnerability; its ``raw_source_code_extract`` shows the match, masked as the report's context
says. Severity is ours, ``Unknown`` where a rule has none. What the issuer says of a secret is in ``details``.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import BinaryIO

from scanner.model import Finding, Summary, text_of
from scanner.report.base import ReportContext
from scanner.report.go import json_text, utf8
from scanner.report.place import commit_of, links_in, path_of

SCHEMA_VERSION = "15.1.4"
_NO_COMMIT = "0000000"  # as GitLab's own analyzer writes where there is none: the schema demands one
_NAME, _TEXT, _SOLUTION = 255, 1_048_576, 7000  # the schema's limits, in characters


class GitLabReporter:
    """Writes each vulnerability at once; the scan's own part comes last."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._context = out, context
        self._seen: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Writes one vulnerability."""
        self._write_head()
        self._out.write(b",\n" if self._seen else b"\n")
        name = f"{finding.fingerprint} {finding.id}"
        self._seen[name] += 1
        identity = _uuid(f"{name} {self._seen[name]}")
        self._out.write(utf8(json_text(_vulnerability(finding.masked(self._context.redact), identity))))

    def finish(self, summary: Summary) -> None:
        """Writes what the scan was."""
        self._write_head()
        scan = json_text(_scan(summary, self._context.version))
        self._out.write(utf8(f'\n],\n"scan":{scan}}}\n'))

    def _write_head(self) -> None:
        """Writes, once, what comes before the first vulnerability."""
        if not self._seen:
            self._out.write(utf8(f'{{"version":"{SCHEMA_VERSION}","vulnerabilities":['))


def _uuid(name: str) -> str:
    """The UUID of a finding, the same in each scan that finds it at this place."""
    return str(uuid.UUID(bytes=hashlib.sha256(name.encode("utf-8", "replace")).digest()[:16], version=5))


def _vulnerability(finding: Finding, identity: str) -> dict[str, object]:
    """One finding, its secret shown as it is."""
    rule = finding.rule
    links = links_in(rule.remediation)
    return {
        "id": identity,
        "category": "secret_detection",
        "name": (rule.description or rule.id)[:_NAME],
        "description": f"{rule.id}: {rule.description}"[:_TEXT],
        "severity": (rule.severity or "unknown").capitalize(),
        **({"solution": rule.remediation[:_SOLUTION]} if rule.remediation else {}),
        "identifiers": [{"type": "leakscan_rule_id", "name": f"leakscan rule {rule.id}", "value": rule.id}],
        **({"links": [{"url": url} for url in links]} if links else {}),
        **({"details": details} if (details := _details(finding)) else {}),
        "location": _location(finding),
        "raw_source_code_extract": text_of(finding.match).replace("\0", "\ufffd"),  # a database takes no NUL
    }


def _location(finding: Finding) -> dict[str, object]:
    """The file, the lines, and the commit that added them."""
    commit = commit_of(finding)
    of_commit = {"sha": _NO_COMMIT}
    if commit:
        author = f"{commit.author} <{commit.email}>" if commit.email else commit.author
        of_commit = {"author": author, "date": commit.date, "message": commit.message, "sha": commit.id}
    lines = {"start_line": finding.start_line, "end_line": finding.end_line} if finding.start_line else {}
    return {"file": path_of(finding), "commit": of_commit, **lines}


def _details(finding: Finding) -> dict[str, object]:
    """What is known of the secret beyond its place, in GitLab's generic fields."""
    verdict = finding.verdict
    pairs = [("id", finding.id), *finding.facts]
    if verdict:
        pairs += [("state", verdict.state.value), ("reason", verdict.reason), *verdict.opens]
    return {
        f"leakscan_{name}": {"type": "text", "name": name, "value": value}
        for name, value in pairs
        if name and value
    }


def _scan(summary: Summary, version: str) -> dict[str, object]:
    """The scan: who scanned, when, and what was not seen. A scan that is incomplete has failed."""
    end = datetime.now(timezone.utc)
    tool = {"id": "leakscan", "name": "leakscan", "version": version, "vendor": {"name": "leakscan"}}
    messages = [
        {"level": "warn" if reason.incomplete else "info", "value": f"not scanned: {count} {reason.value}"}
        for reason, count in summary.skipped.items()
    ]
    messages += [{"level": "warn", "value": text} for text in summary.warnings if text]
    return {
        "analyzer": tool,
        "scanner": tool,
        "type": "secret_detection",
        "start_time": _time(end - timedelta(seconds=summary.seconds)),
        "end_time": _time(end),
        "status": "failure" if summary.incomplete else "success",
        "messages": messages,
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
