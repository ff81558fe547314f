"""What the HTML page knows: findings with their context, the secrets and rules that they are of, the scan.

Context is cut and masked here, not in the page. All secrets that were found on a finding's lines are masked
in it, its own and others'; where one of them was found decoded, the lines themselves are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from scanner.model import Finding, Rule, Summary, mask_secret, text_of
from scanner.report.base import ReportContext
from scanner.report.group import group_key
from scanner.report.place import commit_of, day_of, path_of, provider_of
from scanner.report.summary import amounts
from scanner.report.terminal import many_lines, one_line

_AROUND, _SECRET = 240, 4000  # bytes of context on either side of a secret, and of a secret
_LINES, _NEIGHBOURS = 200, 50  # lines of a finding that are looked at, and secrets on one line
_SUBJECT, _NAME = 120, 80  # characters

Json = dict[str, object]
Line = tuple[bytes, str, int]


def kept(finding: Finding) -> Finding:
    """`finding` with only what the page shows of it: the secret's surroundings, not a line of a megabyte."""
    decoded = any(tag.startswith("decoded:") for tag in finding.tags)
    text = finding.match if decoded or finding.secret not in finding.line else finding.line
    at = max(text.find(finding.secret), 0)
    length = min(len(finding.secret), _SECRET)
    around = text[max(at - _AROUND, 0) : at + length + _AROUND]
    return replace(finding, line=around, match=b"", companions=())


def page_data(findings: Sequence[Finding], summary: Summary, context: ReportContext, made: str) -> Json:
    """All that the page shows, to be written as JSON.

    Args:
        findings: as `kept` leaves them, secrets in clear.
        made: the time at which the report is made, RFC 3339 in UTC.
    """
    rules, secrets = _Numbers(), _Numbers()
    neighbours = _by_line(findings)
    rows: list[Json] = []
    first: list[Json] = []
    for finding in findings:
        number = secrets.of(group_key(finding))
        if number == len(first):
            first.append(_secret(finding, rules.of(finding.rule), context.redact))
        rows.append(_row(finding, number, _segments(finding, _others(finding, neighbours), context.redact)))
    return {
        "meta": _meta(summary, context, made),
        "rules": [_rule(rule) for rule in rules.all()],
        "secrets": first,
        "findings": rows,
    }


class _Numbers:
    """Numbers things from 0 in the order in which they are first seen."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._things: list[Rule] = []

    def of(self, thing: Rule | tuple[str, ...]) -> int:
        """The number of `thing`; rules are told apart by their ids."""
        key = thing.id if isinstance(thing, Rule) else thing
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            if isinstance(thing, Rule):
                self._things.append(thing)
        return self._numbers[key]

    def all(self) -> list[Rule]:
        """The rules by their numbers."""
        return self._things


def _meta(summary: Summary, context: ReportContext, made: str) -> Json:
    """The scan: when, how much, and what it did not see."""
    return {
        "made": made,
        "version": context.version,
        "amounts": amounts(summary),
        "incomplete": summary.incomplete,
        "skipped": [[reason.value, count, reason.incomplete] for reason, count in summary.skipped.items()],
        "hidden": list(summary.hidden.items()),
        "warnings": [one_line(text) for text in summary.warnings],
        "inClear": context.redact == 0,
    }


def _rule(rule: Rule) -> Json:
    return {
        "id": one_line(rule.id),
        "text": one_line(rule.description),
        "severity": rule.severity,
        "provider": provider_of(rule),
        "fix": one_line(" ".join(rule.remediation.split())),
    }


def _secret(finding: Finding, rule: int, redact: int) -> Json:
    """One secret, and what its issuer says of it."""
    verdict = finding.verdict
    return {
        "rule": rule,
        "text": many_lines(text_of(_shown(finding.secret, redact))),
        "state": verdict.state.value if verdict else "",
        "reason": one_line(verdict.reason) if verdict else "",
        "about": [
            [one_line(word), one_line(text)]
            for word, text in (*finding.facts, *(verdict.opens if verdict else ()))
        ],
    }


def _row(finding: Finding, secret: int, segments: list[str]) -> Json:
    """One finding; keys are short, since there may be many thousands."""
    commit = commit_of(finding)
    place = finding.id or finding.fingerprint
    row: Json = {"s": secret, "p": one_line(path_of(finding)), "l": finding.start_line, "x": segments}
    if commit:
        subject = commit.message.split("\n", 1)[0]
        if finding.secret:
            subject = subject.replace(text_of(finding.secret), "REDACTED")
        row |= {"c": one_line(commit.id, _NAME), "m": one_line(subject, _SUBJECT)}
        row |= {"a": one_line(commit.author, _NAME), "e": one_line(commit.email, _NAME), "d": day_of(finding)}
    if finding.link.startswith(("https://", "http://")):
        row["u"] = one_line(finding.link)
    return row | {"i": one_line(place)} | ({"mg": 1} if finding.merge else {})


def _shown(secret: bytes, redact: int) -> bytes:
    return (mask_secret(secret, redact) if redact and secret else secret)[:_SECRET]


def _lines(finding: Finding) -> Iterable[Line]:
    """The lines that it is on."""
    commit = commit_of(finding)
    last = min(finding.end_line, finding.start_line + _LINES)
    for line in range(finding.start_line, last + 1):
        yield (finding.path, commit.id if commit else "", line)


def _by_line(findings: Iterable[Finding]) -> dict[Line, list[Finding]]:
    """What was found on each line."""
    found: dict[Line, list[Finding]] = {}
    for finding in findings:
        for line in _lines(finding):
            found.setdefault(line, []).append(finding)
    return found


def _others(finding: Finding, found: dict[Line, list[Finding]]) -> set[bytes] | None:
    """All secrets on its lines, its own among them; None where masking them would not be sure, or costly."""
    secrets = {finding.secret[:_SECRET]}
    for line in _lines(finding):
        neighbours = found[line]
        if len(neighbours) > _NEIGHBOURS:
            return None
        for other in neighbours:
            if other is not finding and any(tag.startswith("decoded:") for tag in other.tags):
                return None
            secrets.add(other.secret[:_SECRET])
    return secrets - {b""}


def _segments(finding: Finding, secrets: set[bytes] | None, redact: int) -> list[str]:
    """The context in pieces: what is in clear and what is hidden, by turns, the first in clear."""
    if secrets is None:
        return ["", many_lines(text_of(_shown(finding.secret, redact)))]
    pieces, at = [], 0
    for start, end in _spans(finding.line, secrets):
        pieces += [finding.line[at:start], _shown(finding.line[start:end], redact)]
        at = end
    return [many_lines(text_of(piece)) for piece in (*pieces, finding.line[at:])]


def _spans(text: bytes, secrets: set[bytes]) -> list[tuple[int, int]]:
    """Where in `text` any of the secrets is, overlapping ones as one."""
    found = []
    for secret in secrets:
        at = text.find(secret)
        while at >= 0:
            found.append((at, at + len(secret)))
            at = text.find(secret, at + 1)
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
