"""What goes to stdout, stderr and report files, and what happens when they are closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Leakscan = Callable[..., subprocess.CompletedProcess[bytes]]
PROGRAM = (sys.executable, "-m", "scanner.cli")


def test_people_see_no_secret_unless_they_ask(leakscan: Leakscan, config: Path, token: str) -> None:
    scan = ("stdin", "-c", config)
    for flags, shown in (
        ((), False),
        (("-v",), False),
        (("--show-secrets",), True),
        (("-v", "--show-secrets"), True),
    ):
        run = leakscan(*scan, *flags, stdin=token.encode())
        assert (token.encode() in run.stdout) is shown, flags
        assert token.encode() not in run.stderr
        assert b"\x1b" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("flags", "secret"), [((), None), (("--redact",), "REDACTED"), (("--redact=75",), "tok...")]
)
def test_report_files_redact_on_request(
    leakscan: Leakscan, config: Path, token: str, tmp_path: Path, flags: tuple[str, ...], secret: str | None
) -> None:
    report = tmp_path / "r.json"
    leakscan("stdin", "-c", config, "-r", report, *flags, stdin=token.encode())
    assert json.loads(report.read_text())[0]["Secret"] == (secret or token)


def test_a_report_on_stdout_stands_alone(leakscan: Leakscan, config: Path, token: str) -> None:
    run = leakscan("stdin", "-c", config, "-f", "json", "-r", "-", "-v", stdin=token.encode())
    assert [finding["RuleID"] for finding in json.loads(run.stdout)] == ["tok"]
    assert b"leaks found: 1" in run.stderr


def test_several_reports_in_one_run(leakscan: Leakscan, config: Path, token: str, tmp_path: Path) -> None:
    names = {"json": "a", "sarif": "b", "csv": "c", "junit": "d", "jsonl": "e"}
    outputs = [part for name, file in names.items() for part in ("-o", f"{name}={tmp_path / file}")]
    run = leakscan("stdin", "-c", config, *outputs, stdin=token.encode())
    assert run.returncode == 1
    assert all(token in (tmp_path / file).read_text() for file in names.values())


def test_a_report_in_the_scanned_folder_is_not_scanned(
    leakscan: Leakscan, config: Path, token: str, tmp_path: Path
) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a").write_text(token)
    for _ in range(2):
        leakscan("dir", ".", "-c", config, "-r", "r.json", "-o", "jsonl=r.jsonl", cwd=folder)
        assert [one["File"] for one in json.loads((folder / "r.json").read_text())] == ["a"]


def test_a_baseline_may_be_replaced_by_the_report(
    leakscan: Leakscan, config: Path, token: str, tmp_path: Path
) -> None:
    report = tmp_path / "r.json"
    scan = ("stdin", "-c", config, "-r", report)
    assert leakscan(*scan, stdin=token.encode()).returncode == 1
    assert leakscan(*scan, "-b", report, stdin=token.encode()).returncode == 0
    assert json.loads(report.read_text()) == []


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (("--diagnostics", "cpu"), b"--diagnostics"),
        (("--diagnostics-dir=x",), b"--diagnostics-dir"),
        (("-f", "json"), b"--report-format"),
        (("--no-banner", "--no-color", "-l", "debug"), b""),
    ],
)
def test_flags_without_effect_are_named_once(leakscan: Leakscan, flags: tuple[str, ...], name: bytes) -> None:
    run = leakscan("stdin", *flags)
    assert run.returncode == 0
    assert run.stderr.count(b"has no effect here") == bool(name) and name in run.stderr


def test_the_log_level(leakscan: Leakscan, config: Path, token: str) -> None:
    assert leakscan("stdin", "-c", config, "-l", "error", stdin=token.encode()).stderr == b""
    warned = leakscan("stdin", "-c", config, "-l", "warn", stdin=token.encode()).stderr
    assert warned == b"WRN leaks found: 1\n"
    assert b"unknown log level: loud" in leakscan("stdin", "-l", "loud").stderr


def test_unused_ignore_entries_on_request(leakscan: Leakscan, config: Path, tmp_path: Path) -> None:
    ignored = tmp_path / ".leakscanignore"
    ignored.write_text("gone.txt:tok:1  # long ago\n")
    scan = ("stdin", "-c", config, "-i", ignored)
    assert b"gone.txt" not in leakscan(*scan).stdout
    assert b"gone.txt:tok:1" in leakscan(*scan, "--list-unused-ignores").stdout


def test_other_tools_marks_on_request(leakscan: Leakscan, config: Path, token: str) -> None:
    for mark, own in ("gitleaks:allow", 0), ("leakscan:allow", 0), ("trufflehog:ignore", 1):
        text = f"{token} # {mark}".encode()
        assert leakscan("stdin", "-c", config, stdin=text).returncode == own
        assert leakscan("stdin", "-c", config, "--allow-marks", "all", stdin=text).returncode == 0
        assert leakscan("stdin", "-c", config, "--ignore-gitleaks-allow", stdin=text).returncode == 1


def test_keyed_identities(leakscan: Leakscan, config: Path, token: str) -> None:
    scan = ("stdin", "-c", config, "-f", "jsonl", "-r", "-")
    for key, kind in ("", "leakscan:v1:"), ("pepper", "leakscan:v1k:"):
        run = leakscan(*scan, stdin=token.encode(), env={"LEAKSCAN_FINGERPRINT_KEY": key})
        assert json.loads(run.stdout.splitlines()[0])["Id"].startswith(kind)


def _shell(line: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    command = f"set -o pipefail; {line}".replace("leakscan", " ".join(PROGRAM))
    return subprocess.run(
        ["bash", "-c", command], env=environment, cwd=folder, capture_output=True, timeout=60, check=False
    )


def test_closed_stdout_still_fills_the_reports(
    environment: dict[str, str], config: Path, token: str, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text(token)
    line = f"leakscan stdin -c {config} -o json=r.json < in >&-"
    run = _shell(line, environment, tmp_path)
    assert run.returncode == 1 and b"internal" not in run.stderr
    assert len(json.loads((tmp_path / "r.json").read_text())) == 1


def test_a_reader_that_leaves_ends_it_quietly(
    environment: dict[str, str], config: Path, token: str, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text(f"{token}\n" * 20_000)
    line = f"leakscan stdin -c {config} -f jsonl -r - -o json=r.json < in | head -n 1"
    run = _shell(line, environment, tmp_path)
    assert run.returncode == 141
    assert b"Traceback" not in run.stderr and b"Broken" not in run.stderr
    assert json.loads((tmp_path / "r.json").read_text())


def test_closed_stdin_is_empty(environment: dict[str, str], tmp_path: Path) -> None:
    assert _shell("leakscan stdin <&-", environment, tmp_path).returncode == 0


def test_closed_stderr_is_no_error(
    environment: dict[str, str], config: Path, token: str, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text(token)
    assert _shell(f"leakscan stdin -c {config} < in 2>&-", environment, tmp_path).returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_in_one_line(leakscan: Leakscan, config: Path, token: str) -> None:
    run = leakscan("stdin", "-c", config, "-f", "json", "-r", "/dev/full", stdin=token.encode())
    assert run.returncode == 2
    assert b"cannot be written" in run.stderr and b"Traceback" not in run.stderr


def test_file_names_that_are_not_utf8(leakscan: Leakscan, config: Path, token: str, tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / os.fsdecode(b"a\xff\x1b[31m")).write_text(token)
    run = leakscan("dir", ".", "-c", config, cwd=folder)
    assert run.returncode == 1 and b"\x1b" not in run.stdout


def test_staged_and_unstaged(
    leakscan: Leakscan, make_repo: Callable[..., Any], config: Path, token: str
) -> None:
    repo = make_repo()
    repo.commit({"a": "x\n"})
    repo.write("a", f"x\n{token}\n")
    assert leakscan("unstaged", repo.path, "-c", config).returncode == 1
    assert leakscan("git", "--pre-commit", repo.path, "-c", config).returncode == 1
    assert leakscan("staged", repo.path, "-c", config).returncode == 0
    repo.git("add", "a")
    assert leakscan("staged", repo.path, "-c", config).returncode == 1
    assert leakscan("protect", "--staged", "-s", repo.path, "-c", config).returncode == 1
    assert leakscan("git", repo.path, "-c", config).returncode == 0
    assert leakscan("detect", "--no-git", "-s", repo.path, "-c", config).returncode == 1
    assert b"--log-opts has no effect" in leakscan("git", "--staged", "--log-opts=-1", repo.path).stderr
