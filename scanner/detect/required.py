"""Composite rules: a match counts only where each of the rule's required companions matches nearby."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf

from scanner.model import Match, Required, Rule

COMPANIONS_LIMIT = 10
"""So many companions of one kind are kept with a match: hostile text can hold very many."""


def attach(primaries: Sequence[Match], groups: Sequence[tuple[Required, Sequence[Match]]]) -> list[Match]:
    """The primaries that have a companion in reach for every requirement, with those companions.

    Args:
        primaries: matches of the composite rule.
        groups: each requirement with all matches of its rule in the same text.
    """
    in_reach: list[dict[int, tuple[Match, ...]]] = []
    for requirement, others in groups:
        # Where a match is allowed can differ, so that each kind of companion must stay.
        kinds: dict[tuple[int, ...], list[Match]] = {}
        for other in others:
            kinds.setdefault(tuple(map(id, other.allowed_at)), []).append(other)
        found: dict[int, tuple[Match, ...]] = {}
        for kind in kinds.values():
            for index, companions in _in_reach(primaries, kind, requirement):
                found[index] = found.get(index, ()) + companions
        in_reach.append(found)
    return [
        replace(primary, companions=tuple(found[index] for found in in_reach))
        for index, primary in enumerate(primaries)
        if all(found.get(index) for found in in_reach)
    ]


def on_path(rule: Rule) -> Match:
    """The companion that stands for a rule on the path alone: it has no place in the text."""
    return Match(rule, 0, 0, 0, 0, 0, 0, b"", b"", b"", 0.0, rule.tags)


def _in_reach(
    primaries: Sequence[Match], others: Sequence[Match], requirement: Required
) -> Iterator[tuple[int, tuple[Match, ...]]]:
    """Each primary's index with the first `COMPANIONS_LIMIT` of `others` in reach.

    Goes through the lines once: `window` holds the others whose lines are in reach, by column.
    """
    lines = inf if requirement.within_lines is None else requirement.within_lines
    columns = inf if requirement.within_columns is None else requirement.within_columns
    others = sorted(others, key=_start_line)
    window: list[tuple[float, int]] = []
    entering = leaving = 0
    for index, primary in sorted(enumerate(primaries), key=lambda item: _start_line(item[1])):
        while entering < len(others) and others[entering].start_line <= primary.start_line + lines:
            insort(window, (others[entering].start_column, entering))
            entering += 1
        while leaving < entering and others[leaving].start_line < primary.start_line - lines:
            del window[bisect_left(window, (others[leaving].start_column, leaving))]
            leaving += 1
        low = bisect_left(window, (primary.start_column - columns, 0))
        high = bisect_right(window, (primary.start_column + columns, len(others)))
        near = sorted(number for _, number in window[low : min(high, low + COMPANIONS_LIMIT)])
        yield index, tuple(others[number] for number in near)


def _start_line(match: Match) -> int:
    return match.start_line
