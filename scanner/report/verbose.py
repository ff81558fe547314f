"""Gitleaks' ``--verbose`` output, as it prints it with ``--no-color``: labels in a column of 13.

Two differences: control characters of what was scanned are shown as escapes, so that they cannot reach the
terminal; and ``--redact`` covers the companions under ``Required:`` too.
"""

from __future__ import annotations

from typing import BinaryIO

from scanner.model import Commit, Finding, Match, Summary, mask_secret, text_of
from scanner.report.base import ReportContext
from scanner.report.go import SPACE, float32, utf8
from scanner.report.terminal import many_lines, one_line

_COMPANION_LIMIT = 40  # bytes of a companion's secret that Gitleaks shows


class VerboseReporter:
    """Prints and flushes each finding at once."""

    def __init__(self, out: BinaryIO, context: ReportContext) -> None:
        self._out, self._redact = out, context.redact

    def add(self, finding: Finding) -> None:
        """Prints one finding, and a blank line."""
        masked = finding.masked(self._redact)
        lines = [
            _label("Finding:", many_lines(text_of(masked.match).strip(SPACE))),
            _label("Secret:", many_lines(text_of(masked.secret).strip(SPACE))),
            _label("RuleID:", one_line(masked.rule.id)),
            _label("Entropy:", f"{float32(masked.entropy):f}"),
        ]
        if masked.path:
            lines += _place(masked)
        lines += _companions(masked.companions, self._redact)
        self._out.write(utf8("\n".join([*lines, "", ""])))
        self._out.flush()

    def finish(self, summary: Summary) -> None:
        """Has nothing to add: the summary is logged."""


def _label(name: str, value: str) -> str:
    return f"{name:<12} {value}"


def _place(finding: Finding) -> list[str]:
    """The lines on tags, file and commit."""
    tags = [_label("Tags:", one_line(f"[{' '.join(finding.tags)}]"))] if finding.tags else []
    return [
        *tags,
        _label("File:", one_line(text_of(finding.path))),
        _label("Line:", str(finding.start_line)),
        *(_commit(finding.commit) if finding.commit and finding.commit.id else []),
        _label("Fingerprint:", one_line(finding.fingerprint)),
        *([_label("Link:", one_line(finding.link))] if finding.link and finding.commit else []),
    ]


def _commit(commit: Commit) -> list[str]:
    """The lines on the commit."""
    return [
        _label("Commit:", commit.id),
        _label("Author:", one_line(commit.author)),
        _label("Email:", one_line(commit.email)),
        _label("Date:", commit.date),
    ]


def _companions(companions: tuple[Match, ...], percent: int) -> list[str]:
    """One line for each companion of a rule with ``required``: rule, line and secret."""
    lines = []
    for number, match in enumerate(companions):
        secret = mask_secret(match.secret, percent) if percent > 0 else match.secret
        if len(secret) > _COMPANION_LIMIT:
            secret = secret[: _COMPANION_LIMIT - 3] + b"..."
        shown = one_line(f"{match.rule.id}:{match.start_line}:{text_of(secret).strip(SPACE)}")
        lines.append(_label("" if number else "Required:", shown))
    return lines
