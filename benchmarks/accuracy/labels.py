"""The labelled lines: where they are, what a reader called them, and their text laid out as files."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LABELS = ("secret", "test", "no")
FIELDS = ("repository", "commit", "path", "line", "kind", "label", "reason")


@dataclass(frozen=True)
class Label:
    """A line of a repository and what a reader called it; `README.md` has the rules.

    Attributes:
        repository: owner and name on GitHub.
        commit: the beginning of a commit's id.
        line: from 1.
        kind: what kind of credential it is, or what it is instead.
        label: ``secret``, ``test`` (a credential of a test, a demo or documentation) or ``no``.
    """

    repository: str
    commit: str
    path: str
    line: int
    kind: str
    label: str
    reason: str

    @property
    def file(self) -> str:
        """Where `lay_out` puts its file, relative to the folder."""
        return f"{self.repository.replace('/', '+')}/{self.path}"


def read_labels(table: Path) -> list[Label]:
    """The labels of a table of tab-separated values.

    Raises:
        ValueError: a row that is no label, or a line that is labelled twice.
    """
    with table.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    if tuple(rows[0]) != FIELDS:
        raise ValueError(f"{table.name}: its first row must be {', '.join(FIELDS)}")
    labels = [_label(table.name, number, row) for number, row in enumerate(rows[1:], 2)]
    places = [(label.repository, label.path, label.line) for label in labels]
    for number, place in enumerate(places):
        if place in places[:number]:
            raise ValueError(f"{table.name}:{number + 2}: this line is labelled above already")
    return labels


def _label(name: str, number: int, row: list[str]) -> Label:
    if len(row) != len(FIELDS) or not row[3].isdigit() or row[5] not in LABELS or not all(row):
        raise ValueError(f"{name}:{number}: not a label")
    return Label(row[0], row[1], row[2], int(row[3]), *row[4:])


def lay_out(labels: Iterable[Label], clones: Path, folder: Path) -> tuple[list[Label], list[str]]:
    """Write the labelled files of the clones there are into a folder.

    Args:
        clones: has a clone of each repository, called ``owner+name``, ``owner+name.git`` or with a folder
            ``repo`` inside.

    Returns:
        The labels whose text is there, and a line on each repository or file that is missing.
    """
    there, missing = [], dict[str, None]()
    done: dict[str, bool] = {}
    for label in labels:
        clone = find_clone(clones, label.repository)
        if clone is None:
            missing[f"{label.repository}: no clone"] = None
            continue
        if label.file not in done:
            done[label.file] = _write(clone, label, folder / label.file)
        if done[label.file]:
            there.append(label)
        else:
            missing[f"{label.repository}: no {label.path} in {label.commit}"] = None
    return there, list(missing)


def find_clone(clones: Path, repository: str) -> Path | None:
    """The clone of a repository in a folder of clones."""
    name = repository.replace("/", "+")
    places = (clones / name / "repo", clones / f"{name}.git", clones / name)
    return next((place for place in places if place.is_dir()), None)


def _write(clone: Path, label: Label, file: Path) -> bool:
    shown = subprocess.run(
        ["git", "-C", str(clone), "cat-file", "blob", f"{label.commit}:{label.path}"],
        capture_output=True,
        check=False,
    )
    if shown.returncode:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(shown.stdout)
    return True
