"""The cases recorded from the real Gitleaks, compared by their own runner, with both engines.

Each case runs the program in a fork of this process: the same arguments, environment and streams as a
process of its own has, without the imports of one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from scanner.cli import main
from scanner.config import load_file

CASES = Path(__file__).resolve().parents[1].parent / "shared" / "conformance"
PARTS = 4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CASES.exists(), reason="the recorded cases are not part of the project"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The cases' own runner, whose call of ``leakscan`` is a fork."""
    spec = importlib.util.spec_from_file_location("conformance_run", CASES / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(module)
    load_file(CASES / "gitleaks.toml", cwd=CASES)  # so that forks have its patterns compiled
    real = subprocess.run
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(command: list[str], **options: Any) -> Any:
        return forked(command[1:], options) if command[0] == "leakscan" else real(command, **options)

    monkeypatch.setattr(module.subprocess, "run", run)
    return module


def forked(arguments: list[str], options: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
    """What `subprocess.run` of ``leakscan`` with those arguments gives."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(options["input"] or b"")
        stdin.seek(0)
        child = os.fork()
        if child == 0:
            code = 99  # what no scan returns
            try:
                for number, stream in enumerate((stdin, out, err)):
                    os.dup2(stream.fileno(), number)
                sys.stdin = os.fdopen(0, closefd=False)
                sys.stdout = os.fdopen(1, "w", closefd=False)
                sys.stderr = os.fdopen(2, "w", closefd=False)
                os.chdir(options["cwd"])
                os.environ.clear()
                os.environ.update(options["env"])
                main(arguments)
            except SystemExit as ended:
                code = int(ended.code or 0)
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(
            arguments, os.waitstatus_to_exitcode(status), out.read(), err.read()
        )


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("engine", ["ahocorasick", "hyperscan"])
def test_agrees_with_gitleaks(runner: ModuleType, engine: str, part: int) -> None:
    cases = json.loads((CASES / "cases.json").read_text())[part::PARTS]
    deliberate = json.loads((CASES / "deliberate.json").read_text())
    failed = {}
    for case in cases:
        found = runner.differences(case, ["leakscan"], ["--engine", engine])
        if case["id"] in deliberate:
            found = [line for line in found if line.startswith("traceback")]
        if found:
            failed[case["id"]] = found
    assert failed == {}
    assert len(cases) > 200
