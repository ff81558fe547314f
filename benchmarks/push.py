"""Measures what push protection costs: the same push with and without the hook.

Takes a bare clone, makes a server's repository and a clone of it, commits, and pushes in turn. See README.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FACTOR, ADDED = 1.5, 0.5
"""The target: at most so many times the push without the hook, and so many seconds more."""

_FILES = 3  # that each commit changes


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """Standard output of Git in `folder`; raises CalledProcessError."""
    identity = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com"}
    identity |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}
    environment = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=check, env=environment).stdout


def prepare(source: Path, folder: Path, commits: int) -> tuple[Path, Path]:
    """The server's repository, and a clone with new commits on a branch ``work``."""
    server, clone = folder / "server.git", folder / "clone"
    git(folder, "clone", "-q", "--bare", "--no-local", str(source.resolve()), str(server))
    git(folder, "clone", "-q", "--no-local", str(server), str(clone))
    git(clone, "checkout", "-q", "-b", "work")
    names = [name for name in git(clone, "ls-files", "-z").split("\0") if name]
    step = max(len(names) // (commits * _FILES), 1)
    changed = iter(names[::step])
    for number in range(commits):
        for name in (next(changed, "") for _ in range(_FILES)):
            file = clone / name
            if name and file.is_file() and not file.is_symlink():
                with file.open("a") as stream:
                    stream.write(f"\n# change {number}: limit = {number * 7}\n")
        git(clone, "commit", "-qam", f"change {number}", "--allow-empty")
    return server, clone


def pushed(server: Path, clone: Path) -> float:
    """Seconds that a push of the branch takes; it is new to the server, as are its objects."""
    git(server, "update-ref", "-d", "refs/heads/work")
    git(server, "prune", "--expire=now")
    started = time.perf_counter()
    git(clone, "push", "-q", "origin", "work")
    return time.perf_counter() - started


def measured(server: Path, clone: Path, runs: int) -> tuple[list[float], list[float]]:
    """Seconds without and with the hook, in turn, after one of each that warms up."""
    times: tuple[list[float], list[float]] = ([], [])
    for run in range(runs + 1):
        for hooked in (False, True):
            action = "install" if hooked else "uninstall"
            hook = [sys.executable, "-m", "scanner.cli", "hook", action, "pre-receive", "--repo", str(server)]
            subprocess.run(hook, capture_output=True, check=True)
            seconds = pushed(server, clone)
            if run:
                times[hooked].append(seconds)
    return times


def main() -> int:
    """The exit code: 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path, help="a bare clone")
    parser.add_argument("--commits", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server, clone = prepare(given.repository, Path(folder), given.commits)
        count = git(server, "rev-list", "--all", "--count").strip()
        without, hooked = measured(server, clone, given.runs)
    before, after = statistics.median(without), statistics.median(hooked)
    limit = before * FACTOR + ADDED
    print(f"{given.commits} commits into {count}: {before:.2f} s without, {after:.2f} s with the hook")
    print(f"spread {min(without):.2f}-{max(without):.2f} s, {min(hooked):.2f}-{max(hooked):.2f} s")
    print(f"target {FACTOR} x + {ADDED} s = {limit:.2f} s: {'met' if after <= limit else 'MISSED'}")
    return int(after > limit)


if __name__ == "__main__":
    sys.exit(main())
