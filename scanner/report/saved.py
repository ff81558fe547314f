"""Reads a saved report back into findings: Gitleaks' JSON, leakscan's JSON Lines, SARIF of either.

Whoever hands a report over may have written it on purpose: size, types and ranges are checked, and an error
says where, never what. Nothing in it is taken for more than text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote_to_bytes

from scanner.errors import ConfigError
from scanner.identity import gitleaks_fingerprint
from scanner.model import (
    NOTABLE_LIMIT,
    Commit,
    Finding,
    Reason,
    Rule,
    Severity,
    Skipped,
    State,
    Summary,
    Verdict,
    text_of,
)

MAX_BYTES = 256_000_000
"""The largest report that is read: some hundred thousand findings."""

_MAX_NUMBER = 2**53  # what JSON's readers agree on
_NAMES = "Gitleaks' JSON, or leakscan's JSON, JSON Lines or SARIF"
_WRONG = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)
_SARIF_KEY = "leakscan/v1"

Record = dict[str, Any]


@dataclass(slots=True)
class SavedReport:
    """What a report says.

    Attributes:
        findings: in its order.
        summary: of the scan, as far as the report says; only JSON Lines has one.
    """

    findings: list[Finding] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)


def read(path: Path, rules: Mapping[str, Rule]) -> SavedReport:
    """The report in `path`.

    Args:
        rules: what is known of rules, by id: severity, remediation and provider, which reports lack.

    Raises:
        ConfigError: it cannot be read, is too large, or is not a report.
    """
    text = _text_in(path)
    report = SavedReport()
    try:
        for record in _records(text):
            _take(report, record, rules)
    except json.JSONDecodeError as error:
        raise ConfigError(f"not a report ({_NAMES})", file=str(path), line=error.lineno) from None
    except RecursionError:
        raise ConfigError("not a report: nested too deeply", file=str(path)) from None
    except _WRONG as error:
        reason = f"not a report: finding {len(report.findings) + 1}: {_what(error)}"
        raise ConfigError(reason, file=str(path)) from None
    for finding in report.findings:
        counts = report.summary.findings
        counts[finding.rule.id] = counts.get(finding.rule.id, 0) + 1
    return report


def _text_in(path: Path) -> str:
    """The text of the file, unless it is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise ConfigError(f"report cannot be read: {reason}", file=str(path)) from None
    if len(data) > MAX_BYTES:
        limit = f"more than {MAX_BYTES // 1_000_000} MB"
        raise ConfigError(f"report is too large ({limit}): convert it in parts", file=str(path))
    return text_of(data.removeprefix(b"\xef\xbb\xbf"))


def _what(error: Exception) -> str:
    """What is wrong, without anything that the report says: a field's name, or that it is no object."""
    return str(error) if isinstance(error, _Field) else "not a finding"


class _Field(ValueError):
    """A field is not what it must be; the message names it, out of our own code."""


