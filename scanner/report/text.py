"""The report for people: findings grouped by secret, the oldest place first, then the summary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO

from scanner.model import Finding, Rule, Summary, text_of
from scanner.report.base import ReportContext
from scanner.report.go import utf8
from scanner.report.paint import Paint
from scanner.report.summary import summary_lines
from scanner.report.terminal import one_line

PLACES_SHOWN = 3  # further places of a secret, and its identities, before "and N more"
_NAME_LIMIT = 80  # characters of an author's name
_SECRET_LIMIT = 120  # characters of a secret that is shown in clear
_LABEL = 10  # columns of a label and its indentation


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of a secret: all that is shown of a finding beyond its rule and secret."""

    where: str
    date: str
    author: str
    commit: str
    link: str
    merge: bool
    name: str


@dataclass(slots=True)
class _Group:
    """All places of one secret that one rule found."""

    rule: Rule
    secret: str
    facts: str
    places: list[_Place] = field(default_factory=list)


class TextReporter:
    """Keeps what it shows of each finding until the end, since it shows groups."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._context = out, context
        self._paint = Paint(context.color)
        self._groups: dict[tuple[str, bytes], _Group] = {}

    def add(self, finding: Finding) -> None:
        """Adds a place to its secret's group. A rule on the path alone has a group for each path."""
        key = (finding.rule.id, finding.secret or finding.path)
        if key not in self._groups:
            secret = text_of(finding.masked(self._context.redact).secret)
            self._groups[key] = _Group(finding.rule, one_line(secret, _SECRET_LIMIT), _facts(finding))
        self._groups[key].places.append(_place(finding))

    def finish(self, summary: Summary) -> None:
        """Prints all groups and the summary."""
        lines: list[str] = []
        for group in self._groups.values():
            # Dates are RFC 3339 in UTC, so their text sorts by time; what has none comes last.
            group.places.sort(key=lambda place: place.date or "~")
            lines += [*self._group_lines(group), ""]
        severities = Counter(group.rule.severity for group in self._groups.values())
        lines += summary_lines(summary, severities, self._paint)
        self._out.write(utf8("\n".join([*lines, ""])))
        self._out.flush()

    def _group_lines(self, group: _Group) -> list[str]:
        """One secret: what it is, where it entered, where else it is, and what to do."""
        first, *others = group.places
        head = self._paint.alarm(one_line(group.rule.id))
        if group.rule.severity:
            head += f" ({group.rule.severity})"
        if group.rule.description:
            head += ": " + one_line(group.rule.description)
        return [
            head,
            *self._row("secret", group.secret),
            *self._row("says", group.facts),
            *self._row("where", self._paint.place(first.where)),
            *self._row("since", _since(first)),
            *self._row("link", first.link),
            *self._others(others),
            *self._row("fix", self._wrapped(group.rule.remediation)),
            *self._rows("ignore", list(dict.fromkeys(place.name for place in group.places))),
        ]

    def _row(self, label: str, value: str) -> list[str]:
        """A labelled line; nothing where there is no value."""
        return [self._paint.faint(f"  {label:<{_LABEL - 2}}") + value] if value else []

    def _rows(self, label: str, values: list[str]) -> list[str]:
        """A labelled list, cut after `PLACES_SHOWN`."""
        shown = values[:PLACES_SHOWN]
        if len(values) > len(shown):
            shown.append(f"and {len(values) - len(shown)} more")
        rows = self._row(label, shown[0]) if shown else []
        return rows + [" " * _LABEL + value for value in shown[1:]]

    def _others(self, places: list[_Place]) -> list[str]:
        """The places of the secret after the first."""
        rows = [" ".join(filter(None, (place.where, _since(place)))) for place in places]
        label = f"{len(places)} more place{'s' if len(places) > 1 else ''}"
        return [self._paint.faint(f"  {label}"), *self._rows("", rows)] if places else []

    def _wrapped(self, text: str) -> str:
        """`text` in the width of the terminal, later lines indented to the first."""
        import textwrap  # for findings alone

        flat = one_line(" ".join(text.split()))
        width = self._context.width
        lines = textwrap.wrap(flat, max(width - _LABEL, 20)) if width else [flat]
        return ("\n" + " " * _LABEL).join(lines)


def _place(finding: Finding) -> _Place:
    """What is shown of `finding`, safe for a terminal."""
    path = one_line(text_of(finding.symlink or finding.path)) or "(standard input)"
    commit = finding.commit if finding.commit and finding.commit.id else None
    return _Place(
        where=f"{path}:{finding.start_line}" if finding.start_line else path,
        date=commit.date if commit else "",
        author=one_line(commit.author, _NAME_LIMIT) if commit else "",
        commit=commit.id if commit else "",
        link=one_line(finding.link),
        merge=finding.merge,
        name=one_line(finding.id or finding.fingerprint),
    )


def _facts(finding: Finding) -> str:
    """What the secret says of itself."""
    return one_line(", ".join(f"{word} {text}" for word, text in finding.facts))


def _since(place: _Place) -> str:
    """Date, author and commit, as far as there are any."""
    by = f"by {place.author}" if place.author else ""
    commit = f"in {place.commit[:12]}" if place.commit else ""
    merge = "(in the merge's own resolution)" if place.merge else ""
    return " ".join(filter(None, (place.date[:10], by, commit, merge)))
