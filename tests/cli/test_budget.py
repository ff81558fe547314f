from __future__ import annotations

import subprocess
import sys
import time

import pytest

from scanner.cli.budget import budget
from scanner.push.judge import OutOfTime

STUBBORN = """
import time
from scanner.cli import budget
from scanner.push.judge import OutOfTime

budget._AGAIN = 0.05
with budget.budget(0.05, 7, "too late"):
    while True:
        try:
            time.sleep(10)
        except OutOfTime:
            pass
"""


def test_what_takes_too_long_is_interrupted() -> None:
    started = time.monotonic()
    with pytest.raises(OutOfTime), budget(0.05, 7, "too late"):
        time.sleep(10)
    assert time.monotonic() - started < 5


def test_what_is_done_in_time_is_left_alone() -> None:
    with budget(0.05, 7, "too late"):
        pass
    time.sleep(0.1)


def test_what_does_not_heed_it_is_ended() -> None:
    done = subprocess.run([sys.executable, "-c", STUBBORN], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (7, b"too late\n")