def _records(text: str) -> Iterator[Record]:
    """The records in a report, under the keys of JSON Lines."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        lines = text.split("\n")
        if not lines[0].lstrip().startswith("{"):
            raise
        yield from _line_records(lines)
        return
    if isinstance(whole, dict) and "runs" in whole:
        results = (result for run in whole["runs"] for result in run["results"])
        yield from map(_from_sarif, results)
    elif isinstance(whole, dict):
        yield from _line_records([text])
    else:
        yield from ({"type": "finding"} | record for record in whole or [])


def _line_records(lines: list[str]) -> Iterator[Record]:
    """Of JSON Lines; a report without its summary at the end was cut off."""
    record: Record = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise json.JSONDecodeError(error.msg, "\n" * (number - 1), number - 1) from None
            yield record
    if record.get("type") != "summary":
        yield {"type": "summary", "incomplete": True, "warnings": ["the report has no end: it was cut off"]}


def _from_sarif(result: Record) -> Record:
    """A SARIF result under the keys of JSON Lines."""
    place = result["locations"][0]["physicalLocation"]
    region = place.get("region", {})
    marks, known = result.get("partialFingerprints", {}), result.get("properties", {})
    secret = region.get("snippet", {}).get("text", "")
    return {
        "type": "finding",
        "RuleID": result["ruleId"],
        "File": text_of(unquote_to_bytes(place["artifactLocation"]["uri"])),
        "Secret": secret,
        "Match": secret,
        **{key: region.get(key[0].lower() + key[1:]) for key in ("StartLine", "EndLine")},
        **{key: region.get(key[0].lower() + key[1:]) for key in ("StartColumn", "EndColumn")},
        "Commit": marks.get("commitSha"),
        "Author": marks.get("author"),
        "Email": marks.get("email"),
        "Date": marks.get("date"),
        "Message": marks.get("commitMessage"),
        "Tags": known.get("tags"),
        "Merge": known.get("merge"),
        "Facts": known.get("facts"),
        "Id": marks.get(_SARIF_KEY),
    }


def _take(report: SavedReport, record: Record, rules: Mapping[str, Rule]) -> None:
    """Adds what one record says; records of types to come are passed over."""
    kind = record.get("type", "finding")
    if kind == "finding":
        report.findings.append(_finding(record, rules))
    elif kind == "skipped" and len(report.summary.notable) < NOTABLE_LIMIT:
        if reason := _reason(_string(record, "reason")):
            path, texts = (
                _string(record, "path").encode(),
                (_string(record, "object"), _string(record, "detail")),
            )
            report.summary.notable.append(Skipped(reason, path, *texts))
    elif kind == "summary":
        _summarise(report.summary, record)


def _reason(name: str) -> Reason | None:
    return Reason.__members__.get(name.upper())


def _summarise(summary: Summary, record: Record) -> None:
    """Fills in `summary` from its record."""
    for key in ("commits", "blobs", "files", "bytes"):
        setattr(summary, key, _whole(record, key))
    summary.seconds = _number(record, "seconds")
    skipped = record.get("skipped") or {}
    summary.skipped = {
        reason: _whole(skipped, name) for name in skipped if (reason := _reason(name)) is not None
    }
    summary.warnings = [text for text in record.get("warnings") or [] if isinstance(text, str)]
    summary.unfinished = bool(record.get("incomplete")) and not summary.incomplete


def _finding(record: Record, rules: Mapping[str, Rule]) -> Finding:
    """One finding. What it lacks is empty, as in Gitleaks."""
    rule = _rule(record, rules)
    path = _string(record, "File").encode()
    commit = _commit(record)
    line = _whole(record, "StartLine")
    return Finding(
        rule=rule,
        path=path,
        match=_string(record, "Match").encode(),
        secret=_string(record, "Secret").encode(),
        start_line=line,
        end_line=max(_whole(record, "EndLine"), line),
        start_column=_whole(record, "StartColumn"),
        end_column=_whole(record, "EndColumn"),
        entropy=_number(record, "Entropy"),
        tags=_strings(record, "Tags"),
        symlink=_string(record, "SymlinkFile").encode(),
        commit=commit if commit.id or commit.date else None,
        link=_string(record, "Link"),
        fingerprint=_string(record, "Fingerprint") or gitleaks_fingerprint(commit.id, path, rule.id, line),
        id=_string(record, "Id"),
        merge=record.get("Merge") is True,
        facts=_pairs(record.get("Facts")),
        verdict=_verdict(record.get("Verdict")),
    )


def _commit(record: Record) -> Commit:
    return Commit(
        id=_string(record, "Commit"),
        author=_string(record, "Author"),
        email=_string(record, "Email"),
        date=_string(record, "Date"),
        message=_string(record, "Message"),
    )


def _rule(record: Record, rules: Mapping[str, Rule]) -> Rule:
    """The rule that the record names, as we know it, or as far as the record says."""
    name = _string(record, "RuleID")
    if not name:
        raise _Field("RuleID is missing")
    if name in rules:
        return rules[name]
    severity = _string(record, "Severity")
    known: Severity = severity if severity in get_args(Severity) else ""  # type: ignore[assignment]
    return Rule(
        name,
        description=_string(record, "Description"),
        remediation=_string(record, "Remediation"),
        severity=known,
    )


def _verdict(value: Record | None) -> Verdict | None:
    """What the issuer said when the report was written."""
    if not value:
        return None
    state = _string(value, "State")
    if state not in {one.value for one in State}:
        raise _Field("Verdict has no State that we know")
    return Verdict(State(state), _string(value, "Reason"), _pairs(value.get("Opens")))


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    """An object of texts as pairs."""
    pairs = tuple((value or {}).items())
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise _Field("Facts and Opens must be objects of texts")
    return pairs


def _string(record: Record, key: str) -> str:
    """The string under `key`, without what UTF-8 cannot hold; empty where there is none."""
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Field(f"{key} must be a string")
    return value.encode("utf-8", "replace").decode()


def _strings(record: Record, key: str) -> tuple[str, ...]:
    values = record.get(key) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _Field(f"{key} must be a list of strings")
    return tuple(values)


def _whole(record: Record, key: str) -> int:
    """The whole number under `key`; 0 where there is none."""
    number = _number(record, key)
    if number != int(number):
        raise _Field(f"{key} must be a whole number")
    return int(number)


def _number(record: Record, key: str) -> float:
    """The number under `key`, from 0; 0 where there is none."""
    value = record.get(key)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Field(f"{key} must be a number")
    if not isfinite(value) or not 0 <= value <= _MAX_NUMBER:
        raise _Field(f"{key} is out of range")
    return value
