"""What each scanning command looks at, what it prints, and its exit code."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

TOKEN = "tok_" + "a1b2c3d4"
OTHER = "tok_" + "zzzz9999"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(folder: Path) -> Path:
    """A token in the first commit, removed in the second; another one staged, a third not."""
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text(f"x = {TOKEN}\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    (folder / "a.txt").write_text("x = env\n")
    git(folder, "commit", "-qam", "two")
    (folder / "b.txt").write_text(f"{OTHER}\n")
    git(folder, "add", "-A")
    (folder / "b.txt").write_text(f"{OTHER}\n{'tok_' + 'unstaged'}\n")
    return folder


def report(folder: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((folder.parent / "r.json").read_text())
    return loaded


ARGUMENTS = ("-c", "../c.toml", "-r", "../r.json")


@pytest.mark.parametrize(
    ("command", "secrets"),
    [
        (["history"], [TOKEN]),
        (["history", "--range", "HEAD~1..HEAD"], []),
        (["history", "--max-commits", "1"], []),
        (["history", "--branch", "main"], [TOKEN]),
        (["history", "--until", "2001-01-01"], []),
        (["staged"], [OTHER]),
        (["unstaged"], ["tok_" + "unstaged"]),
        (["git"], [TOKEN]),
        (["git", "--staged"], [OTHER]),
        (["git", "--pre-commit", "--staged"], [OTHER]),
        (["git", "--pre-commit"], ["tok_" + "unstaged"]),
        (["git", "--log-opts", "--max-count=1"], []),
        (["detect"], [TOKEN]),
        (["detect", "--no-git"], [OTHER, "tok_" + "unstaged"]),
        (["protect", "--staged"], [OTHER]),
        (["protect"], ["tok_" + "unstaged"]),
        (["dir"], [OTHER, "tok_" + "unstaged"]),
        (["directory", "a.txt"], []),
        (["file", "b.txt"], [OTHER, "tok_" + "unstaged"]),
    ],
    ids=" ".join,
)
def test_each_command_scans_its_part(
    run: Any, repository: Path, command: list[str], secrets: list[str]
) -> None:
    done = run(*command, *ARGUMENTS)
    assert sorted(f["Secret"] for f in report(repository)) == sorted(secrets)
    assert done.returncode == (1 if secrets else 0)


def test_stdin(run: Any, folder: Path) -> None:
    assert run("stdin", *ARGUMENTS, stdin=f"a {TOKEN}").returncode == 1
    assert report(folder)[0]["Fingerprint"] == ":tok:1"
    assert run("detect", "--pipe", *ARGUMENTS, stdin="nothing").returncode == 0


def test_people_see_no_secret_unless_they_ask(run: Any, repository: Path) -> None:
    done = run("history", "-c", "../c.toml")
    assert TOKEN not in done.stdout + done.stderr
    assert "REDACTED" in done.stdout and "a.txt:1" in done.stdout and "Throw it away." in done.stdout
    assert "\x1b" not in done.stdout
    assert TOKEN in run("history", "-c", "../c.toml", "--show-secrets").stdout
    assert TOKEN not in run("git", "-v", "-c", "../c.toml").stdout


def test_global_flags_may_stand_before_the_command(run: Any, repository: Path) -> None:
    done = run("--no-banner", "--redact", "-r", "../r.json", "git", "-c", "../c.toml", ".")
    assert done.returncode == 1
    assert report(repository)[0]["Secret"] == "REDACTED"


def test_bare_redact_takes_no_value(run: Any, repository: Path) -> None:
    run("git", "--redact", ".", *ARGUMENTS)
    assert report(repository)[0]["Secret"] == "REDACTED"
    run("git", "--redact=25", ".", *ARGUMENTS)
    assert report(repository)[0]["Secret"] == TOKEN[:9] + "..."


def test_several_reports_in_one_run(run: Any, repository: Path) -> None:
    up = repository.parent
    done = run("history", *ARGUMENTS, "-o", "csv=../r.csv", "-o", "sarif=../r.sarif", "-o", "jsonl=-")
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["finding", "summary"]
    assert next(csv.DictReader((up / "r.csv").read_text().splitlines()))["Secret"] == TOKEN
    assert json.loads((up / "r.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "tok"


def test_exit_codes_of_findings(run: Any, repository: Path) -> None:
    assert run("history", *ARGUMENTS, "--exit-code", "7").returncode == 7
    assert run("history", *ARGUMENTS, "--exit-code", "0").returncode == 0


def test_known_findings_are_hidden_and_counted(run: Any, repository: Path) -> None:
    run("history", "-c", "../c.toml", "-o", "jsonl=../base.jsonl", "--redact")
    baseline = repository.parent / "base.jsonl"
    assert TOKEN not in baseline.read_text()
    assert run("history", *ARGUMENTS, "-b", "../base.jsonl").returncode == 0
    run("history", *ARGUMENTS)
    (repository / ".gitleaksignore").write_text(report(repository)[0]["Fingerprint"] + "\n")
    done = run("history", "-c", "../c.toml")
    assert done.returncode == 0 and "ignore file" in done.stdout
    identity = json.loads(baseline.read_text().splitlines()[0])["Id"]
    (repository / ".gitleaksignore").unlink()
    (repository / ".leakscanignore").write_text(f"{identity}  # reason\nx:tok:9\n")
    done = run("history", "-c", "../c.toml", "--list-unused-ignores")
    assert done.returncode == 0 and "x:tok:9" in done.stdout


def test_marks_of_other_tools_count_when_asked(run: Any, folder: Path) -> None:
    (folder / "a.py").write_text(f"x = '{TOKEN}'  # trufflehog:ignore\ny = '{OTHER}'  # gitleaks:allow\n")
    assert run("dir", *ARGUMENTS).returncode == 1
    assert run("dir", *ARGUMENTS, "--allow-marks", "all").returncode == 0
    run("dir", *ARGUMENTS, "--ignore-gitleaks-allow")
    assert len(report(folder)) == 2


def test_config_look_up_order(run: Any, folder: Path) -> None:
    def rule(name: str) -> str:
        return f"[[rules]]\nid = '{name}'\nregex = '''tok_[a-z0-9]+'''\n"

    (folder / "a.txt").write_text(TOKEN)
    for name in ("flag", "path"):
        (folder.parent / f"{name}.toml").write_text(rule(name))
    path, text = {"GITLEAKS_CONFIG": "../path.toml"}, {"GITLEAKS_CONFIG_TOML": rule("text")}

    def found(*arguments: str, env: dict[str, str] | None = None) -> str:
        run("dir", "-r", "../r.json", *arguments, env=env)
        return "".join(f["RuleID"] for f in report(folder))

    assert found("-c", "../flag.toml", env=path) == "flag"
    assert found(env=path | text) == "path"
    assert found(env=text) == "text"
    assert found() == ""
    (folder / ".gitleaks.toml").write_text(rule("gitleaks-file"))
    assert found() == "gitleaks-file"
    (folder / ".leakscan.toml").write_text(rule("own-file"))
    assert found() == "own-file"


def test_flags_without_effect_say_so_once(run: Any, folder: Path) -> None:
    done = run("dir", "--diagnostics", "cpu", "-c", "../c.toml")
    assert done.returncode == 0
    assert done.stderr.count("--diagnostics has no effect") == 1


def test_what_git_ignores_is_scanned_unless_asked(leakscan: Any, folder: Path) -> None:
    def code(*arguments: str) -> int:
        return int(leakscan("dir", *arguments, "-c", folder.parent / "c.toml", cwd=folder).returncode)

    (folder / "build").mkdir()
    (folder / "build/out.txt").write_text(f"{TOKEN}\n")
    (folder / ".gitignore").write_text("build/\n")
    assert code("--respect-gitignore") == 1  # there is no repository
    git(folder, "init", "-q")
    assert code() == 1
    assert code("--respect-gitignore") == 0
    assert code("--respect-gitignore", "build") == 1
