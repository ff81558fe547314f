"""What the tests of scanner/git share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.git import Repository, open_repository


@pytest.fixture
def opened() -> Iterator[Callable[..., Repository]]:
    """Open a `GitRepository` (or another folder of it) with its environment; closed after the test."""
    repositories: list[Repository] = []

    def open_(made: Any, path: Path | None = None, **environment: str) -> Repository:
        repositories.append(open_repository(path or made.path, made.environment | environment))
        return repositories[-1]

    yield open_
    for repository in repositories:
        repository.close()
