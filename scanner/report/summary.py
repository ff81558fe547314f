"""The summary for people: what was scanned, found, hidden and skipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from scanner.model import Severity, Skipped, Summary, text_of
from scanner.report.paint import Paint
from scanner.report.terminal import one_line

NOTABLE_SHOWN = 10  # skipped things and warnings listed one by one before "and N more"


def summary_lines(summary: Summary, secrets: Mapping[Severity, int], paint: Paint) -> list[str]:
    """The summary, a line an element.

    Args:
        secrets: number of distinct secrets among the findings, by severity.
    """
    return [
        _verdict(summary, secrets, paint),
        *(f"  {count} {one_line(rule)}" for rule, count in _by_count(summary.findings)),
        amounts(summary),
        *_hidden(summary),
        *_skipped(summary, paint),
        *_listed("ignore entries that matched nothing:", map(one_line, summary.unused)),
        *(paint.care("warning: ") + one_line(text) for text in summary.warnings),
        *_incomplete(summary, paint),
    ]


def _verdict(summary: Summary, secrets: Mapping[Severity, int], paint: Paint) -> str:
    """How much was found, and how bad it is."""
    total = sum(summary.findings.values())
    if total:
        found = f"{_count(total, 'finding')} of {_count(sum(secrets.values()), 'secret')}"
        bad = [f"{secrets[level]:,} {level}" for level in get_args(Severity) if level and secrets.get(level)]
        return paint.alarm(found) + (f": {', '.join(bad)}" if bad else "")
    return paint.good("no leaks found") if not summary.incomplete else paint.care("no leaks found so far")


def _by_count(counts: dict[str, int]) -> list[tuple[str, int]]:
    """The most frequent first; equals by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def amounts(summary: Summary) -> str:
    """How much was scanned and how long it took, in one line."""
    return f"scanned {_scanned(summary)} in {summary.seconds:.1f} s"


def _scanned(summary: Summary) -> str:
    """The amounts of work, those that are not 0."""
    counts = ((summary.commits, "commit"), (summary.blobs, "blob"), (summary.files, "file"))
    parts = [_count(number, noun) for number, noun in counts if number]
    known = f" ({summary.known_commits:,} more known from before)" if summary.known_commits else ""
    return ", ".join([*parts, human_bytes(summary.bytes)]) + known


def _hidden(summary: Summary) -> list[str]:
    """How many findings were left out as known."""
    parts = [f"{count} by {by}" for by, count in _by_count(summary.hidden)]
    return [f"hidden: {', '.join(parts)}"] if parts else []


def _skipped(summary: Summary, paint: Paint) -> list[str]:
    """What was not scanned: numbers by reason, then the notable ones."""
    lines = []
    for reason, count in sorted(summary.skipped.items(), key=lambda item: -item[1]):
        text = f"  {count} {reason.value}"
        lines.append(paint.care(text) if reason.incomplete else text)
    head = [f"not scanned: {sum(summary.skipped.values())}"] if lines else []
    return head + lines + _listed("of these:", map(_skipped_line, summary.notable))


def _skipped_line(skipped: Skipped) -> str:
    """One thing that was not scanned."""
    what = " ".join(filter(None, (one_line(text_of(skipped.path)), skipped.object)))
    return ": ".join(filter(None, (what, skipped.reason.value, one_line(skipped.detail))))


def _listed(head: str, items: Iterable[str]) -> list[str]:
    """`head` and the items below it, cut after `NOTABLE_SHOWN`; nothing where there are none."""
    rows = list(items)
    more = [f"  and {len(rows) - NOTABLE_SHOWN} more"] if len(rows) > NOTABLE_SHOWN else []
    return [head, *(f"  {row}" for row in rows[:NOTABLE_SHOWN]), *more] if rows else []


def _incomplete(summary: Summary, paint: Paint) -> list[str]:
    """The line that keeps "could not look" from reading as "clean"."""
    text = "INCOMPLETE: something that should have been scanned was not (see above)"
    return [paint.alarm(text)] if summary.incomplete else []


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def human_bytes(number: int) -> str:
    """`number` bytes in decimal units: ``999 bytes``, ``1.0 kB``, ``2.3 GB``."""
    if number < 1000:
        return _count(number, "byte")
    size, unit = float(number), ""
    for unit in ("kB", "MB", "GB", "TB"):  # noqa: B007
        size /= 1000
        if size < 999.95:
            break
    return f"{size:.1f} {unit}"
