"""Plain Git hooks: installed beside others, run by the real Git, taken away again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


def program(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def stage(work: Path, run: Any, text: str, name: str = "b.txt") -> None:
    (work / name).write_text(text)
    run(work, "git", "add", "-A")


def test_commits_and_messages_are_scanned(work: Path, run: Any, token: str) -> None:
    done = run(work, "leakscan", "hook", "install")
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "pre-commit",
        "commit-msg",
        "pre-push",
    ]
    stage(work, run, f"x {token}\n")
    done = run(work, "git", "commit", "-qm", "leak", code=1)
    assert "b.txt:1" in done.stdout
    assert token not in done.stdout
    stage(work, run, "x\n")
    assert "COMMIT_EDITMSG:3" in run(work, "git", "commit", "-qm", f"use\n\n{token}", code=1).stdout
    run(work, "git", "commit", "-qm", "fine")
    stage(work, run, f"y {token}\n")
    run(work, "git", "commit", "-qm", "not asked", "--no-verify")


def test_the_diff_below_a_verbose_commit_is_no_message(work: Path, run: Any, token: str) -> None:
    message = work / "message"
    message.write_text(f"use it\n\n# {'-' * 24} >8 {'-' * 24}\n# Do not modify\n+{token}\n")
    run(work, "leakscan", "hook", "run", "commit-msg", message)
    message.write_text(f"use {token}\n")
    assert "message:1" in run(work, "leakscan", "hook", "run", "commit-msg", message, code=1).stdout
    run(work, "leakscan", "hook", "run", "commit-msg", work / "none", code=2)


def test_a_push_is_scanned_for_what_the_remote_has_not(
    work: Path, run: Any, token: str, tmp_path: Path
) -> None:
    run(tmp_path, "git", "init", "-q", "--bare", "server.git")
    run(work, "git", "remote", "add", "origin", tmp_path / "server.git")
    stage(work, run, f"x {token}\n")
    run(work, "git", "commit", "-qm", "old")
    run(work, "git", "push", "-q", "origin", "main")
    run(work, "leakscan", "hook", "install", "pre-push")
    stage(work, run, f"x {token}\nclean\n")
    run(work, "git", "commit", "-qm", "new")
    run(work, "git", "push", "origin", "main")
    run(work, "git", "push", "origin", "HEAD:other")
    run(work, "git", "push", "origin", ":other")
    run(work, "git", "tag", "-am", f"with {token}", "v1")
    assert "TAG_EDITMSG" in run(work, "git", "push", "origin", "v1", code=1).stdout
    run(work, "git", "commit", "--allow-empty", "-qm", f"says {token}")
    assert "COMMIT_EDITMSG" in run(work, "git", "push", "origin", "main", code=1).stdout
    run(tmp_path, "git", "init", "-q", "--bare", "second.git")
    done = run(work, "git", "push", tmp_path / "second.git", "HEAD~1:refs/heads/main", code=1)
    assert "b.txt:1" in done.stdout  # the second has nothing of it


def test_a_hook_that_was_there_runs_first_and_comes_back(work: Path, run: Any, token: str) -> None:
    hook = work / ".git/hooks/pre-push"
    program(hook, 'echo "before $1: $(cat)"; test ! -e stop')
    run(work, "leakscan", "hook", "install", "pre-push")
    run(work, "leakscan", "hook", "install", "pre-push")  # again: nothing is lost
    head = run(work, "git", "rev-parse", "HEAD").stdout.strip()
    refs = f"refs/heads/main {head} refs/heads/main {'0' * 40}\n"
    done = run(work, hook, "origin", "url", stdin=refs)
    assert f"before origin: {refs.strip()}" in done.stdout
    assert "no leaks found" in done.stdout
    (work / "stop").touch()
    assert "no leaks found" not in run(work, hook, "origin", "url", stdin=refs, code=1).stdout
    assert "pre-push    leakscan, after" in run(work, "leakscan", "hook", "status").stdout
    run(work, "leakscan", "hook", "uninstall")
    assert "before" in hook.read_text()
    assert "another program's" in run(work, "leakscan", "hook", "status", code=1).stdout


def test_two_hooks_that_call_each_other_end(work: Path, run: Any) -> None:
    program(work / ".git/hooks/pre-commit", 'exec "$(dirname "$0")/pre-commit"')
    run(work, "leakscan", "hook", "install", "pre-commit")
    stage(work, run, "fine\n")
    run(work, "git", "commit", "-qm", "ends")


def test_hooks_path_and_work_trees(work: Path, run: Any, token: str, tmp_path: Path) -> None:
    run(work, "git", "worktree", "add", "-q", tmp_path / "tree", "-b", "side")
    run(work, "leakscan", "hook", "install", "pre-commit", "--repo", tmp_path / "tree")
    assert (work / ".git/hooks/pre-commit").exists()
    stage(tmp_path / "tree", run, f"x {token}\n")
    run(tmp_path / "tree", "git", "commit", "-qm", "leak", code=1)
    run(work, "git", "config", "core.hooksPath", "my hooks")
    run(work, "leakscan", "hook", "install", "pre-commit")
    assert (work / "my hooks/pre-commit").exists()
    stage(work, run, f"x {token}\n")
    run(work, "git", "commit", "-qm", "leak", code=1)
    run(work, "leakscan", "hook", "uninstall", "pre-commit")
    assert not (work / "my hooks/pre-commit").exists()


def test_all_repositories_of_a_user(work: Path, run: Any, token: str, tmp_path: Path) -> None:
    program(work / ".git/hooks/pre-commit", "echo own pre-commit")
    program(work / ".git/hooks/post-commit", "echo own post-commit")
    run(work, "leakscan", "hook", "install", "pre-commit", "--global")
    run(work, "leakscan", "hook", "install", "commit-msg", "--global")
    stage(work, run, f"x {token}\n")
    assert "b.txt:1" in run(work, "git", "commit", "-qm", "leak", code=1).stdout
    stage(work, run, "x\n")
    run(work, "git", "commit", "-qm", token, code=1)
    done = run(work, "git", "commit", "-qm", "fine")
    assert done.stdout.count("own pre-commit") == 1
    assert "own post-commit" in done.stdout
    run(work, "leakscan", "hook", "status", "--global")
    run(work, "leakscan", "hook", "uninstall", "commit-msg", "--global")
    run(work, "git", "commit", "--allow-empty", "-qm", token)
    run(work, "leakscan", "hook", "uninstall", "--global")
    assert run(work, "git", "config", "--global", "core.hooksPath", code=1).stdout == ""
    assert not list((tmp_path / "home/.config/leakscan/hooks").iterdir())
    run(work, "leakscan", "hook", "status", "--global", code=1)


def test_somebodys_own_folder_for_all_repositories(work: Path, run: Any, token: str, tmp_path: Path) -> None:
    program(tmp_path / "all/pre-commit", "echo everywhere")
    run(work, "git", "config", "--global", "core.hooksPath", tmp_path / "all")
    run(work, "leakscan", "hook", "install", "pre-commit", "--global")
    stage(work, run, f"x {token}\n")
    done = run(work, "git", "commit", "-qm", "leak", code=1)
    assert "everywhere" in done.stdout
    run(work, "leakscan", "hook", "uninstall", "--global")
    assert "everywhere" in (tmp_path / "all/pre-commit").read_text()


def test_hooks_that_others_write_are_left_to_them(work: Path, run: Any) -> None:
    program(work / ".git/hooks/pre-commit", "exec lefthook run pre-commit")
    done = run(work, "leakscan", "hook", "install", "pre-commit", code=2)
    assert "lefthook.yml" in done.stdout
    run(work, "git", "config", "core.hooksPath", ".husky/_")
    done = run(work, "leakscan", "hook", "install", "commit-msg", code=2)
    assert 'add to .husky/commit-msg the line: leakscan hook run commit-msg -- "$@"' in done.stdout


@pytest.mark.parametrize("arguments", [("install", "post-commit"), ("uninstall", "nothing")])
def test_unknown_hooks(work: Path, run: Any, arguments: tuple[str, str]) -> None:
    assert "no such hook" in run(work, "leakscan", "hook", *arguments, code=2).stdout


def test_what_cannot_be_written_is_said(work: Path, run: Any) -> None:
    run(work, "git", "config", "core.hooksPath", "a.txt")
    assert "cannot be written" in run(work, "leakscan", "hook", "install", code=2).stdout
    run(work, "git", "config", "core.hooksPath", os.devnull)
    run(work, "leakscan", "hook", "install", "pre-commit", code=2)


def test_a_third_hook_is_not_lost(work: Path, run: Any) -> None:
    run(work, "leakscan", "hook", "uninstall")
    program(work / ".git/hooks/pre-commit", "echo one")
    program(work / ".git/hooks/pre-commit.before-leakscan", "echo two")
    assert "is there already" in run(work, "leakscan", "hook", "install", "pre-commit", code=2).stdout
