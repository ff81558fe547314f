"""Fixtures of the command line's tests: the program in a process of its own, and a config of one rule."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

CONFIG = "[[rules]]\nid = \"tok\"\ndescription = \"A token.\"\nregex = '''tok_[a-z0-9]{8}'''\n"
PROGRAM = (sys.executable, "-m", "scanner.cli")

Leakscan = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def token() -> str:
    """What the rule of `config` finds."""
    return "tok_" + "a1b2c3d4"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config file of one rule, outside what is scanned."""
    file = tmp_path / "one-rule.toml"
    file.write_text(CONFIG)
    return file


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The process's environment without what changes a scan, and with a cache of its own."""
    dropped = ("GIT_", "LEAKSCAN_", "GITLEAKS_", "_LEAKSCAN_")
    unset = ("NO_COLOR", "CI", "TERM")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped) and k not in unset}
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return kept | git | {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONWARNINGS": "error"}


@pytest.fixture
def leakscan(tmp_path: Path, environment: dict[str, str]) -> Leakscan:
    """Run leakscan: ``leakscan("dir", folder, stdin=b"", cwd=…, env={…})``."""
    empty = tmp_path / "cwd"
    empty.mkdir()

    def run(
        *arguments: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=cwd or empty,
            env=environment | dict(env or {}),
            timeout=120,
            check=False,
        )

    return run
