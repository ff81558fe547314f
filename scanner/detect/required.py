"""Composite rules: a match counts only where each of the rule's required companions matches nearby."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from scanner.model import Match, Required, Rule


def attach(primaries: Iterable[Match], groups: Sequence[tuple[Required, Sequence[Match]]]) -> list[Match]:
    """The primaries that have a companion in reach for every requirement, with those companions.

    Args:
        primaries: matches of the composite rule.
        groups: each requirement with all matches of its rule in the same text.
    """
    complete = []
    for primary in primaries:
        companions = tuple(
            tuple(other for other in others if _in_reach(primary, other, requirement))
            for requirement, others in groups
        )
        if all(companions):
            complete.append(replace(primary, companions=companions))
    return complete


def on_path(rule: Rule) -> Match:
    """The companion that stands for a rule on the path alone: it has no place in the text."""
    return Match(rule, 0, 0, 0, 0, 0, 0, b"", b"", b"", 0.0, rule.tags)


def _in_reach(primary: Match, other: Match, requirement: Required) -> bool:
    lines = abs(primary.start_line - other.start_line)
    columns = abs(primary.start_column - other.start_column)
    return (requirement.within_lines is None or lines <= requirement.within_lines) and (
        requirement.within_columns is None or columns <= requirement.within_columns
    )
