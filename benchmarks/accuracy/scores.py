"""Counts what a scanner found of the labelled lines: precision, recall and F1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labels import Label
from scanners import Found

READINGS = {
    "credentials of tests and demos count": frozenset({"secret", "test"}),
    "credentials of tests and demos are noise": frozenset({"secret"}),
}


@dataclass(frozen=True)
class Score:
    """Labelled lines by what they are and whether they were reported."""

    hits: int = 0
    misses: int = 0
    noise: int = 0
    silent: int = 0

    @property
    def precision(self) -> float:
        """Share of what was reported that is a secret; 0 where nothing was."""
        return self.hits / max(1, self.hits + self.noise)

    @property
    def recall(self) -> float:
        """Share of the secrets that was reported."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.hits / max(1, 2 * self.hits + self.misses + self.noise)


def reported(labels: Iterable[Label], found: Iterable[Found]) -> dict[Label, frozenset[str]]:
    """The rules that reported each labelled line; none where no finding covers it."""
    findings = defaultdict(list)
    for each in found:
        findings[each.path].append(each)
    return {
        label: frozenset(f.rule for f in findings[label.file] if f.first <= label.line <= f.last)
        for label in labels
    }


def score(rules: Mapping[Label, frozenset[str]], positive: frozenset[str]) -> Score:
    """The score of one scanner.

    Args:
        rules: what `reported` returned.
        positive: the labels that count as a secret.
    """
    counts = {(is_secret, hit): 0 for is_secret in (True, False) for hit in (True, False)}
    for label, by in rules.items():
        counts[label.label in positive, bool(by)] += 1
    return Score(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def shares(rules: Mapping[Label, frozenset[str]]) -> dict[tuple[bool, str], tuple[int, int]]:
    """How many lines of each kind were reported, and how many there are; secrets (of either label) apart."""
    counts: dict[tuple[bool, str], tuple[int, int]] = {}
    for label, by in rules.items():
        key = (label.label != "no", label.kind)
        hit, all_ = counts.get(key, (0, 0))
        counts[key] = (hit + bool(by), all_ + 1)
    return counts
