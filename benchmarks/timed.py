"""Runs one command and writes what it took, as JSON: ``python timed.py RESULT COMMAND...``.

A process of its own, so that the processor time is that of the command and of all its descendants, and of
nothing else. Wall time ends with the command; descendants that outlive it are waited for.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36  # prctl(2): descendants whose parent has gone become ours


def adopt_orphans() -> None:
    """Have descendants that lose their parent become children of this process, where Linux does it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main() -> None:
    """Run, wait, write the result."""
    result, *command = sys.argv[1:]
    adopt_orphans()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, _ = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with open(result, "w", encoding="utf-8") as file:  # noqa: PTH123  (pathlib costs start-up time)
        json.dump({"code": child.returncode, "wall": wall, "cpu": cpu}, file)


if __name__ == "__main__":
    main()
