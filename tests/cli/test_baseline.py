"""``leakscan baseline`` on real repositories, and the audit from a pipe."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.baseline import command
from scanner.known import entries

NAME = ".leakscan-baseline.jsonl"


@pytest.fixture
def repo(make_repo: Callable[..., Any], token: str) -> Any:
    repo = make_repo()
    repo.commit({"a.txt": f"key = {token}\n"})
    return repo


def test_create_hide_move_update(leakscan: Any, repo: Any, config: Path, token: str) -> None:
    def run(*arguments: str) -> Any:
        return leakscan(*arguments, "-c", str(config), cwd=repo.path)

    done = run("baseline", "create")
    assert done.returncode == 0 and b"1 entries added" in done.stderr
    assert token.encode() not in (repo.path / NAME).read_bytes()
    repo.commit({"a.txt": f"\n\n\nmoved = {token}\n"})
    assert run("history", "-b", NAME).returncode == 0
    assert run("baseline", "create").returncode == 2
    repo.commit({"b.txt": f"{token[:-1]}9\n"})
    assert run("history", "-b", NAME).returncode == 1
    done = run("baseline", "update")
    assert done.returncode == 0 and b"1 entries added, 0 removed, 1 kept" in done.stderr
    assert run("history", "-b", NAME).returncode == 0
    assert run("dir", "-b", NAME).returncode == 0  # files are the same findings
    (repo.path / "a.txt").unlink()
    assert b"0 entries added, 1 removed, 1 kept" in run("baseline", "update", "--dir").stderr


def test_of_a_report_of_gitleaks(leakscan: Any, repo: Any, config: Path, token: str) -> None:
    run = leakscan("git", "-c", config, "--redact", "-r", "old.json", cwd=repo.path)
    assert run.returncode == 1
    old = json.loads((repo.path / "old.json").read_text())
    assert "Id" not in old[0]
    repo.commit({"b.txt": f"{token[:-1]}9\n"})
    done = leakscan("baseline", "create", "-c", config, "--from", "old.json", cwd=repo.path)
    assert done.returncode == 0
    assert [entry.path for entry in entries.read(repo.path / NAME)] == ["a.txt"]
    assert leakscan("baseline", "update", "--from", "none", cwd=repo.path).returncode == 2


def audit(file: Path, answers: str, *options: str) -> str:
    done = CliRunner().invoke(command, ["audit", "--file", str(file), *options], input=answers)
    assert done.exit_code == 0 and done.exception is None, done.output
    return done.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "b.jsonl"
    entries.write(
        file, [entries.Entry(name, "tok", f"leakscan:v1:{name * 32}", f"{name} = REDACTED") for name in "abc"]
    )
    return file


def test_an_audit_labels_and_keeps_the_reason(file: Path) -> None:
    shown = audit(file, "t\nlive\nf\na test's\nl\n\n")
    assert "[1/3] tok" in shown and "a = REDACTED" in shown and "1 false, 1 later, 1 true" in shown
    labels = [(entry.label, entry.reason) for entry in entries.read(file)]
    assert labels == [("true", "live"), ("false", "a test's"), ("later", "")]
    assert "[1/1] tok" in audit(file, "q\n")
    assert "now     true  live" in audit(file, "s\n", "--all")


def test_an_audit_that_ends_early_keeps_what_was_said(file: Path) -> None:
    audit(file, "f\nno\nt\n")  # the input ends before the second reason
    assert [entry.label for entry in entries.read(file)] == ["false", "", ""]
    audit(file, "x\nq\n")  # asked again
    assert [entry.label for entry in entries.read(file)] == ["false", "", ""]


def test_what_an_audit_shows_cannot_move_the_cursor(file: Path) -> None:
    entries.write(file, [entries.Entry("\x1b[2Ja", "tok", "leakscan:v1:0", "\x1b[1m")])
    assert "\x1b" not in audit(file, "q\n")
