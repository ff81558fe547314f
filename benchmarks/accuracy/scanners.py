"""The scanners that are scored: how each scans a folder, and the lines of it that it reports."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import clean_environment
from peers import Leakscan, command, find_peers

LIMIT = 3600  # seconds that a scanner may take
# Nothing of an earlier scan counts; a secret counts in each place where it is, not in one alone.
OPTIONS = {"leakscan": ("--no-cache",), "kingfisher": ("--no-dedup",)}


@dataclass(frozen=True)
class Found:
    """One finding, without its text.

    Attributes:
        path: relative to the folder scanned.
        first, last: lines, from 1.
        rule: the scanner's name of the rule.
    """

    path: str
    first: int
    last: int
    rule: str


@dataclass(frozen=True)
class Scanner:
    """A program and how it scans: `scan` takes a folder and a file for the report."""

    name: str
    version: str
    scan: Callable[[Path, Path], list[Found]]


def installed(folders: list[Path]) -> tuple[list[Scanner], list[str]]:
    """The scanners of this machine, ours first, and a line on each that is missing.

    Args:
        folders: folders of scripts of other virtual environments.
    """
    ours = Leakscan().program
    peers, missing = find_peers(folders)
    found = [_native(program.name, program.path, program.version) for program in (ours, *peers.values())]
    for name, package, make in (
        ("detect-secrets", "detect-secrets", _detect_secrets),
        ("CredSweeper", "credsweeper", _credsweeper),
    ):
        place = next((folder / package for folder in folders if (folder / package).is_file()), None)
        if place is None:
            missing.append(f"{name} is not installed (pip install {package}): not compared")
        else:
            found.append(Scanner(name, _version(place, package), make(place)))
    return found, missing


def _version(script: Path, package: str) -> str:
    libraries = [str(path) for path in script.parents[1].glob("lib/python*/site-packages")]
    for distribution in importlib.metadata.distributions(name=package, path=libraries):
        return distribution.version
    return "unknown"


def _run(arguments: list[str], folder: Path) -> bytes:
    """What a scanner prints; its exit code says only whether it found anything."""
    done = subprocess.run(
        arguments, cwd=folder, env=clean_environment(), capture_output=True, timeout=LIMIT, check=False
    )
    return done.stdout


def _native(name: str, program: Path, version: str) -> Scanner:
    def scan(folder: Path, report: Path) -> list[Found]:
        report.unlink(missing_ok=True)
        _run([str(program), *command(name, "dir", folder, report), *OPTIONS.get(name, ())], folder)
        return list(READERS[name](json.loads(report.read_bytes()), folder))

    return Scanner(name, version, scan)


def _detect_secrets(script: Path) -> Callable[[Path, Path], list[Found]]:
    def scan(folder: Path, report: Path) -> list[Found]:
        report.write_bytes(_run([str(script), "scan", "--all-files", "--no-verify", "."], folder))
        return list(_from_detect_secrets(json.loads(report.read_bytes()), folder))

    return scan


def _credsweeper(script: Path) -> Callable[[Path, Path], list[Found]]:
    def scan(folder: Path, report: Path) -> list[Found]:
        report.unlink(missing_ok=True)
        _run([str(script), "--path", str(folder), "--save-json", str(report), "--no-stdout"], folder)
        return list(_from_credsweeper(json.loads(report.read_bytes()), folder))

    return scan


def _from_gitleaks(report: Any, folder: Path) -> Iterator[Found]:
    for each in report:
        yield Found(_within(each["File"], folder), each["StartLine"], each["EndLine"], each["RuleID"])


def _from_betterleaks(report: Any, folder: Path) -> Iterator[Found]:
    for each in report["findings"] if isinstance(report, dict) else report:
        place = each["location"]
        first, last = int(place["start_line"]), int(place["end_line"])
        yield Found(_within(place["path"], folder), first, last, each["rule_id"])


def _from_kingfisher(report: Any, folder: Path) -> Iterator[Found]:
    for each in report["findings"] if isinstance(report, dict) else report:
        finding = each["finding"]
        yield Found(_within(finding["path"], folder), finding["line"], finding["line"], each["rule"]["id"])


def _from_detect_secrets(report: Any, folder: Path) -> Iterator[Found]:
    for path, found in report["results"].items():
        for each in found:
            yield Found(_within(path, folder), each["line_number"], each["line_number"], each["type"])


def _from_credsweeper(report: Any, folder: Path) -> Iterator[Found]:
    for each in report:
        for line in each["line_data_list"][:1]:
            number = line["line_num"]
            yield Found(_within(line["path"], folder), number, number, each["rule"])


READERS: dict[str, Callable[[Any, Path], Iterator[Found]]] = {
    "leakscan": _from_gitleaks,
    "gitleaks": _from_gitleaks,
    "betterleaks": _from_betterleaks,
    "kingfisher": _from_kingfisher,
}


def _within(path: str, folder: Path) -> str:
    """A reported path, relative to the folder scanned."""
    prefix = f"{folder}/"
    return path[len(prefix) :] if path.startswith(prefix) else path.removeprefix("./")
