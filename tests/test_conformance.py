"""The cases recorded from the real Gitleaks, by their own runner, with both engines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).resolve().parents[1].parent / "shared" / "conformance" / "run.py"


@pytest.mark.slow
@pytest.mark.skipif(not RUNNER.exists(), reason="the recorded cases are not part of the project")
@pytest.mark.parametrize("engine", ["ahocorasick", "hyperscan"])
def test_agrees_with_gitleaks_on_every_case(engine: str) -> None:
    command = f"{sys.executable} -m scanner.cli"
    run = subprocess.run(
        [sys.executable, RUNNER, "--command", command, "--flags", f"--engine {engine}", "--jobs", "1"],
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
