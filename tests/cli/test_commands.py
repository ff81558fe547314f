"""The commands that do not scan, help, completion, and what the program imports."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scanner._version import __version__
from scanner.git import delta

COMMANDS = [
    "history",
    "dir",
    "stdin",
    "staged",
    "unstaged",
    "git",
    "ci",
    "explain",
    "version",
    "completion",
]
SEVERE = """
[[rules]]
id = "more"
description = "More."
regex = "more"
severity = "high"
"""
GITLEAKS = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS,
        *("baseline create", "baseline update", "baseline audit"),
        *("config show", "config init", "config check"),
        *("rules list", "rules validate", "rules test", "rules export"),
    ],
)
def test_every_command_has_help_with_examples(run: Any, command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    assert "Usage: " in done.stdout and "Examples:" in done.stdout and "$ " in done.stdout


def test_version(run: Any) -> None:
    built = "compiled" if delta.COMPILED else "uncompiled"
    assert run("--version").stdout == f"leakscan {__version__} ({built})\n"
    assert run("version").stdout.startswith(f"leakscan {__version__} ({built}, engine ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(run: Any, shell: str) -> None:
    assert "_LEAKSCAN_COMPLETE" in run("completion", shell).stdout


def test_config_init_show_check(run: Any, folder: Path) -> None:
    assert run("config", "init").returncode == 0
    assert (folder / ".leakscan.toml").is_file()
    assert run("config", "init").returncode == 2
    assert "no errors" in run("config", "check").stdout
    assert ".leakscan.toml" in run("config", "show").stdout


def test_rules_list_and_show(run: Any) -> None:
    assert run("rules", "list", "-c", "../c.toml").stdout == "tok  A token.\n"
    (row,) = json.loads(run("rules", "list", "--json", "-c", "../c.toml").stdout)
    assert row["id"] == "tok" and row["remediation"] == "Throw it away."
    assert "tok_[a-z0-9]{8}" in run("rules", "show", "tok", "-c", "../c.toml").stdout


def test_rules_list_has_a_column_for_severity_where_some_have_one(run: Any, folder: Path) -> None:
    (folder.parent / "d.toml").write_text("[extend]\npath = '../c.toml'\n" + SEVERE)
    assert run("rules", "list", "-c", "../d.toml").stdout == "more  high  More.\ntok         A token.\n"
    rows = json.loads(run("rules", "list", "--json", "-c", "../d.toml").stdout)
    assert [row["severity"] for row in rows] == ["high", ""]
    assert 'severity = "high"\n' in run("rules", "show", "more", "-c", "../d.toml").stdout


def test_rules_validate_is_config_check_unless_strict(run: Any, folder: Path) -> None:
    assert run("rules", "validate", "../c.toml").stdout == "../c.toml: 1 rules, no errors\n"
    assert run("config", "check", "../c.toml").stdout == "../c.toml: 1 rules, no errors\n"
    done = run("rules", "validate", "--strict", "../c.toml")
    assert done.returncode == 2
    assert done.stdout == "../c.toml: 1 rules, 4 errors\n"
    assert done.stderr.count("\n") == 4
    assert "../c.toml:2: rule tok: has no severity; set critical, high, medium or low\n" in done.stderr


def test_rules_test_runs_examples(run: Any, folder: Path) -> None:
    assert run("rules", "test", "-c", "../c.toml").returncode == 0
    wrong = (folder.parent / "c.toml").read_text().replace("tok_short", "tok_" + "a1b2c3d4e5")
    (folder.parent / "wrong.toml").write_text(wrong)
    done = run("rules", "test", "-c", "../wrong.toml")
    assert done.returncode == 1
    assert "negative example 1 is found" in done.stdout


@pytest.mark.skipif(GITLEAKS is None, reason="the real Gitleaks is not installed")
def test_the_exported_pack_loads_in_gitleaks(run: Any, folder: Path) -> None:
    (folder.parent / "export.toml").write_text(run("rules", "export", "--gitleaks").stdout)
    done = subprocess.run(
        [str(GITLEAKS), "dir", folder, "-c", folder.parent / "export.toml"], capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_help_imports_no_engine(environment: dict[str, str]) -> None:
    code = "import sys; from scanner.cli.app import program; print([m for m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    for heavy in ("hyperscan", "re2", "pygit2", "rich", "jinja2", "scanner.detect"):
        assert f"'{heavy}'" not in done.stdout


def test_a_terminal_gets_colours_and_no_color_is_honoured(folder: Path, environment: dict[str, str]) -> None:
    (folder / "a.txt").write_text("tok_" + "a1b2c3d4")

    def shown(**more: str) -> bytes:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "scanner.cli", "dir", "-c", "../c.toml"]
        subprocess.run(
            command, cwd=folder, env=environment | {"TERM": "xterm"} | more, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 4096):
                output += chunk
        except OSError:  # the terminal's end
            os.close(ours)
        return output

    assert b"\x1b[" in shown()
    assert b"\x1b[" not in shown(NO_COLOR="1")


def test_staged_imports_nothing_that_it_does_not_need(environment: dict[str, str], tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "r"], check=True, env=environment)
    (tmp_path / "r/a.txt").write_text("nothing here\n")
    subprocess.run(["git", "-C", tmp_path / "r", "add", "a.txt"], check=True, env=environment)
    command = [sys.executable, "-X", "importtime", "-m", "scanner.cli", "staged", tmp_path / "r"]
    for _ in range(2):  # the first one keeps the rules for the second
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "scanner.pipeline" in imported
    slow = {"pygit2", "rich", "hyperscan", "jinja2", "tomllib", "tomli", "zipfile", "zstandard", "regex"}
    slow |= {"multiprocessing", "textwrap", "hashlib", "tempfile", "traceback"}
    slow |= {"scanner.survey", "scanner.recall", "scanner.files", "scanner.git.history"}
    assert not imported & slow


def test_rules_are_compiled_ahead(leakscan: Any, config: Path, tmp_path: Path) -> None:
    done = leakscan("cache", "warm", "-c", config)
    assert done.returncode == 0, done.stderr
    assert b"files   0" not in done.stdout
    before = sorted((tmp_path / "cache/leakscan").iterdir())
    assert leakscan("cache", "warm", "-c", config).stdout == done.stdout
    assert sorted((tmp_path / "cache/leakscan").iterdir()) == before
