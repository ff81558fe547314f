"""Baselines: reports of an earlier scan, whose findings are not reported again.

Read are Gitleaks' JSON report, leakscan's JSON Lines, and leakscan's SARIF. A finding is old when

- its identity is in the baseline (``Id``, or the SARIF fingerprint ``leakscan/v1``), or
- the baseline shows secrets in clear, and has this secret by this rule in this file, or
- the baseline is redacted, and has a finding by the same rule at the same place (file, commit, lines,
  columns) with the same entropy, whose match and secret are what this one's become when masked so.

The last is how Gitleaks compares, except that the secret's mask counts too, whether or not this scan
redacts. Author, date and message go with the commit and are not compared, nor is the description.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from typing import Any

from scanner.model import Finding, text_of

_REDACTED = "REDACTED"
_SARIF_KEY = "leakscan/v1"
_NO_REPORT = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
_ENTROPY_TOLERANCE = 1e-4  # reports round to single precision, and Go adds up in random order


@dataclass(frozen=True, slots=True)
class _Redacted:
    """What a redacted report says of a finding beyond rule, file, commit and first line."""

    match: str
    secret: str
    end_line: float
    start_column: float
    end_column: float
    entropy: float


@dataclass(slots=True)
class Baseline:
    """The findings of an earlier report.

    Attributes:
        warnings: why the report hides less than it seems to, one line each.
    """

    warnings: list[str] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _clear: set[tuple[str, str, str]] = field(default_factory=set)
    _redacted: dict[tuple[str, str, str, float], list[_Redacted]] = field(default_factory=dict)

    def hides(self, finding: Finding) -> bool:
        """Whether `finding`, its secret in clear, is in the baseline."""
        rule, path, secret = finding.rule.id, text_of(finding.path), text_of(finding.secret)
        if finding.id in self._ids or (rule, path, secret) in self._clear:
            return True
        commit = finding.commit.id if finding.commit else ""
        entries = self._redacted.get((rule, path, commit, finding.start_line), ())
        return any(_same_place(finding, old) and _same_text(finding, old) for old in entries)

    def _add(self, record: dict[str, Any]) -> None:
        """Takes one finding under Gitleaks' keys. A missing key is empty, as for Gitleaks."""
        rule, path, commit = (_text(record, key) for key in ("RuleID", "File", "Commit"))
        match, secret = _text(record, "Match"), _text(record, "Secret")
        line, *position = (
            _number(record, key) for key in ("StartLine", "EndLine", "StartColumn", "EndColumn", "Entropy")
        )
        if name := _text(record, "Id"):
            self._ids.add(name)
        self._clear.add((rule, path, secret))
        if secret == _REDACTED or secret.endswith("..."):
            old = _Redacted(match, secret, *position)
            self._redacted.setdefault((rule, path, commit, line), []).append(old)


def load(path: Path) -> Baseline:
    """Reads the report at `path`.

    A report that is missing or not understood gives a baseline that hides nothing and a warning, as in
    Gitleaks: the scan reports too much rather than too little.
    """
    baseline = Baseline()
    try:
        _read(baseline, text_of(path.read_bytes().removeprefix(b"\xef\xbb\xbf")), str(path))
    except OSError as error:
        return Baseline([f"baseline {path} cannot be read ({error.strerror}), it hides nothing"])
    except _NO_REPORT:
        formats = "Gitleaks' JSON, or leakscan's JSON Lines or SARIF"
        return Baseline([f"baseline {path} is not a report ({formats}), it hides nothing"])
    return baseline


def _read(baseline: Baseline, text: str, name: str) -> None:
    """Adds the findings in `text`. Raises one of `_NO_REPORT` where it is no report that we know."""
    try:
        report = json.loads(text)
    except json.JSONDecodeError:
        report = [json.loads(line) for line in text.split("\n") if line.strip()]
        _read_json_lines(baseline, report)
        return
    if isinstance(report, dict) and "runs" in report:
        ids = [
            r.get("partialFingerprints", {}).get(_SARIF_KEY) for run in report["runs"] for r in run["results"]
        ]
        baseline._ids.update(filter(None, ids))
        if not all(ids):
            baseline.warnings.append(f"baseline {name}: SARIF results without {_SARIF_KEY} hide nothing")
    elif isinstance(report, dict):
        _read_json_lines(baseline, [report])
    else:
        for record in report or []:
            baseline._add(record)


def _read_json_lines(baseline: Baseline, records: list[dict[str, Any]]) -> None:
    """Adds the findings among the records of a JSON Lines report; each record has a type."""
    for record in records:
        if record["type"] == "finding":
            baseline._add(record)


def _text(record: dict[str, Any], key: str) -> str:
    """The string under `key`; empty where there is none."""
    value = record.get(key) or ""
    if not isinstance(value, str):
        raise TypeError(key)
    return value


def _number(record: dict[str, Any], key: str) -> float:
    """The number under `key`; 0 where there is none."""
    value = record.get(key) or 0
    if not isinstance(value, int | float):
        raise TypeError(key)
    return value


def _same_place(finding: Finding, old: _Redacted) -> bool:
    """Whether positions and entropy agree, given that rule, file, commit and first line do.

    Gitleaks' columns are one too large on every line but a fragment's first; and where a match of several
    lines ends on an unterminated last line, it gives the first line's number and column 0 as its end.
    """
    start = old.start_column - finding.start_column in (0, 1)
    end = old.end_line == finding.end_line and old.end_column - finding.end_column in (0, 1)
    lost_end = (old.end_line, old.end_column) == (finding.start_line, 0)
    return start and (end or lost_end) and isclose(finding.entropy, old.entropy, abs_tol=_ENTROPY_TOLERANCE)


def _same_text(finding: Finding, old: _Redacted) -> bool:
    """Whether the secret and the match of `finding`, masked as those of `old` are, read the same."""
    match, secret = text_of(finding.match), text_of(finding.secret)
    if not secret:
        # Gitleaks masks an empty secret too: between all characters of the match.
        return old.match in (match, match.replace("", old.secret))
    if old.secret == _REDACTED:
        masked = finding.match.replace(finding.secret, _REDACTED.encode())
    else:
        kept = old.secret.removesuffix("...")
        # Gitleaks cuts bytes, and a cut character reads as one U+FFFD a byte.
        length = sum(1 if char == "\ufffd" else len(char.encode()) for char in kept)
        if text_of(finding.secret[:length]) != kept:
            return False
        masked = finding.match.replace(finding.secret, finding.secret[:length] + b"...")
    return text_of(masked) == old.match
