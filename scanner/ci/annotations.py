"""Lines on stdout by which a CI system shows findings at the lines of files: GitHub's workflow commands and
Azure's logging commands. No secret is in them.

Each place of a rule is shown once, and of many places the first `SHOWN`: GitHub keeps ten of each kind for a
step ("Workflow commands", "Limits on annotations").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from scanner.ci.build import System
from scanner.ci.environments import AZURE, GITHUB
from scanner.model import Finding, Severity, Summary, text_of
from scanner.report.terminal import one_line

LineOf = Callable[[Finding], int | None]

SHOWN = 50
GONE = "It is gone from this version, but anybody can see it in the history"
_GITHUB_LEVELS: dict[Severity, str] = {"medium": "warning", "low": "notice"}  # others are errors
_AZURE_LEVELS: dict[Severity, str] = {"medium": "warning", "low": "warning"}


def annotator(system: System, out: BinaryIO, line_of: LineOf) -> Annotator | None:
    """What writes annotations to `out`; None where the system has no such lines.

    Args:
        line_of: see `scanner.ci.head.HeadVersion`.
    """
    lines = {GITHUB: github_line, AZURE: azure_line}
    return Annotator(out, lines[system], line_of) if system in lines else None


class Annotator:
    """A report that is a line for each place.

    Args:
        line: writes a finding as the system reads it.
        line_of: tells where a finding is in the version that the system shows.
    """

    def __init__(self, out: BinaryIO, line: Callable[[Finding, str], str], line_of: LineOf) -> None:
        self._out, self._line, self._line_of = out, line, line_of
        self._told: set[tuple[str, bytes, int]] = set()

    def add(self, finding: Finding) -> None:
        """Writes one line, unless this place had one."""
        now = self._line_of(finding)
        shown = _moved(finding, now or 0)
        place = finding.rule.id, finding.path, shown.start_line
        if place not in self._told and len(self._told) < SHOWN:
            self._told.add(place)
            self._out.write(self._line(shown, GONE if now is None else "").encode(errors="replace") + b"\n")

    def finish(self, summary: Summary) -> None:
        """Sees to it that the lines are seen."""
        self._out.flush()


def _moved(finding: Finding, line: int) -> Finding:
    """`finding` with its first line at `line`; 0 for none."""
    end = line + finding.end_line - finding.start_line if line else 0
    return replace(finding, start_line=line, end_line=end)


def github_line(finding: Finding, note: str = "") -> str:
    """A workflow command of GitHub's, escaped as its toolkit does (actions/toolkit, core/command)."""
    place = [f"file={_github_property(_path(finding))}"]
    if finding.start_line:
        place += [f"line={finding.start_line}", f"endLine={max(finding.end_line, finding.start_line)}"]
    title = _github_property(one_line(f"leakscan: {finding.rule.id}"))
    level = _GITHUB_LEVELS.get(finding.rule.severity, "error")
    return f"::{level} {','.join(place)},title={title}::{_github_data(_message(finding, note))}"


def _github_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")


def azure_line(finding: Finding, note: str = "") -> str:
    """A logging command of Azure's; ``%`` has a name of its own there ("Logging commands", "Escaping")."""
    level = _AZURE_LEVELS.get(finding.rule.severity, "error")
    fields = {"type": level, "sourcepath": _path(finding)}
    if finding.start_line:
        fields |= {"linenumber": str(finding.start_line), "columnnumber": str(finding.start_column)}
    fields["code"] = one_line(finding.rule.id)
    joined = ";".join(f"{name}={_azure(text)}" for name, text in fields.items())
    return f"##vso[task.logissue {joined}]{_azure(_message(finding, note))}"


def _azure(text: str) -> str:
    for plain, escaped in (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D")):
        text = text.replace(plain, escaped)
    return text


def _path(finding: Finding) -> str:
    return one_line(text_of(finding.symlink or finding.path))


def _message(finding: Finding, note: str) -> str:
    """What leaked, since when, and what to do; several lines."""
    commit = finding.commit.id[:12] if finding.commit and finding.commit.id else ""
    what = f"{finding.rule.description or finding.rule.id}" + (
        f" (added in commit {commit})" if commit else ""
    )
    parts = [what, note, finding.rule.remediation, f"No secret? {finding.id}" if finding.id else ""]
    return "\n".join(one_line(part) for part in parts if part)
