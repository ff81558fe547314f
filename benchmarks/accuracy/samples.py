"""Scores a scanner on given samples: short texts with the secrets in them, one file each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scanners import Found

Shares = dict[str, tuple[int, int]]


def read_samples(file: Path) -> list[dict[str, Any]]:
    """The samples of a JSON file; each has ``text``, ``positive`` and ``source``."""
    samples: list[dict[str, Any]] = json.loads(file.read_bytes())
    return samples


def lay_out(samples: Iterable[dict[str, Any]], folder: Path) -> None:
    """Write each sample into a file of its own."""
    folder.mkdir(parents=True)
    for number, sample in enumerate(samples):
        (folder / name(number)).write_bytes(sample["text"].encode(errors="surrogateescape"))


def name(number: int) -> str:
    """The file of a sample."""
    return f"s{number:05}.txt"


def shares(samples: Iterable[dict[str, Any]], found: Iterable[Found]) -> Shares:
    """How many samples of each group a scanner reports, and how many there are.

    A sample counts as found where any of its lines that has an expected secret, or any line where none is
    named, is reported. Positives whose value is visibly made up, or no secret by itself, are left out.
    """
    findings = defaultdict(list)
    for each in found:
        findings[each.path].append(each)
    counts: Shares = {}
    for number, sample in enumerate(samples):
        if sample["positive"] and (sample.get("placeholder") or not sample.get("visible", True)):
            continue
        group = f"{sample['source']}: {'recall' if sample['positive'] else 'negatives flagged'}"
        hit, all_ = counts.get(group, (0, 0))
        counts[group] = (hit + _reported(sample, findings[name(number)]), all_ + 1)
    return counts


def _reported(sample: dict[str, Any], found: list[Found]) -> bool:
    wanted = [secret for secret in sample.get("secrets") or [] if secret]
    if not wanted or not sample["positive"]:
        return bool(found)
    lines = set()
    for secret in wanted:
        start = sample["text"].find(secret)
        if start >= 0:
            first = sample["text"].count("\n", 0, start) + 1
            lines |= set(range(first, first + secret.count("\n") + 1))
    return any(line in lines for each in found for line in range(each.first, each.last + 1))
