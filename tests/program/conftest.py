"""Runs the program as its users do: as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Leakscan = Callable[..., "subprocess.CompletedProcess[str]"]

CONFIG = """
[[rules]]
id = "tok"
description = "A test token"
regex = '''tok_[a-z0-9]{8}'''
keywords = ["tok_"]
remediation = "Throw it away."
examples = ["x tok_a1b2c3d4"]
negative_examples = ["tok_short"]
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A clean environment with a home and a cache of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    home = tmp_path / "home"
    home.mkdir()
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "HOME": str(home)}
    return kept | clean


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to scan, with a config beside it."""
    (tmp_path / "c.toml").write_text(CONFIG)
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def leakscan(folder: Path, environment: dict[str, str]) -> Leakscan:
    """Runs ``leakscan`` in `folder`; text in and out."""

    def run(
        *arguments: str, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        run = subprocess.run(
            [sys.executable, "-m", "scanner.cli", *arguments],
            cwd=folder,
            env=environment | (env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert "Traceback" not in run.stderr
        return run

    return run
