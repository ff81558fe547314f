"""leakscan in the pre-commit framework, by its real program and the hooks' own definitions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def framework(work: Path, run: Any) -> Path:
    """A repository that uses leakscan-system and leakscan-commit-msg-system, as a local copy of them."""
    definitions = (ROOT / ".pre-commit-hooks.yaml").read_text()
    hooks = [part for part in re.split(r"(?m)^(?=- id:)", definitions) if "language: system" in part]
    body = "".join("      " + line for hook in hooks for line in hook.splitlines(keepends=True))
    (work / ".pre-commit-config.yaml").write_text(f"repos:\n  - repo: local\n    hooks:\n{body}")
    run(work, "git", "add", "-A")
    run(work, "git", "commit", "-qm", "use pre-commit")
    return work


def test_a_commit_is_scanned_for_what_it_adds(framework: Path, run: Any, token: str) -> None:
    (framework / "old.txt").write_text(f"old {token}\n")
    run(framework, "git", "add", "-A")
    run(framework, "git", "commit", "-qm", "before there was a hook")
    run(framework, "pre-commit", "install")
    with (framework / "old.txt").open("a") as file:
        file.write("new line\n")
    run(framework, "git", "commit", "-qam", "an old secret is no new one")
    with (framework / "old.txt").open("a") as file:
        file.write("tok_" + "zzzz9999\n")
    done = run(framework, "git", "commit", "-qam", "a new one", code=1)
    assert "old.txt:3" in done.stdout
    assert "zzzz9999" not in done.stdout


def test_run_by_hand_scans_the_named_files_as_they_are(framework: Path, run: Any, token: str) -> None:
    (framework / "b.txt").write_text(f"x {token}\n")
    (framework / "c.txt").write_text("nothing\n")
    run(framework, "git", "add", "-A")
    assert "b.txt:1" in run(framework, "pre-commit", "run", code=1).stdout  # what is staged
    run(framework, "git", "commit", "-qm", "b")
    assert "b.txt:1" in run(framework, "pre-commit", "run", "--all-files", code=1).stdout
    assert "b.txt:1" in run(framework, "pre-commit", "run", "--files", "b.txt", "c.txt", code=1).stdout
    done = run(framework, "pre-commit", "run", "-v", "leakscan-system", "--files", "c.txt")
    assert "scanned 1 file, 8 bytes" in done.stdout


def test_refs_mean_the_commits_between_them(framework: Path, run: Any, token: str) -> None:
    (framework / "b.txt").write_text(f"x {token}\n")
    run(framework, "git", "add", "-A")
    run(framework, "git", "commit", "-qm", "in")
    (framework / "b.txt").write_text("x\n")
    run(framework, "git", "commit", "-qam", "and out again")
    refs = ("--from-ref", "HEAD~2", "--to-ref", "HEAD")
    assert "b.txt:1" in run(framework, "pre-commit", "run", *refs, code=1).stdout
    refs = ("--from-ref", "HEAD~1", "--to-ref", "HEAD")
    run(framework, "pre-commit", "run", *refs)


def test_a_push_through_the_framework(framework: Path, run: Any, token: str, tmp_path: Path) -> None:
    run(tmp_path, "git", "init", "-q", "--bare", "server.git")
    run(framework, "git", "remote", "add", "origin", tmp_path / "server.git")
    run(framework, "git", "push", "-q", "origin", "main")
    run(framework, "pre-commit", "install", "--hook-type", "pre-push")
    (framework / "b.txt").write_text(f"x {token}\n")
    run(framework, "git", "add", "-A")
    run(framework, "git", "commit", "-qm", "in")
    (framework / "b.txt").write_text("x\n")
    run(framework, "git", "commit", "-qam", "out")
    assert "b.txt:1" in run(framework, "git", "push", "origin", "main", code=1).stdout
    assert "b.txt:1" in run(framework, "git", "push", "origin", "HEAD:new", code=1).stdout
    run(framework, "git", "reset", "-q", "--hard", "HEAD~2")
    run(framework, "git", "commit", "-qm", "clean", "--allow-empty")
    run(framework, "git", "push", "origin", "main")


def test_a_message_through_the_framework(framework: Path, run: Any, token: str) -> None:
    run(framework, "pre-commit", "install", "--hook-type", "commit-msg")
    done = run(framework, "git", "commit", "--allow-empty", "-qm", f"use {token}", code=1)
    assert "COMMIT_EDITMSG:1" in done.stdout
    assert token not in done.stdout
    run(framework, "git", "commit", "--allow-empty", "-qm", "use the vault")


def test_in_ci_nothing_scanned_is_an_error(work: Path, run: Any) -> None:
    hook = ("leakscan", "hook", "run", "pre-commit")
    assert "scanned 0 bytes" in run(work, *hook).stdout
    assert "0 bytes scanned" in run(work, *hook, code=4, CI="1").stdout
    run(work, *hook, "--allow-empty", CI="1")
    run(work, *hook, "--", "a.txt", CI="1")


def test_try_repo_finds_the_hooks_in_a_checkout(
    work: Path, run: Any, token: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    hooks = (
        tmp_path / "hooks"
    )  # the definitions in a repository: ours may have changes that are not committed
    hooks.mkdir()
    (hooks / ".pre-commit-hooks.yaml").write_text((ROOT / ".pre-commit-hooks.yaml").read_text())
    run(hooks, "git", "init", "-q", "-b", "main")
    run(hooks, "git", "add", "-A")
    run(hooks, "git", "commit", "-qm", "hooks")
    (work / "b.txt").write_text(f"x {token}\n")
    run(work, "git", "add", "-A")
    done = run(work, "pre-commit", "try-repo", hooks, "leakscan-system", "--all-files", code=1)
    assert "b.txt:1" in done.stdout
    assert token not in done.stdout
