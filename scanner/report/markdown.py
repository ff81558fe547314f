"""A summary in Markdown, for a comment on a pull request or a job's summary. No secret is shown.

Secrets are rows, the gravest first, with their first place; how to rotate them is folded away below. It stays
under GitHub's limit for a comment of 65,536 characters. What comes from the repository stands in code spans,
in which no host sees a link, a mention or HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO, get_args

from scanner.model import Finding, Rule, Severity, State, Summary
from scanner.report.base import ReportContext
from scanner.report.go import utf8
from scanner.report.group import group_key
from scanner.report.place import commit_of, day_of, path_of
from scanner.report.summary import amounts
from scanner.report.terminal import one_line

ROWS, RULES_SHOWN = 50, 20  # then "and N more"
_PATH, _AUTHOR, _TEXT = 160, 40, 300  # characters of each
_ORDER = {name: n for n, name in enumerate((*filter(None, get_args(Severity)), ""))}


@dataclass(slots=True)
class _Secret:
    """One secret: the first finding of it, in time, and how many there are."""

    first: Finding
    places: int = 0
    states: set[State] = field(default_factory=set)


class MarkdownReporter:
    """Keeps one finding of each secret until the end."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out = out
        self._secrets: dict[tuple[str, ...], _Secret] = {}

    def add(self, finding: Finding) -> None:
        """Counts the finding to its secret."""
        secret = self._secrets.setdefault(group_key(finding), _Secret(finding))
        secret.places += 1
        if finding.verdict:
            secret.states.add(finding.verdict.state)
        if (day_of(finding) or "~") < (day_of(secret.first) or "~"):
            secret.first = finding

    def finish(self, summary: Summary) -> None:
        """Writes the page."""
        secrets = sorted(self._secrets.values(), key=_gravity)
        lines = [f"### leakscan: {_found(secrets, summary)}", "", *_incomplete(summary)]
        if secrets:
            lines += [*_table(secrets), "", *_remedies([secret.first.rule for secret in secrets])]
        self._out.write(utf8("\n".join([*lines, f"<sub>{amounts(summary)}</sub>", ""])))


def _gravity(secret: _Secret) -> tuple[bool, int]:
    """What sorts secrets: those that work first, then by severity."""
    return (State.ACTIVE not in secret.states, _ORDER[secret.first.rule.severity])


def _found(secrets: list[_Secret], summary: Summary) -> str:
    places = sum(secret.places for secret in secrets)
    if not places:
        return "no leaks found" + (" so far" if summary.incomplete else "")
    return f"{_count(places, 'finding')} of {_count(len(secrets), 'secret')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _incomplete(summary: Summary) -> list[str]:
    """The lines that keep "could not look" from reading as "clean"."""
    if not summary.incomplete:
        return []
    missing = [f"{count} {reason.value}" for reason, count in summary.skipped.items() if reason.incomplete]
    what = "; ".join(missing) or "it did not come to its end"
    return [f"> **The scan is incomplete**: {_text(what)}.", ""]


def _table(secrets: list[_Secret]) -> list[str]:
    more = len(secrets) - ROWS
    return [
        "| severity | what | where | since | places |",
        "|---|---|---|---|---|",
        *map(_row, secrets[:ROWS]),
        *([f"| | and {_count(more, 'more secret')} | | | |"] if more > 0 else []),
    ]


def _row(secret: _Secret) -> str:
    finding, commit = secret.first, commit_of(secret.first)
    path = path_of(finding) or "(standard input)"
    place = _code(f"{path}:{finding.start_line}" if finding.start_line else path, _PATH)
    since = [day_of(finding)]
    if commit:
        since += [_code(commit.id[:12]), f"by {_code(commit.author, _AUTHOR)}" if commit.author else ""]
    state = "".join(f" **{one.value}**" for one in State if one in secret.states)
    what = _code(finding.rule.id) + state
    cells = (finding.rule.severity, what, place, " ".join(filter(None, since)), str(secret.places))
    return f"| {' | '.join(cells)} |"


def _remedies(rules: list[Rule]) -> list[str]:
    """How to rotate, for each rule once, folded away."""
    named = {rule.id: rule for rule in rules if rule.remediation}
    if not named:
        return []
    rows = [f"- {_code(rule.id)}: {_text(rule.remediation)}" for rule in list(named.values())[:RULES_SHOWN]]
    more = len(named) - len(rows)
    rows += [f"- and {_count(more, 'more rule')}"] if more > 0 else []
    return [
        "<details><summary>What to do: rotate first, then clean up</summary>",
        "",
        *rows,
        "",
        "</details>",
        "",
    ]


def _code(text: str, limit: int = _TEXT) -> str:
    """`text` as a code span in a table; a back quote in it would end the span, and no escape helps."""
    shown = one_line(text, limit).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`" if shown.strip() else ""


def _text(text: str) -> str:
    """`text` as it is: no Markdown, no HTML, no mention; web addresses stay links."""
    shown = one_line(" ".join(text.split()), _TEXT)
    return re.sub(r"([\\`*\[\]<>|~]|(?<!\w)_|_(?!\w))", r"\\\1", shown).replace("@", "@\u200b")
