"""Ctrl-C and SIGTERM in the middle of a scan: valid reports, and the codes that shells expect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.cli.signals import Interrupts, Terminated

PROGRAM = (sys.executable, "-m", "scanner.cli")
_FRAGMENT = 33 << 20  # bytes: more than stdin is read before the first part of it is scanned


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_scan_leaves_valid_reports(
    environment: dict[str, str], config: Path, token: str, tmp_path: Path, number: int, code: int
) -> None:
    lines, report = tmp_path / "r.jsonl", tmp_path / "r.json"
    outputs = ["-o", f"jsonl={lines}", "-o", f"json={report}"]
    run = subprocess.Popen(
        [*PROGRAM, "stdin", "-c", str(config), *outputs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert run.stdin is not None
    run.stdin.write(f"{token}\n".encode() + b"x\n" * (_FRAGMENT // 2))
    run.stdin.flush()
    end = time.monotonic() + 60
    while not (lines.exists() and lines.read_text()):  # streamed, while stdin is still open
        assert run.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    run.send_signal(number)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == code
    assert b"Traceback" not in errors
    assert [finding["Secret"] for finding in json.loads(report.read_text())] == [token]
    assert json.loads(lines.read_text().splitlines()[-1])["type"] == "summary"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_scan_in_several_processes_ends_at_once(
    environment: dict[str, str], config: Path, token: str, tmp_path: Path, number: int, code: int
) -> None:
    tree, lines = tmp_path / "tree", tmp_path / "r.jsonl"
    tree.mkdir()
    (tree / "0").write_bytes(f"{token}\n".encode().ljust(2 << 20, b"x"))
    for name in range(1, 400):
        (tree / str(name)).write_bytes(f"{token}\n".encode() * 5_000)
    run = subprocess.Popen(
        [*PROGRAM, "dir", tree, "-c", str(config), "-o", f"jsonl={lines}", "--jobs", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not (lines.exists() and lines.read_text()):
        assert run.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)  # others have begun
    run.send_signal(number)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == code
    assert b"Traceback" not in errors
    assert json.loads(lines.read_text().splitlines()[-1])["type"] == "summary"
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


def test_a_signal_waits_while_a_report_is_written() -> None:
    interrupts = Interrupts()

    def items() -> Iterator[int]:
        yield from range(3)

    taken = []
    with pytest.raises(Terminated):
        for item in interrupts.between(items()):
            interrupts._handle(signal.SIGTERM, None)
            taken.append(item)
    assert taken == [0]


def test_a_second_signal_does_not_wait() -> None:
    interrupts = Interrupts()
    with pytest.raises(KeyboardInterrupt):
        for _ in interrupts.between([1, 2]):
            interrupts._handle(signal.SIGINT, None)
            interrupts._handle(signal.SIGINT, None)


def test_a_signal_while_looking_for_the_next_item_is_raised_at_once() -> None:
    interrupts = Interrupts()

    def items() -> Iterator[int]:
        interrupts._handle(signal.SIGINT, None)
        yield 1

    with pytest.raises(KeyboardInterrupt):
        list(interrupts.between(items()))
