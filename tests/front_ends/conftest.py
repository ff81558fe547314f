"""Fixtures for tests of what runs leakscan: repositories whose config has one rule, and leakscan on PATH."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFIG = """
[[rules]]
id = "tok"
description = "A token."
regex = '''tok_[a-z0-9]{8}'''
keywords = ["tok_"]
remediation = "Throw it away."
"""
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def token() -> str:
    """What the rule of `CONFIG` finds."""
    return "tok_" + "a1b2c3d4"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The test's environment without what changes a scan or Git, with this leakscan first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "leakscan"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m scanner.cli "$@"\n')
    program.chmod(0o755)
    dropped = ("GIT_", "LEAKSCAN_", "GITLEAKS_", "PRE_COMMIT", "GITHUB_", "GITLAB_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped) and k != "CI"}
    home = tmp_path / "home"
    home.mkdir()
    return kept | {
        "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Callable[..., Done]:
    """Run a program: ``run(folder, "git", "push", code=1, CI="1")``; what it says is in ``stdout``."""

    def run(folder: Path, *command: str | Path, code: int | None = 0, stdin: str = "", **more: str) -> Done:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=environment | more,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return done

    return run


@pytest.fixture
def work(tmp_path: Path, run: Any) -> Path:
    """A repository with one commit and the config of one rule."""
    folder = tmp_path / "work"
    folder.mkdir()
    run(folder, "git", "init", "-q", "-b", "main")
    (folder / ".leakscan.toml").write_text(CONFIG)
    (folder / "a.txt").write_text("one\n")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "one")
    return folder
