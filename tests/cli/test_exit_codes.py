"""Exit codes, and the one line on stderr that goes with them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Leakscan = Callable[..., subprocess.CompletedProcess[bytes]]


def test_nothing_found(leakscan: Leakscan, config: Path) -> None:
    run = leakscan("stdin", "-c", config, stdin=b"nothing here\n")
    assert run.returncode == 0
    assert b"no leaks found" in run.stdout and b"no leaks found" in run.stderr


@pytest.mark.parametrize(("flags", "code"), [((), 1), (("--exit-code", "7"), 7), (("--exit-code=0",), 0)])
def test_findings(leakscan: Leakscan, config: Path, token: str, flags: tuple[str, ...], code: int) -> None:
    run = leakscan("stdin", "-c", config, *flags, stdin=token.encode())
    assert run.returncode == code
    assert b"leaks found: 1" in run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("dir", "--frobnicate"),
        ("dir", "--redact=many"),
        ("dir", "--exit-code", "999"),
        ("dir", "--no-color=maybe"),
        ("dir", "nowhere"),
        ("git", "a", "b"),
        ("git", "--platform", "svn"),
        ("dir", "-f", "nonsense", "-r", "x"),
        ("dir", "-r", "x.unknown"),
        ("dir", "-r", "no/folder.json"),
        ("dir", "-o", "json"),
        ("dir", "-o", "json=-", "-o", "csv=-"),
        ("dir", "-f", "template", "-r", "x"),
        ("dir", "--report-template", "t", "-r", "x.json"),
        ("dir", "-c", "missing.toml"),
        ("dir", "--enable-rule", "no-such-rule"),
        ("detect", "word"),
        ("rules", "show", "no-such-rule"),
        ("rules", "validate", "missing.toml"),
    ],
)
def test_what_is_impossible_is_2_and_says_why(leakscan: Leakscan, arguments: tuple[str, ...]) -> None:
    run = leakscan(*arguments)
    assert run.returncode == 2
    assert run.stderr.strip() and b"Traceback" not in run.stderr and b"internal error" not in run.stderr


@pytest.mark.parametrize(
    "text",
    [
        "[[rules]\n",
        "[[rules]]\nregex = 'x'\n",
        "[[rules]]\nid = 'a'\n",
        "[[rules]]\nid = 'a'\nregex = '('\n",
        "[[rules]]\nid = 'a'\nregex = '(?=x)'\n",
        "[[rules]]\nid = 'a'\nregex = 'x'\nsecretGroup = 3\n",
        "[[rules]]\nid = 'a'\nregex = 'x'\n[[rules.allowlists]]\n",
        "[[rules]]\nid = 'a'\nregex = 'x'\n[[rules.required]]\nid = 'b'\n",
        "[extend]\nuseDefault = true\npath = 'x'\n",
        "minVersion = 'x.y'\n",
    ],
)
def test_a_bad_config_is_2_and_one_line_with_its_name(leakscan: Leakscan, tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    run = leakscan("stdin", "-c", file)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1 and b"bad.toml" in run.stderr


@pytest.mark.parametrize("command", ["history", "git", "staged", "unstaged"])
def test_no_repository_is_2(leakscan: Leakscan, tmp_path: Path, command: str) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    run = leakscan(command, folder)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1 and b"not a Git repository" in run.stderr


@pytest.mark.parametrize("command", ["history", "git", "staged", "unstaged"])
def test_an_empty_repository_is_clean(
    leakscan: Leakscan, make_repo: Callable[..., Any], command: str
) -> None:
    assert leakscan(command, make_repo().path).returncode == 0


def test_a_wrong_selection_is_2_and_leaves_the_report_alone(
    leakscan: Leakscan, make_repo: Callable[..., Any], tmp_path: Path
) -> None:
    repo, report = make_repo(), tmp_path / "r.json"
    repo.commit({"a": "x\n"})
    report.write_text("kept")
    run = leakscan("history", repo.path, "--branch", "nowhere", "-r", report)
    assert run.returncode == 2 and b"nowhere" in run.stderr
    assert report.read_text() == "kept"


def _without_blob(repo: Any, content: bytes) -> None:
    name = repo.blob(content)
    loose: Path = repo.path / ".git" / "objects" / name[:2] / name[2:]
    loose.unlink()


def test_a_missing_object_is_4_unless_it_is_allowed(
    leakscan: Leakscan, make_repo: Callable[..., Any], config: Path, tmp_path: Path
) -> None:
    repo, report = make_repo(), tmp_path / "r.jsonl"
    repo.commit({"a": "lost\n", "b": "there\n"})
    _without_blob(repo, b"lost\n")
    run = leakscan("history", repo.path, "-c", config, "-r", report)
    assert run.returncode == 4
    assert b"INCOMPLETE" in run.stdout and b"incomplete" in run.stderr
    records = [json.loads(line) for line in report.read_text().splitlines()]
    assert records[-1]["incomplete"] and records[0]["reason"] == "missing_object"
    assert leakscan("history", repo.path, "-c", config, "--allow-incomplete").returncode == 0


def test_findings_count_more_than_what_is_missing(
    leakscan: Leakscan, make_repo: Callable[..., Any], config: Path, token: str
) -> None:
    repo = make_repo()
    repo.commit({"a": "lost\n", "b": f"{token}\n"})
    _without_blob(repo, b"lost\n")
    assert leakscan("history", repo.path, "-c", config).returncode == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_4_and_the_rest_is_scanned(
    leakscan: Leakscan, tmp_path: Path, config: Path, token: str
) -> None:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a").write_text("secret")
    (folder / "a").chmod(0)
    assert leakscan("dir", folder, "-c", config).returncode == 4
    (folder / "b").write_text(token)
    assert leakscan("dir", folder, "-c", config).returncode == 1


def test_an_internal_error_is_3_without_what_it_says(leakscan: Leakscan, tmp_path: Path) -> None:
    broken = "def load(*a):\n    raise KeyError('tok' + '_hidden')\n"
    sitecustomize = tmp_path / "site" / "sitecustomize.py"
    sitecustomize.parent.mkdir()
    sitecustomize.write_text(f"import scanner.known.ignore as m\n{broken}m.load = load\n")
    run = leakscan("stdin", env={"PYTHONPATH": str(sitecustomize.parent)})
    assert run.returncode == 3
    assert b"internal error: KeyError at sitecustomize.py" in run.stderr
    assert b"tok_hidden" not in run.stderr and len(run.stderr.splitlines()) == 1
    told = leakscan("stdin", env={"PYTHONPATH": str(sitecustomize.parent), "LEAKSCAN_DEBUG": "1"})
    assert told.returncode == 3 and b"Traceback" in told.stderr
