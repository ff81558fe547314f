"""What the tests of scanner/git share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scanner.git import Repository, open_repository, packs
from scanner.git import delta as delta_module


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


def load(name: str, form: str) -> ModuleType:
    """A module of scanner/git that is compiled where it can be: ``compiled``, or ``plain`` as it stands.

    Only the plain form counts for coverage.
    """
    module = import_module(f"scanner.git.{name}")
    if form == "compiled":
        if not delta_module.COMPILED:
            pytest.skip("it was installed without a C compiler")
        return module
    spec = spec_from_file_location(f"plain_{name}", Path(packs.__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    plain = module_from_spec(spec)
    spec.loader.exec_module(plain)
    return plain


@pytest.fixture(scope="module", params=["compiled", "plain"])
def form(request: pytest.FixtureRequest) -> str:
    """The form of the modules that can be compiled."""
    return str(request.param)


@pytest.fixture(scope="module")
def delta(form: str) -> ModuleType:
    """`scanner.git.delta` in that form."""
    return load("delta", form)


@pytest.fixture(scope="module")
def entries(form: str) -> ModuleType:
    """`scanner.git.entries` in that form."""
    return load("entries", form)


@pytest.fixture
def packs_in_form(entries: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs are read with `entries`."""
    for name in (
        "by_offset",
        "find",
        "link",
        "read_headers",
        "read_offsets",
        "resolve_kinds",
        "resolve_refs",
    ):
        monkeypatch.setattr(packs, name, getattr(entries, name))
