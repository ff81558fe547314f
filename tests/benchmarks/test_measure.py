"""What is measured of a command: also what its descendants take."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("modules")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
BURN = "import time\nwhile time.process_time() < 0.3: pass"


def entrant(tmp_path: Path, code: str, **more: Any) -> Any:
    from measure import Entrant

    tmp_path.joinpath("home").mkdir(exist_ok=True)
    return Entrant("python", (sys.executable, "-c", code), tmp_path / "home", **more)


def test_processor_time_is_that_of_descendants_too(tmp_path: Path) -> None:
    from measure import run

    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"
    sample, memory = run(entrant(tmp_path, code))
    assert sample.cpu >= 0.3
    assert sample.wall >= 0.3
    assert memory is None


@LINUX
def test_processor_time_of_what_outlives_the_command_counts_but_not_its_wall_time(tmp_path: Path) -> None:
    from measure import run

    late = f"import time; time.sleep(2)\n{BURN}"
    code = f"import os, subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {late!r}])\nos._exit(0)"
    sample, _ = run(entrant(tmp_path, code))
    assert sample.cpu >= 0.3
    assert sample.wall < 2


@LINUX
def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    from measure import run

    hold = "import time; held = b'x' * 50_000_000; time.sleep(0.5)"
    code = f"import subprocess, sys\np = subprocess.Popen([sys.executable, '-c', {hold!r}])\n{hold}\np.wait()"
    _, memory = run(entrant(tmp_path, code), watch=True)
    assert memory is not None
    assert 100_000_000 < memory.anonymous <= memory.pss < 200_000_000


def test_an_unexpected_exit_code_is_a_failure(tmp_path: Path) -> None:
    from measure import Failed, run

    with pytest.raises(Failed, match="exit code 3: no message"):
        run(entrant(tmp_path, "raise SystemExit(3)"))
    run(entrant(tmp_path, "raise SystemExit(3)", codes=frozenset({3})))


def test_they_take_turns_and_the_first_round_does_not_count(tmp_path: Path) -> None:
    from measure import compete

    turns: list[str] = []
    both = [entrant(tmp_path, "", prepare=lambda name=name: turns.append(name)) for name in "ab"]
    outcomes = compete(both, 2, lambda text: None)
    assert turns == list("ababab")
    assert [len(outcome.samples) for outcome in outcomes] == [2, 2]


def test_settings_of_the_user_do_not_count() -> None:
    from measure import clean_environment

    base = {
        "PATH": "/bin",
        "GITLEAKS_CONFIG": "x",
        "GIT_DIR": "y",
        "XDG_CACHE_HOME": "z",
        "LEAKSCAN_CONFIG": "x",
    }
    kept = clean_environment(base)
    assert kept["PATH"] == "/bin"
    assert not {"GITLEAKS_CONFIG", "GIT_DIR", "XDG_CACHE_HOME", "LEAKSCAN_CONFIG"} & kept.keys()
