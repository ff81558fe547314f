"""What Git ignores in a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import RepositoryError
from scanner.git import open_repository
from scanner.git.ignored import ignored_below


def build(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


@pytest.fixture
def work(make_repo: Callable[..., Any]) -> Path:
    repo = make_repo("work")
    (repo.path / ".gitignore").write_text("build/\n*.log\n!kept.log\n")
    build(repo.path, "build/a/b", "src/new\nline.log", "src/kept.log", "src/tracked.log", "src/c.txt")
    repo.git("add", "-f", "src/tracked.log")
    return Path(repo.path)


def ignored(path: Path) -> frozenset[bytes]:
    with open_repository(path) as repository:
        return ignored_below(repository)


def test_files_and_whole_folders_but_nothing_tracked(work: Path) -> None:
    assert ignored(work) == {b"build", b"src/new\nline.log"}


def test_paths_are_those_from_the_folder(work: Path) -> None:
    assert ignored(work / "src") == {b"new\nline.log"}


def test_the_exclude_file_of_the_repository_counts(work: Path) -> None:
    (work / ".git/info/exclude").write_text("*.txt\n")
    assert ignored(work) == {b"build", b"src/new\nline.log", b"src/c.txt"}


def test_an_ignored_folder_itself_is_not_a_path_in_it(work: Path) -> None:
    assert not any(name.strip(b"./") for name in ignored(work / "build"))


def test_a_bare_repository_has_none(make_repo: Callable[..., Any]) -> None:
    with pytest.raises(RepositoryError):
        ignored(make_repo("bare.git", "--bare").path)
