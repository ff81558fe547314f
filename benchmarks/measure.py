"""Measures commands: wall time, processor time, and the memory of all their processes together."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

TIMED = Path(__file__).with_name("timed.py")
INTERVAL = 0.01  # seconds between two looks at the memory
# A user's settings must not decide what is measured.
SCRUBBED = re.compile(r"(GIT|GITLEAKS|LEAKSCAN|BETTERLEAKS|KF|KINGFISHER|XDG|PYTHON)_|PYTHON|CI$|COLUMNS$")


class Failed(Exception):
    """A command that did not end as it should; the message is one line."""


@dataclass(frozen=True)
class Sample:
    """One run.

    Attributes:
        wall: seconds from start to end.
        cpu: seconds of processor time, user and system, of all processes.
    """

    wall: float
    cpu: float


@dataclass(frozen=True)
class Memory:
    """Peaks of a run in bytes: proportional set sizes of all processes together, and their anonymous part."""

    pss: int
    anonymous: int


@dataclass(frozen=True)
class Entrant:
    """A command that is measured beside others.

    Attributes:
        label: its name in the report.
        command: program and arguments, run in an empty folder.
        home: HOME and, in it, XDG_CACHE_HOME of its runs; made when needed.
        codes: exit codes of a run that went well.
        prepare: called before each run, untimed.
        findings: counts what the last run found; None where there is nothing to count.
    """

    label: str
    command: tuple[str, ...]
    home: Path
    codes: frozenset[int] = frozenset({0, 1})
    prepare: Callable[[], None] = lambda: None
    findings: Callable[[], int] | None = None

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    def environment(self) -> dict[str, str]:
        """What its runs see: the path and the locale, and nothing of the user's settings."""
        return clean_environment() | {"HOME": str(self.home), "XDG_CACHE_HOME": str(self.cache)}


@dataclass
class Outcome:
    """What all runs of an entrant gave; `error` says why there is less than asked for."""

    entrant: Entrant
    samples: list[Sample] = field(default_factory=list)
    memory: Memory | None = None
    findings: int | None = None
    error: str = ""


def clean_environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base` without settings of the programs measured, and with Git's own configuration switched off."""
    kept = {name: value for name, value in base.items() if not SCRUBBED.match(name)}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}


def compete(entrants: list[Entrant], runs: int, say: Callable[[str], None]) -> list[Outcome]:
    """Run each entrant `runs` times, taking turns, so that drift of the machine hits all alike.

    A first round, untimed, warms up and measures memory: looking at it disturbs what is looked at. An entrant
    that fails is left out from then on.
    """
    outcomes = [Outcome(entrant) for entrant in entrants]
    for turn in range(runs + 1 if entrants else 0):
        for outcome in outcomes:
            if outcome.error:
                continue
            try:
                _take_turn(outcome, turn)
            except (Failed, OSError, ValueError, KeyError) as error:
                outcome.error = _one_line(error)
                say(f"    {outcome.entrant.label}: {outcome.error}")
        say(f"    round {turn} of {runs}: {_progress(outcomes)}")
    return outcomes


def _take_turn(outcome: Outcome, turn: int) -> None:
    entrant = outcome.entrant
    entrant.home.mkdir(parents=True, exist_ok=True)
    entrant.prepare()
    sample, memory = run(entrant, watch=turn == 0)
    if turn:
        outcome.samples.append(sample)
    else:
        outcome.memory = memory
    if entrant.findings:
        outcome.findings = entrant.findings()


def _progress(outcomes: list[Outcome]) -> str:
    latest = (f"{o.entrant.label} {o.samples[-1].wall:.3f} s" for o in outcomes if o.samples and not o.error)
    return ", ".join(latest) or "warmed up"


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def run(entrant: Entrant, *, watch: bool = False) -> tuple[Sample, Memory | None]:
    """Run a command once; its memory where `watch` asks for it and the system tells.

    Raises:
        Failed: it ended with an exit code that is not among its `codes`.
    """
    with tempfile.TemporaryDirectory() as folder:
        result, errors, place = (Path(folder) / name for name in ("result.json", "stderr", "place"))
        place.mkdir()
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-S", "-E", str(TIMED), str(result), *entrant.command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=place,
                env=entrant.environment(),
            )
            memory = watch_memory(process) if watch else None
            process.wait()
        said = errors.read_text("utf-8", "replace").strip().splitlines()
        if not result.exists():
            raise Failed(f"{entrant.command[0]} did not run: {said[-1] if said else 'no message'}")
        taken = json.loads(result.read_bytes())
    if taken["code"] not in entrant.codes:
        raise Failed(f"exit code {taken['code']}: {said[-1] if said else 'no message'}")
    return Sample(taken["wall"], taken["cpu"]), memory


def watch_memory(process: subprocess.Popen[bytes]) -> Memory | None:
    """Peak memory of the descendants of `process` until it ends; None where /proc does not tell."""
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    pss = anonymous = 0
    while process.poll() is None:
        sizes = [_sizes(pid) for pid in _descendants(process.pid)]
        pss = max(pss, sum(size[0] for size in sizes))
        anonymous = max(anonymous, sum(size[1] for size in sizes))
        time.sleep(INTERVAL)
    return Memory(pss, anonymous)


def _descendants(root: int) -> list[int]:
    """Processes below `root`, without itself. Source of the fields: proc_pid_stat(5)."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_bytes()
            except OSError:  # it has just ended
                continue
            parent = int(stat.rpartition(b")")[2].split()[1])  # after the name, which may hold anything
            children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _sizes(pid: int) -> tuple[int, int]:
    """Proportional set size of a process and its anonymous part, in bytes. Source: proc_pid_smaps(5)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0, 0
    sizes = {name: int(kilobytes) for name, kilobytes in re.findall(r"(?m)^(\w+): +(\d+) kB", text)}
    return sizes.get("Pss", 0) << 10, sizes.get("Pss_Anon", 0) << 10
