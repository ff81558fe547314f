"""Estimates how much noise two scanners report on whole histories, from findings that a reader labelled."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labels import LABELS, find_clone
from measure import clean_environment
from peers import Program, command

MILLION = 1_000_000
ADDED = ("log", "-p", "-U0", "--full-history", "--all", "--no-color", "--no-ext-diff")
FIELDS = ("repository", "commit", "path", "line", "sampled", "label", "reason")
Place = tuple[str, str, int]


@dataclass(frozen=True)
class Sampled:
    """A finding of a history that a reader labelled (see `labels.Label`).

    Attributes:
        sampled: the scanners in whose sample it is.
    """

    repository: str
    place: Place
    sampled: frozenset[str]
    label: str


@dataclass(frozen=True)
class Noise:
    """What a scanner reports on one history.

    Attributes:
        findings: all of them.
        lines: added lines of the history.
        labels: how many findings of its sample, of those that it reports still, have each label.
    """

    repository: str
    findings: int
    lines: int
    labels: dict[str, int]

    def rate(self, noise: Iterable[str]) -> float:
        """Findings with these labels in each million added lines."""
        sampled = sum(self.labels.values())
        share = sum(self.labels[label] for label in noise) / max(1, sampled)
        return share * self.findings * MILLION / max(1, self.lines)


def read_samples(table: Path) -> list[Sampled]:
    """The labelled findings of a table of tab-separated values.

    Raises:
        ValueError: a row that is none.
    """
    with table.open(encoding="utf-8", newline="") as handle:
        head, *rows = csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(head) != FIELDS:
        raise ValueError(f"{table.name}: its first row must be {', '.join(FIELDS)}")
    for number, row in enumerate(rows, 2):
        if len(row) != len(FIELDS) or not row[3].isdigit() or row[5] not in LABELS:
            raise ValueError(f"{table.name}:{number}: not a labelled finding")
    return [Sampled(r[0], (r[1], r[2], int(r[3])), frozenset(r[4].split("+")), r[5]) for r in rows]


def histories(samples: list[Sampled], clones: Path) -> tuple[dict[str, tuple[Path, int]], list[str]]:
    """Clone and added lines of each sampled repository; and a line on each that has no whole clone."""
    whole, missing = {}, []
    for repository in dict.fromkeys(sample.repository for sample in samples):
        clone = find_clone(clones, repository)
        lines = added_lines(clone) if clone else None
        if clone is None or lines is None:
            missing.append(f"{repository}: no clone with its whole history: its noise is not measured")
        else:
            whole[repository] = (clone, lines)
    return whole, missing


def measure(
    program: Program, samples: list[Sampled], whole: dict[str, tuple[Path, int]], report: Path
) -> list[Noise]:
    """Scan the histories that `histories` found."""
    measured = []
    for repository, (clone, lines) in whole.items():
        places = scan(program, clone, report)
        own = [s for s in samples if s.repository == repository and program.name in s.sampled]
        measured.append(Noise(repository, len(places), lines, tally(own, places)))
    return measured


def tally(samples: list[Sampled], places: list[Place]) -> dict[str, int]:
    """How many of the sampled findings that are still reported have each label."""
    reported = {(commit[:16], path, line) for commit, path, line in places}
    still = [sample for sample in samples if sample.place in reported]
    return {label: sum(sample.label == label for sample in still) for label in LABELS}


def scan(program: Program, clone: Path, report: Path) -> list[Place]:
    """Where a scanner reports findings in a history: commit, path and line of each."""
    report.unlink(missing_ok=True)
    arguments = [str(program.path), *command(program.name, "history", clone, report)]
    subprocess.run(arguments, cwd=clone, env=clean_environment(), capture_output=True, check=False)
    return [(f["Commit"], f["File"], f["StartLine"]) for f in json.loads(report.read_bytes())]


def added_lines(clone: Path) -> int | None:
    """Lines that the commits of a history add; None where Git cannot show all, as objects are missing."""
    with subprocess.Popen(
        ["git", "-C", str(clone), *ADDED],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    ) as log:
        assert log.stdout is not None
        lines = sum(line.startswith(b"+") and not line.startswith(b"+++ ") for line in log.stdout)
    return None if log.returncode else lines
