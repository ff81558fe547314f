"""What a notice says: findings without their secrets, and how many there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, get_args

from scanner.model import Finding, Severity, text_of
from scanner.report.terminal import one_line

LISTED = 100  # findings in a notice; the counts are of all
_TEXT = 500  # characters of a path, a description or a remedy
_ORDER: dict[str, int] = {name: n for n, name in enumerate((*filter(None, get_args(Severity)), ""))}


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding as others are told of it. Neither the secret nor the line around it is here.

    Attributes:
        id, rule, severity, description, remediation: as in `Finding` and `Rule`.
        state: of the secret, where somebody asked its issuer.
        line: from 1; 0 for a rule on the path alone.
        date: of the commit, RFC 3339.
    """

    id: str
    rule: str
    severity: str
    description: str
    remediation: str
    state: str
    file: str
    line: int
    commit: str
    author: str
    email: str
    date: str
    link: str

    @property
    def place(self) -> str:
        """File and line, for people."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told of a run.

    Attributes:
        source: what was scanned.
        total: number of findings.
        secrets: number of distinct secrets, by severity.
        alerts: the gravest first, at most `LISTED`.
        version: leakscan's.
        time: seconds since 1970.
    """

    source: str
    total: int
    secrets: dict[str, int]
    alerts: tuple[Alert, ...]
    version: str
    time: float

    @property
    def title(self) -> str:
        """The notice in one line."""
        parts = [f"{self.secrets[level]} {level}" for level in _ORDER if level and self.secrets.get(level)]
        graded = f" ({', '.join(parts)})" if parts else ""
        count = sum(self.secrets.values())
        return f"leakscan: {count} new secret{'' if count == 1 else 's'} in {self.source}{graded}"

    def shown(self, most: int) -> list[str]:
        """A line for each of the first `most` alerts, and how many more findings there are."""
        lines = [alert_line(alert) for alert in self.alerts[:most]]
        more = self.total - len(lines)
        return [*lines, f"and {more} more"] if more > 0 else lines

    def record(self) -> dict[str, Any]:
        """The notice as JSON has it."""
        return asdict(self) | {"type": "leakscan.findings", "title": self.title}


def alert_line(alert: Alert) -> str:
    """An alert in one line."""
    grade = ", ".join(filter(None, (alert.severity, alert.state)))
    commit = f" in {alert.commit[:12]}" if alert.commit else ""
    by = f" by {alert.author}" if alert.author else ""
    return f"{alert.rule}{f' ({grade})' if grade else ''}: {alert.place}{commit}{by}"


class Collector:
    """Findings on their way into a notice: the first place of each is kept, of as many as are listed."""

    def __init__(self) -> None:
        self._total = 0
        self._secrets: dict[tuple[str, bytes], str] = {}
        self._alerts: dict[str, Alert] = {}

    def add(self, finding: Finding) -> None:
        """Takes a finding. The gravest stay where there are too many."""
        self._total += 1
        self._secrets.setdefault((finding.rule.id, finding.secret or finding.path), finding.rule.severity)
        key = finding.id or finding.fingerprint
        if key in self._alerts:
            return
        self._alerts[key] = alert_of(finding)
        if len(self._alerts) > 2 * LISTED:
            self._alerts = {alert.id: alert for alert in self._gravest()}

    def _gravest(self) -> list[Alert]:
        return sorted(self._alerts.values(), key=lambda alert: _ORDER.get(alert.severity, 9))[:LISTED]

    def notice(self, source: str, version: str, time: float) -> Notice | None:
        """The notice; None where there is nothing to tell."""
        if not self._total:
            return None
        secrets = dict(Counter(self._secrets.values()))
        return Notice(one_line(source, _TEXT), self._total, secrets, tuple(self._gravest()), version, time)


def alert_of(finding: Finding) -> Alert:
    """What others are told of `finding`; its secret is masked also where a path or a link holds it."""
    commit = finding.commit

    def clean(text: str) -> str:
        secret = text_of(finding.secret)
        return one_line(text.replace(secret, "REDACTED") if secret else text, _TEXT)

    return Alert(
        id=finding.id or clean(finding.fingerprint),
        rule=clean(finding.rule.id),
        severity=finding.rule.severity,
        description=clean(finding.rule.description),
        remediation=clean(finding.rule.remediation),
        state=finding.verdict.state.value if finding.verdict else "",
        file=clean(text_of(finding.symlink or finding.path)),
        line=finding.start_line,
        commit=commit.id if commit else "",
        author=clean(commit.author) if commit else "",
        email=clean(commit.email) if commit else "",
        date=commit.date if commit and commit.id else "",
        link=clean(finding.link),
    )
