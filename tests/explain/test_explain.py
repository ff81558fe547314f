"""``leakscan explain`` on real repositories; its lines for git-filter-repo are run as they are."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.explain import command
from scanner.config import load_default
from scanner.explain.revocation import revocation
from scanner.identity import identify
from scanner.model import Rule

RULES = """
[[rules]]
id = "tok"
description = "A token."
regex = '''tok_[a-z0-9]{8}'''
keywords = ["tok_"]
severity = "high"
remediation = "Throw it away: https://example.com/tokens"

[[rules]]
id = "block"
regex = '''(?s)BEGIN .{1,50} END'''
"""
SECRET = "tok_" + "a1b2c3d4"
NAME = identify("tok", SECRET.encode(), b"d/a.txt")
FILTER_REPO = shutil.which("git-filter-repo", path=str(Path(sys.executable).parent)) or shutil.which(
    "git-filter-repo"
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "c.toml").write_text(RULES)
    return tmp_path / "c.toml"


@pytest.fixture
def explain(config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(name: str, repo: Any, *options: str) -> str:
        arguments = [name, str(repo.path), "-c", str(config), *options]
        done = CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False)
        assert SECRET not in done.output
        return done.output

    return run


def row(shown: str, label: str) -> str:
    found = re.search(rf"^   {label}\s+(.*)$", shown, re.M)
    return found[1] if found else ""


def commands(shown: str) -> list[str]:
    return re.findall(r"^     (.*)$", shown.partition("3. Purge")[2].partition("4. Tell")[0], re.M)


@pytest.fixture
def repo(make_repo: Callable[..., Any]) -> Any:
    """The secret enters, is moved, goes, and a tag and a branch keep it."""
    repo = make_repo()
    repo.commit({"b.txt": "nothing\n"})
    repo.git("tag", "v0")
    repo.commit({"d/a.txt": f"x = {SECRET}\n"})
    repo.git("tag", "v1")
    repo.git("branch", "old")
    repo.commit({"d/a.txt": f"\n\nx = {SECRET}\n"})
    repo.commit({"d/a.txt": "x = \n"})
    repo.branch("clean", "v0")
    repo.commit({"c.txt": "c\n"})
    repo.checkout("main")
    return repo


def test_it_says_who_can_see_it(explain: Any, repo: Any) -> None:
    shown = explain(NAME, repo)
    assert shown.startswith("tok (high): A token.")
    assert row(shown, "fix") == "Throw it away: https://example.com/tokens"
    added, last = repo.head("v1"), repo.head("main~1")
    assert row(shown, "added") == f"2024-01-01 in {added[:12]} by Dev One: d/a.txt:1"
    assert row(shown, "last seen") == f"2024-01-01 in {last[:12]} by Dev One"
    assert row(shown, "HEAD").startswith("no longer there")
    assert row(shown, "branches") == "main, old" and row(shown, "tags") == "v1"
    assert shown.index("1. Rotate") < shown.index("2. Who") < shown.index("3. Purge") < shown.index("4. Tell")


def test_it_is_seen_in_head_also_after_a_rename(explain: Any, repo: Any) -> None:
    repo.commit({"d/a.txt": f"x = {SECRET}\n"})
    repo.git("mv", "d/a.txt", "new name.txt")
    repo.commit()
    assert row(explain(NAME, repo), "HEAD") == "still there: new name.txt"


@pytest.mark.parametrize("name", ["d/a.txt:tok:1", "{commit}:d/a.txt:tok:1"])
def test_by_the_fingerprints_of_gitleaks(explain: Any, repo: Any, name: str) -> None:
    assert NAME in explain(name.format(commit=repo.head("v1")), repo)


def test_by_a_report(explain: Any, repo: Any, config: Path, tmp_path: Path) -> None:
    report = tmp_path / "r.jsonl"
    subprocess.run(
        [sys.executable, "-m", "scanner.cli", "history", "-c", config, "-r", report, "--redact"],
        cwd=repo.path,
        capture_output=True,
    )
    assert "2. Who can see it" in explain(NAME, repo, "--report", str(report))
    with pytest.raises(Exception, match="has no finding"):
        explain(NAME[:-1] + "x", repo, "--report", str(report))


def test_a_token_in_the_remotes_address_is_not_shown(explain: Any, repo: Any) -> None:
    repo.git("remote", "add", "origin", "https://ada:" + "hunter2@example.com/o/r.git")
    shown = explain(NAME, repo)
    assert "git clone --mirror https://example.com/o/r.git purge.git" in shown and "hunter2" not in shown


def test_what_is_not_there_is_an_error(explain: Any, repo: Any) -> None:
    with pytest.raises(Exception, match="no such finding"):
        explain("leakscan:v1:" + "0" * 32, repo)


@pytest.mark.skipif(FILTER_REPO is None, reason="git-filter-repo is not installed")
def test_the_lines_purge_it(explain: Any, repo: Any, make_repo: Any, tmp_path: Path) -> None:
    origin = make_repo("origin", "--bare")
    repo.git("remote", "add", "origin", str(origin.path))
    repo.git("push", "-q", "--mirror", "origin")
    shown = explain(NAME, repo)
    lines = commands(shown)
    assert lines[0] == "(umask 077; ${EDITOR:-vi} leaked.txt)" and lines[1].startswith("git clone --mirror ")
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nprintf '%s\\n' {SECRET} >$1\n")
    editor.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    path = f"{Path(str(FILTER_REPO)).parent}:{repo.environment['PATH']}"
    environment = repo.environment | {"EDITOR": str(editor), "PATH": path}
    subprocess.run(
        ["sh", "-ec", "\n".join(lines)], cwd=work, env=environment, check=True, capture_output=True
    )
    objects = origin.git("log", "--all", "-p").decode()
    assert SECRET not in objects and "***REMOVED***" in objects
    assert (work / "leaked.txt").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(FILTER_REPO is None, reason="git-filter-repo is not installed")
def test_a_secret_of_several_lines_goes_with_its_file(explain: Any, make_repo: Any, tmp_path: Path) -> None:
    origin, repo = make_repo("origin", "--bare"), make_repo()
    secret = "BEGIN key\nabcdef\n END"
    repo.commit({"it's a key": secret, "b.txt": "b\n"})
    repo.git("remote", "add", "origin", str(origin.path))
    repo.git("push", "-q", "--mirror", "origin")
    shown = explain(identify("block", secret.encode(), b"it's a key"), repo)
    assert row(shown, "HEAD") == "still there: it's a key"
    lines = commands(shown)
    path = f"{Path(str(FILTER_REPO)).parent}:{repo.environment['PATH']}"
    subprocess.run(
        ["sh", "-ec", "\n".join(lines)],
        cwd=tmp_path,
        env=repo.environment | {"PATH": path},
        check=True,
        capture_output=True,
    )
    assert origin.git("ls-tree", "-r", "--name-only", "main") == b"b.txt\n"


def test_how_a_token_is_revoked() -> None:
    rules = {rule.id: rule for rule in load_default().rules}
    call = revocation(rules["github-pat"])
    if call is None:
        pytest.skip("the pack has no revocation of it")
    assert call.url.startswith("https://") and "{secret}" in call.body
    assert revocation(Rule("mine", origin="my.toml")) is None
    assert revocation(Rule("mine", origin="built-in ../../x.toml")) is None


def test_what_comes_from_a_repository_cannot_move_the_cursor(explain: Any, make_repo: Any) -> None:
    repo = make_repo()
    repo.commit({"\x1b[2Jd.txt": f"x = {SECRET}\n"})
    shown = explain(identify("tok", SECRET.encode(), b"\x1b[2Jd.txt"), repo)
    assert "\x1b" not in shown and "\\x1b[2Jd.txt" in shown
