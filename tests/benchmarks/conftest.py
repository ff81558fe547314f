"""Fixtures: the benchmark's modules, and the command on a small history."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SECRET = "tok_" + "4f9d2c7ab1e8"
CONFIG = """\
[[rules]]
id = "token"
description = "A token"
regex = '''tok_[0-9a-f]{12}'''
keywords = ["tok_"]
"""


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a test import the benchmark's modules, which import each other as scripts do."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture
def run(make_repo: Callable[..., Any], tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Measure works on a repository; exit code, report and plot."""
    rules = make_repo("rules")
    rules.commit({"config/gitleaks.toml": CONFIG})

    def measure(repository: Any, works: str, *options: str) -> tuple[int, str, str]:
        page = tmp_path / "page" / "RESULTS.md"
        page.parent.mkdir(exist_ok=True)
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    BENCHMARKS / "run.py",
                    "--rules",
                    rules.path,
                    "--only",
                    works,
                    "--runs",
                    "1",
                ),
                *("--output", page, *options, f"some/name={repository.path}"),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert page.exists(), done.stderr
        return done.returncode, page.read_text("utf-8"), page.with_suffix(".svg").read_text("utf-8")

    return measure


@pytest.fixture
def repository(make_repo: Callable[..., Any]) -> Any:
    """Three commits, two of which bring a secret in."""
    repo = make_repo("corpus")
    repo.commit({"a.py": "x = 1\n"})
    repo.commit({"a.py": f"x = '{SECRET}'\n"})
    repo.commit({"b.py": f"y = '{SECRET[:-1]}0'\n", "image.bin": b"\0\1\2"})
    return repo


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Put a shell script of that name and text into a folder; the folder."""

    def make(name: str, text: str) -> Path:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        (folder / name).chmod(0o755)
        return folder

    return make
