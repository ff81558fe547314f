"""Fixtures of the command line's tests: the program in a process of its own, and a config of one rule."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

CONFIG = """
[[rules]]
id = "tok"
description = "A token."
regex = '''tok_[a-z0-9]{8}'''
keywords = ["tok_"]
remediation = "Throw it away."
examples = ["x tok_a1b2c3d4"]
negative_examples = ["tok_short"]
"""
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


@pytest.fixture
def folder(tmp_path: Path, config: Path) -> Path:
    """An empty folder to scan; the config of one rule lies beside it as ``c.toml``."""
    config.rename(tmp_path / "c.toml")
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def run(leakscan: Leakscan, folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run leakscan in `folder`, text in and out: ``run("dir", stdin="", env={…})``."""

    def run(
        *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = leakscan(*arguments, stdin=stdin.encode(), cwd=folder, env=env)
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run
