"""Ignore files: which findings a team has looked at and accepted, one a line.

``.gitleaksignore`` is Gitleaks': each line is a fingerprint, ``file:rule:line`` (any commit, or none) or
``commit:file:rule:line``; blank lines and lines that start with ``#`` are skipped. Backslashes in the path
stand for ``/`` as well as for themselves.

``.leakscanignore`` has the same lines, or leakscan's identities, each with an optional comment that gives
the reason and may hold an expiry date, the last day on which the entry hides anything::

    src/old.py:aws-access-token:12
    leakscan:v1:00112233445566778899aabbccddeeff  # test fixture, see TICKET-7
    docs/a b.md:generic-api-key:3  # rotated, until=2030-06-30

A comment starts at a ``#`` after white space that follows a complete entry, so paths may contain both. An
expired or malformed entry hides nothing and gives a warning.

Entries are compared whole, never split, so a path may contain ``:`` too (Gitleaks ignores such entries).
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from scanner.identity import gitleaks_fingerprint
from scanner.model import Finding, text_of

OWN_NAME = ".leakscanignore"
MAX_BYTES = 16_000_000  # an ignore file may lie in what is scanned: no reading without bound

_ENTRY = r"(?P<entry>leakscan:v\d+k?:[0-9a-f]+|.*?:[^:]+:\d+)"
_COMMENT = r"(?:\s+#(?P<comment>.*))?"
_UNTIL = r"(?:^|\s)until=(\S*)"


@dataclass(slots=True)
class _Entry:
    """One line that hides findings, and whether it ever did."""

    place: str
    text: str
    used: bool = False


@dataclass(slots=True)
class IgnoreList:
    """What the ignore files of a scan hide.

    Attributes:
        warnings: lines that hide nothing although they look as if they should, one line each, with file
            and line number. They never quote the line: a secret may have been pasted there.
    """

    warnings: list[str] = field(default_factory=list)
    _entries: dict[str, list[_Entry]] = field(default_factory=dict)

    def hides(self, finding: Finding) -> bool:
        """Whether an entry names `finding`, by either of Gitleaks' fingerprints or by our identity."""
        place = gitleaks_fingerprint("", finding.path, finding.rule.id, finding.start_line)
        hit = False
        for name in {place, finding.fingerprint, finding.id} & self._entries.keys():
            for entry in self._entries[name]:
                entry.used = hit = True
        return hit

    def unused(self) -> list[str]:
        """The entries that hid nothing, as ``file:line: entry``, in the files' order."""
        entries = {id(entry): entry for several in self._entries.values() for entry in several}
        return [f"{entry.place}: {entry.text}" for entry in entries.values() if not entry.used]


def load(paths: Iterable[Path], today: date) -> IgnoreList:
    """Reads the ignore files that exist among `paths`, in order; the same file only once.

    Args:
        paths: a file named `OWN_NAME` has leakscan's syntax, any other Gitleaks'.
        today: the date that expiry is compared with.
    """
    ignored = IgnoreList()
    for path in {path.resolve(): path for path in paths if path.is_file()}.values():
        try:
            data = _read(path)
        except OSError as error:
            ignored.warnings.append(f"{path}: cannot be read ({error.strerror}), it hides nothing")
            continue
        for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            line = text_of(raw).strip()
            if line and not line.startswith("#"):
                _take(ignored, f"{path}:{number}", line, None if path.name != OWN_NAME else today)
    return ignored


def _read(path: Path) -> bytes:
    """The content of `path`. Raises OSError, also where it is larger than `MAX_BYTES`."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MAX_BYTES:,} bytes")
    return data


def _take(ignored: IgnoreList, place: str, line: str, today: date | None) -> None:
    """Adds one line that is neither blank nor a comment, or a warning.

    Args:
        place: the line's ``file:line``.
        today: for leakscan's syntax; None for Gitleaks'.
    """
    found = re.fullmatch(_ENTRY if today is None else _ENTRY + _COMMENT, line)
    if not found:
        # The words of Gitleaks' warning, without its quotation.
        name = ".gitleaksignore" if today is None else OWN_NAME
        reason = "not an identity or [commit:]file:rule:line, it hides nothing"
        ignored.warnings.append(f"{place}: Invalid {name} entry: {reason}")
    elif trouble := _expiry_trouble(found["comment"] or "", today) if today else "":
        ignored.warnings.append(f"{place}: {trouble}")
    else:
        entry = _Entry(place, found["entry"])
        for name in {entry.text, entry.text.replace("\\", "/")}:
            ignored._entries.setdefault(name, []).append(entry)


def _expiry_trouble(comment: str, today: date) -> str:
    """Why the entry with `comment` does not hide any more; empty where it does."""
    until = re.search(_UNTIL, comment)
    if not until:
        return ""
    try:
        last = date.fromisoformat(until[1])
    except ValueError:
        return "its until= is not a date (YYYY-MM-DD), the entry hides nothing"
    return f"expired on {last}, the entry hides nothing" if today > last else ""
