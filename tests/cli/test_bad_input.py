"""What is wrong gets one clear line and the right exit code, and the rest of the scan is done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

TOKEN = "tok_" + "a1b2c3d4"
ARGUMENTS = ("-c", "../c.toml", "-r", "../r.json")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    done = subprocess.run(
        ["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def committed(folder: Path, files: dict[str, str]) -> None:
    git(folder, "init", "-q")
    for name, text in files.items():
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "c")


def secrets(folder: Path) -> list[str]:
    return [f["Secret"] for f in json.loads((folder.parent / "r.json").read_text())]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dir", "--frobnicate"], "--frobnicate"),
        (["nonsense"], "nonsense"),
        (["dir", "-c", "missing.toml"], "missing.toml"),
        (["dir", "-c", "../broken.toml"], "broken.toml:2"),
        (["dir", "-c", "../regex.toml"], "rule q"),
        (["dir", "nowhere"], "nowhere"),
        (["history", "."], "not a Git repository"),
        (["git", "."], "not a Git repository"),
        (["history", "nowhere"], "nowhere"),
        (["git", "--platform", "svn"], "svn"),
        (["dir", "--enable-rule", "nope", "-c", "../c.toml"], "nope"),
        (["dir", "-f", "nope", "-r", "x"], "nope"),
        (["dir", "-r", "report.unknown"], "report.unknown"),
        (["dir", "-r", "no/such/folder/r.json"], "no/such/folder"),
        (["dir", "-f", "template", "-r", "x", "--report-template", "../go.tmpl"], "Go"),
        (["dir", "--engine", "grep"], "grep"),
        (["rules", "show", "nope"], "nope"),
        (["config", "check", "../regex.toml"], "rule q"),
    ],
    ids=" ".join,
)
def test_wrong_usage_or_config_is_exit_2(run: Any, folder: Path, arguments: list[str], said: str) -> None:
    (folder.parent / "broken.toml").write_text("title = 'x'\n[[rules]\n")
    (folder.parent / "regex.toml").write_text("[[rules]]\nid = 'q'\nregex = '''(a'''\n")
    (folder.parent / "go.tmpl").write_text("{{ range . }}{{ .RuleID }}{{ end }}")
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_repository_without_commits_is_clean(run: Any, folder: Path) -> None:
    git(folder, "init", "-q")
    assert run("history", *ARGUMENTS).returncode == 0
    assert secrets(folder) == []


def test_a_missing_blob_is_said_and_the_rest_is_scanned(run: Any, folder: Path) -> None:
    committed(folder, {"a.txt": "first\n", "b.txt": f"{TOKEN}\n"})
    blob = git(folder, "rev-parse", "HEAD:a.txt")
    object_file = folder / ".git" / "objects" / blob[:2] / blob[2:]
    object_file.unlink()
    done = run("history", *ARGUMENTS)
    assert done.returncode == 1 and secrets(folder) == [TOKEN]
    assert "missing" in done.stdout + done.stderr
    (folder / "b.txt").unlink()


def test_incomplete_without_findings_is_exit_4(run: Any, folder: Path) -> None:
    committed(folder, {"a.txt": "first\n", "b.txt": "second\n"})
    blob = git(folder, "rev-parse", "HEAD:a.txt")
    object_file = folder / ".git" / "objects" / blob[:2] / blob[2:]
    object_file.chmod(0o644)
    object_file.write_bytes(b"garbage")
    assert run("history", *ARGUMENTS).returncode == 4
    assert run("history", *ARGUMENTS, "--allow-incomplete").returncode == 0


def test_a_broken_pack_is_incomplete(run: Any, folder: Path) -> None:
    committed(folder, {"a.txt": "first\n", "b.txt": f"{TOKEN}\n"})
    git(folder, "gc", "-q")
    pack = next((folder / ".git" / "objects" / "pack").glob("*.pack"))
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:40])
    done = run("history", *ARGUMENTS)
    assert done.returncode in (2, 4)
    assert done.stderr.strip()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_an_unreadable_file_is_said(run: Any, folder: Path) -> None:
    (folder / "a.txt").write_text("x")
    (folder / "a.txt").chmod(0)
    assert run("dir", *ARGUMENTS).returncode == 4


def test_a_file_name_that_is_not_utf8(run: Any, folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text(TOKEN)
    assert run("dir", *ARGUMENTS).returncode == 1
    (finding,) = json.loads((folder.parent / "r.json").read_text())
    assert finding["File"] == "caf\ufffd.txt"


@pytest.mark.slow
def test_a_file_of_a_gigabyte(run: Any, folder: Path) -> None:
    with (folder / "big.txt").open("wb") as file:
        file.truncate(10**9)
        file.seek(0, os.SEEK_END)
        file.write(f"\n{TOKEN}\n".encode())
    (folder / "small.txt").write_text(TOKEN)
    assert run("dir", *ARGUMENTS).returncode == 1
    assert secrets(folder) == [TOKEN, TOKEN]


def test_closed_streams(folder: Path, environment: dict[str, str]) -> None:
    (folder / "a.txt").write_text(TOKEN)
    command = f'"{sys.executable}" -m scanner.cli'
    for line, code in (
        (f"{command} dir {' '.join(ARGUMENTS)} >&-", 1),
        (f"{command} stdin -c ../c.toml <&-", 0),
    ):
        done = subprocess.run(["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        assert done.returncode == code
    assert secrets(folder) == [TOKEN]


def test_a_reader_that_leaves_early(folder: Path, environment: dict[str, str]) -> None:
    (folder / "a.txt").write_text(f"{TOKEN}\n" * 50_000)
    line = f'"{sys.executable}" -m scanner.cli dir -c ../c.toml -f jsonl -r - | head -n 1'
    done = subprocess.run(["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)
    assert json.loads(done.stdout)["RuleID"] == "tok"
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_an_interrupted_scan_leaves_a_valid_report(folder: Path, environment: dict[str, str]) -> None:
    for number in range(3000):
        (folder / f"{number:05}.txt").write_text(f"{TOKEN}\n" * 200)
    process = subprocess.Popen(
        [sys.executable, "-m", "scanner.cli", "dir", *ARGUMENTS],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    report = folder.parent / "r.json"
    end = time.monotonic() + 60
    while not (report.exists() and report.stat().st_size > 10_000) and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert 0 < len(secrets(folder)) < 600_000


def test_no_secret_in_errors(run: Any, folder: Path) -> None:
    (folder.parent / "leaky.toml").write_text(f"[[rules]]\nid = 'q'\nregex = '''a'''\n{TOKEN}\n")
    (folder / ".leakscanignore").write_text(f"{TOKEN}\n")
    for arguments in (["dir", "-c", "../leaky.toml"], ["dir", "-c", "../c.toml"]):
        assert TOKEN not in run(*arguments).stderr
