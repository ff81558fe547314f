"""The baseline file that leakscan itself writes: what is known, and what people have said of it.

It is JSON Lines that `scanner.known.baseline` reads as any report: after a first line that names the format,
one line an entry, sorted, without dates and line numbers, so that versions of it merge. No secret is in it:
entries have identities, and the first line of their place with all secrets that the scan found masked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from scanner.errors import ConfigError, UsageError
from scanner.known.baseline import Baseline
from scanner.model import Finding, Summary, mask_secret, text_of

Label = Literal["", "true", "false", "later"]
LABELS: tuple[Label, ...] = get_args(Label)
_HEAD = {"type": "baseline", "version": 1}
_CONTEXT = 200  # characters of a line


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A known finding.

    Attributes:
        path, rule, id: of the finding.
        context: the line that it stood on, masked.
        label: whether it is a leak, as somebody said; empty where nobody did.
        reason: why, in their words.
    """

    path: str
    rule: str
    id: str
    context: str = ""
    label: Label = ""
    reason: str = ""


def read(file: Path) -> list[Entry]:
    """The entries of a file that `write` wrote.

    Raises:
        ConfigError: it cannot be read, or is something else.
    """
    try:
        records = [json.loads(line) for line in file.read_text("utf-8").split("\n") if line.strip()]
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(file)) from None
    except (ValueError, RecursionError):
        records = []
    first = records[0] if records else None
    if not isinstance(first, dict) or first.get("type") != _HEAD["type"]:
        told = "not a baseline of leakscan's; 'leakscan baseline update' makes one of a report"
        raise ConfigError(told, file=str(file))
    return [_entry(file, n, record) for n, record in enumerate(records[1:], 2)]


def _entry(file: Path, number: int, record: object) -> Entry:
    fields = record if isinstance(record, dict) else {}
    texts = [fields.get(key, "") for key in ("File", "RuleID", "Id", "Context", "Label", "Reason")]
    if not all(isinstance(text, str) for text in texts) or texts[4] not in LABELS or not texts[2]:
        raise ConfigError("not an entry of a baseline", file=str(file), line=number)
    return Entry(*texts)


def write(file: Path, entries: Iterable[Entry]) -> None:
    """Write a baseline in one step: whoever reads `file` sees the old one or the new one.

    Raises:
        UsageError: it cannot be written.
    """
    lines = [_HEAD, *map(_record, sorted(entries))]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        new.write_text(text, "utf-8")
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise UsageError(f"baseline {file}: cannot be written ({error.strerror})") from None


def _record(entry: Entry) -> dict[str, str]:
    record = {"type": "finding", "File": entry.path, "RuleID": entry.rule, "Id": entry.id}
    more = {"Context": entry.context, "Label": entry.label, "Reason": entry.reason}
    return record | {key: text for key, text in more.items() if text}


@dataclass(slots=True)
class Recorder:
    """A report that becomes a baseline.

    Attributes:
        file: written when the scan has ended.
        old: entries whose labels and reasons stay; those that are not found again go, unless the scan was
            incomplete.
        only: what it knows is taken, nothing else; None for everything.
        added, removed, kept: how many entries, once the scan has ended.
        incomplete: so was the scan.
    """

    file: Path
    old: list[Entry] = field(default_factory=list)
    only: Baseline | None = None
    incomplete: bool = False
    added: int = 0
    removed: int = 0
    kept: int = 0
    _found: dict[str, Entry] = field(default_factory=dict)
    _lines: dict[str, bytes] = field(default_factory=dict)
    _secrets: set[bytes] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        """Takes a finding; one identity is one entry."""
        self._secrets |= {finding.secret, *(match.secret for match in finding.companions)}
        if finding.id not in self._found and (self.only is None or self.only.hides(finding)):
            self._found[finding.id] = Entry(text_of(finding.path), finding.rule.id, finding.id)
            self._lines[finding.id] = _around(finding)

    def finish(self, summary: Summary) -> None:
        """Writes the file, unless the scan was cut off."""
        if summary.unfinished:
            return
        self.incomplete = summary.incomplete
        before = {entry.id: entry for entry in self.old}
        entries = {id: entry for id, entry in before.items() if summary.incomplete or id in self._found}
        self.removed, self.kept = len(before) - len(entries), len(entries)
        secrets = sorted(filter(None, self._secrets), key=len, reverse=True)
        for id, entry in self._found.items():
            if id not in entries:
                entries[id] = replace(entry, context=_masked(self._lines[id], secrets))
        self.added = len(entries) - self.kept
        write(self.file, entries.values())


def _around(finding: Finding) -> bytes:
    """The line on which the secret begins, with its own secret masked; of a long one what is near."""
    masked = finding.masked(100)
    lines = masked.line.split(b"\n") if finding.secret else [b""]
    mask = mask_secret(finding.secret, 100)
    line = next((line for line in lines if mask in line), lines[0])
    at = max(line.find(mask), 0)
    start = max(at - _CONTEXT // 2, 0)
    return line[start : start + _CONTEXT]


def _masked(line: bytes, secrets: list[bytes]) -> str:
    """`line` without any of the secrets."""
    for secret in secrets:
        line = line.replace(secret, mask_secret(secret, 100))
    return text_of(line).strip()
