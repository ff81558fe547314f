"""Writes the page of results in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from labels import LABELS, Label
from noise import Noise
from samples import Shares
from scores import READINGS, score, shares

NOISE = {"noise": ("no",), "noise, tests and demos too": ("no", "test")}


@dataclass
class Page:
    """What the report shows.

    Attributes:
        programs: names with versions.
        missing: lines on what could not be measured.
        labels: the labelled lines whose text was there.
        found: by scanner, the rules that reported each labelled line.
        samples: by scanner, what it reported of the given samples.
        noise: by scanner, what it reported on whole histories.
    """

    programs: list[str]
    missing: list[str]
    labels: list[Label]
    found: dict[str, dict[Label, frozenset[str]]] = field(default_factory=dict)
    samples: dict[str, Shares] = field(default_factory=dict)
    noise: dict[str, list[Noise]] = field(default_factory=dict)


def markdown(page: Page) -> str:
    """The whole report."""
    parts = [
        "# Accuracy",
        "Written by `compare.py`; `README.md` says how the lines were chosen and labelled, and what "
        "leakscan's scores were before its rules were changed by them: the scores below are not those of "
        "a set kept aside.",
        "\n".join(f"- {program}" for program in page.programs),
        "\n".join(f"- **{line}**" for line in page.missing),
        "## Labelled lines",
        *(f"### {title[0].upper()}{title[1:]}\n\n{_scores(page, title)}" for title in READINGS),
        "## Share of the lines reported, by what they are",
        _kinds(page),
        *(["## Given samples", _samples(page)] if page.samples else []),
        *(["## Noise on whole histories", _noise(page)] if page.noise else []),
        "## Where the lines are from",
        _sources(page.labels),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table whose first column is text and whose other columns are numbers."""
    names = list(head)
    lines = (names, ["---"] + ["--:"] * (len(names) - 1), *rows)
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _scores(page: Page, reading: str) -> str:
    rows = []
    for name, rules in page.found.items():
        s = score(rules, READINGS[reading])
        numbers = (f"{value:.3f}" for value in (s.precision, s.recall, s.f1))
        rows.append((name, *numbers, s.hits, s.misses, s.noise))
    return table(("scanner", "precision", "recall", "F1", "found", "missed", "noise"), rows)


def _kinds(page: Page) -> str:
    counts = {name: shares(rules) for name, rules in page.found.items()}
    kinds = dict.fromkeys(sorted((label.label == "no", label.kind) for label in page.labels))
    rows = []
    for none, kind in kinds:
        cells = [counts[name].get((not none, kind), (0, 0)) for name in counts]
        rows.append(
            (f"{'no secret' if none else 'secret'}: {kind}", cells[0][1], *(_share(c) for c in cells))
        )
    return table(("lines", "number", *counts), rows)


def _share(count: tuple[int, int]) -> str:
    return f"{count[0] / count[1]:.0%}" if count[1] else "-"


def _samples(page: Page) -> str:
    groups = dict.fromkeys(group for counts in page.samples.values() for group in counts)
    rows = [(group, *(_share(counts[group]) for counts in page.samples.values())) for group in groups]
    return table(("samples", *page.samples), rows)


def _noise(page: Page) -> str:
    rows = []
    for name, histories in page.noise.items():
        for each in histories:
            rates = (f"{each.rate(labels):.1f}" for labels in NOISE.values())
            counts = (each.labels[label] for label in LABELS)
            rows.append((f"{name}, {each.repository}", f"{each.lines:,}", each.findings, *counts, *rates))
        if histories:
            rows.append((f"**{name}, all**", *_together(histories)))
    per = "a million added lines"
    head = ("history", "added lines", "findings", *(f"sample: {label}" for label in LABELS))
    return table((*head, *(f"{title}, {per}" for title in NOISE)), rows)


def _together(histories: list[Noise]) -> list[str]:
    lines = sum(each.lines for each in histories)
    totals = [sum(each.labels[label] for each in histories) for label in LABELS]
    rates = [sum(each.rate(labels) * each.lines for each in histories) / lines for labels in NOISE.values()]
    findings = sum(each.findings for each in histories)
    return [f"{lines:,}", str(findings), *map(str, totals), *(f"{rate:.1f}" for rate in rates)]


def _sources(labels: list[Label]) -> str:
    counts = Counter((label.repository, label.commit, label.label) for label in labels)
    places = dict.fromkeys((label.repository, label.commit) for label in labels)
    rows = [(f"{r} at `{c[:12]}`", *(counts[r, c, label] for label in LABELS)) for r, c in places]
    return table(("repository", *LABELS), rows)
