"""SARIF 2.1.0 in the shape of Gitleaks', and what that shape has room for.

Beyond Gitleaks: leakscan's identity as the partial fingerprint ``leakscan/v1``; remediation as a rule's
help; its severity as ``level`` and as the property ``security-severity``; a finding of a merge's own
resolution has the property ``merge``; what was not scanned as ``toolExecutionNotifications``, and
``executionSuccessful`` false where the scan is incomplete.

Different from Gitleaks, where its output is untrue or breaks the standard: the driver is leakscan with its
own version (Gitleaks writes ``v8.0.0`` whatever it is); a rule is listed once; a path is written as a URI
reference (percent-encoded); a finding on the path alone has no region (lines start at 1 in SARIF).
"""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import quote_from_bytes

from scanner.model import Config, Finding, Rule, Severity, Skipped, Summary, text_of
from scanner.report.base import ReportContext
from scanner.report.fields import gitleaks_fields
from scanner.report.go import json_text, utf8

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "leakscan/v1"
_URI_SAFE = "/!$&'()*+,;=@~"  # RFC 3986 path characters, less the colon, which could look like a scheme
# A level of SARIF 2.1.0 (3.27.10), and a score in GitHub's range for the severity's name: critical from 9.0,
# high from 7.0, medium from 4.0, low below (docs.github.com, "SARIF support for code scanning").
_SEVERITIES: dict[Severity, tuple[str, str]] = {
    "critical": ("error", "9.5"),
    "high": ("error", "8.0"),
    "medium": ("warning", "5.5"),
    "low": ("note", "2.0"),
}
_DEPTH = "   "  # the indentation of a result: it stands in an array in an object in an array in an object


class SarifReporter:
    """Writes each result at once; only the rules come before them and only the invocation after."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._context = out, context
        self._started = self._any = False

    def add(self, finding: Finding) -> None:
        """Writes one result."""
        self._start()
        element = json_text([_result(finding.masked(self._context.redact))], indent=" ")
        inner = element.removeprefix("[").removesuffix("\n]").replace("\n", "\n" + _DEPTH)
        self._out.write(utf8(("," if self._any else "[") + inner))
        self._any = True

    def finish(self, summary: Summary) -> None:
        """Writes the invocation and closes the log."""
        self._start()
        self._out.write(utf8(f"\n{_DEPTH}]" if self._any else "[]"))
        invocations = json_text([_invocation(summary)], indent=" ").replace("\n", "\n" + _DEPTH)
        self._out.write(utf8(f',\n{_DEPTH}"invocations": {invocations}\n  }}\n ]\n}}\n'))

    def _start(self) -> None:
        """Writes, once, all that comes before the results."""
        if not self._started:
            run = {"tool": {"driver": _driver(self._context)}, "results": []}
            log = json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=" ")
            self._out.write(utf8(log.removesuffix("[]\n  }\n ]\n}")))
            self._started = True


def _driver(context: ReportContext) -> dict[str, object]:
    """The tool and its rules."""
    return {"name": "leakscan", "semanticVersion": context.version, "rules": _rules(context.config)}


def _rules(config: Config) -> list[dict[str, object]]:
    """Every rule of the config once, in its order; of several with one id the last, as Gitleaks keeps."""
    rules: list[dict[str, object]] = []
    for rule in {rule.id: rule for rule in config.rules}.values():
        rules.append({"id": rule.id, "shortDescription": {"text": rule.description}})
        if rule.remediation:
            rules[-1]["help"] = {"text": rule.remediation}
        rules[-1] |= _severity(rule)
    return rules


def _severity(rule: Rule) -> dict[str, object]:
    """What says how bad it is; GitHub reads the score of rules tagged ``security``."""
    if not rule.severity:
        return {}
    level, score = _SEVERITIES[rule.severity]
    properties = {"security-severity": score, "tags": list(dict.fromkeys(("security", *rule.tags)))}
    return {"defaultConfiguration": {"level": level}, "properties": properties}


def _result(finding: Finding) -> dict[str, object]:
    """One finding, its secret shown as it is."""
    fields = gitleaks_fields(finding)
    severity = finding.rule.severity
    commit = f" at commit {fields['Commit']}" if fields["Commit"] else ""
    return {
        "message": {"text": f"{fields['RuleID']} has detected secret for file {fields['File']}{commit}."},
        "ruleId": fields["RuleID"],
        **({"level": _SEVERITIES[severity][0]} if severity else {}),
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": {
            "commitSha": fields["Commit"],
            "email": fields["Email"],
            "author": fields["Author"],
            "date": fields["Date"],
            "commitMessage": fields["Message"],
        }
        | ({FINGERPRINT: finding.id} if finding.id else {}),
        "properties": {"tags": list(dict.fromkeys(finding.tags))}
        | ({"merge": True} if finding.merge else {})
        | ({"facts": dict(finding.facts)} if finding.facts else {}),
    }


def _location(finding: Finding) -> dict[str, object]:
    """The file and, unless the rule is on the path alone, the region in it."""
    artifact: dict[str, object] = {"artifactLocation": {"uri": _uri(finding.symlink or finding.path)}}
    if finding.start_line < 1:
        return artifact
    region = {
        "startLine": finding.start_line,
        "startColumn": finding.start_column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
        "snippet": {"text": text_of(finding.secret)},
    }
    return artifact | {"region": region}


def _uri(path: bytes) -> str:
    """`path` as a relative URI reference; ``!`` still separates the parts of a path into an archive."""
    return quote_from_bytes(path, safe=_URI_SAFE)


def _invocation(summary: Summary) -> dict[str, object]:
    """Whether the run saw everything, and what it did not see."""
    counts = [
        _notification(f"not scanned: {reason.value} ({count})", reason.incomplete)
        for reason, count in summary.skipped.items()
    ]
    notable = [_skipped_notification(skipped) for skipped in summary.notable]
    return {
        "executionSuccessful": not summary.incomplete,
        "toolExecutionNotifications": counts + notable,
    }


def _notification(text: str, serious: bool) -> dict[str, object]:
    """A notification; serious ones make the scan incomplete."""
    return {"level": "warning" if serious else "note", "message": {"text": text}}


def _skipped_notification(skipped: Skipped) -> dict[str, object]:
    """One thing that was not scanned, with its file where it has one."""
    what = [f"object {skipped.object}" if skipped.object else "", skipped.detail]
    text = ": ".join(part for part in (f"not scanned: {skipped.reason.value}", *what) if part)
    notification = _notification(text, skipped.reason.incomplete)
    if skipped.path:
        place = {"physicalLocation": {"artifactLocation": {"uri": _uri(skipped.path)}}}
        notification["locations"] = [place]
    return notification
