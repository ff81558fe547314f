"""Push protection: the real ``git push`` into bare repositories with the hook installed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

CONFIG = """
[[rules]]
id = "tok"
description = "A token."
regex = '''tok_[a-z0-9]{8}'''
keywords = ["tok_"]
remediation = "Throw it away."
"""
Settings = Callable[..., None]


@pytest.fixture
def server(tmp_path: Path, run: Any) -> Path:
    """A bare repository with the hook, and a policy of one rule that allows bypasses."""
    folder = tmp_path / "server.git"
    run(tmp_path, "git", "init", "-q", "--bare", "-b", "main", folder)
    run(tmp_path, "leakscan", "hook", "install", "--repo", folder)
    (tmp_path / "rules.toml").write_text(CONFIG)
    (tmp_path / "push.toml").write_text(
        f'config = "{tmp_path}/rules.toml"\nbypass = true\nhelp = "Ask #security."\n'
    )
    run(folder, "git", "config", "leakscan.policy", tmp_path / "push.toml")
    run(folder, "git", "config", "receive.advertisePushOptions", "true")
    return folder


@pytest.fixture
def clone(tmp_path: Path, server: Path, run: Any) -> Path:
    """A clone whose first commit is on the server."""
    folder = tmp_path / "clone"
    run(tmp_path, "git", "clone", "-q", server, folder)
    run(folder, "git", "checkout", "-q", "-B", "main")
    commit(folder, run, {"a.txt": "one\n"})
    run(folder, "git", "push", "-q", "origin", "main")
    return folder


def commit(folder: Path, run: Any, files: dict[str, str], message: str = "change") -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-q", "--allow-empty", "-m", message)
    return head(folder, run)


def head(folder: Path, run: Any, name: str = "HEAD") -> str:
    return str(run(folder, "git", "rev-parse", name).stdout.strip())


def audit(server: Path) -> list[dict[str, Any]]:
    file = server / "leakscan/audit.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_clean_push_passes_and_says_what_was_scanned(clone: Path, server: Path, run: Any) -> None:
    commit(clone, run, {"b.txt": "two\n"})
    done = run(clone, "git", "push", "origin", "main")
    assert "no secrets in 1 commit" in done.stdout
    assert head(server, run, "main") == head(clone, run)
    assert audit(server) == []


def test_a_secret_is_blocked_even_if_a_later_commit_removes_it(
    clone: Path, server: Path, run: Any, token: str
) -> None:
    before = head(server, run, "main")
    leak = commit(clone, run, {"b.txt": f"x\ny {token}\n"})
    commit(clone, run, {"b.txt": "x\n"})
    done = run(clone, "git", "push", "origin", "main", code=1, GL_USERNAME="ada", GL_PROJECT_PATH="team/app")
    told = done.stdout.replace(" \n", "\n")
    for part in (
        leak[:12],
        "file    b.txt",
        "line    2",
        "tok: A token.",
        "Throw it away.",
        "Ask #security.",
    ):
        assert part in told
    assert "-o leakscan.bypass=" in told
    assert token not in told
    assert head(server, run, "main") == before
    (entry,) = audit(server)
    assert (entry["event"], entry["user"], entry["repository"]) == ("blocked", "ada", "team/app")
    assert entry["findings"][0] | {"id": ""} == {
        "rule": "tok", "severity": "", "commit": leak, "path": "b.txt", "line": 2, "id": ""
    }  # fmt: skip
    assert token not in json.dumps(entry)


def test_a_bypass_needs_a_reason_and_is_logged(clone: Path, server: Path, run: Any, token: str) -> None:
    commit(clone, run, {"b.txt": f"{token}\n"})
    done = run(clone, "git", "push", "-o", "leakscan.bypass", "origin", "main", code=1)
    assert "needs a reason" in done.stdout
    other = "tok_" + "zzzz9999"
    reason = f"false positive: {token} is made up, as is {other}"
    done = run(clone, "git", "push", "-o", f"leakscan.bypass={reason}", "origin", "main")
    assert "this is logged" in done.stdout
    assert [entry["event"] for entry in audit(server)] == ["blocked", "bypassed"]
    assert audit(server)[1]["reason"] == "false positive: REDACTED is made up, as is REDACTED"


def test_a_bypass_that_is_not_allowed_or_not_logged_does_not_count(
    clone: Path, server: Path, run: Any, token: str, tmp_path: Path
) -> None:
    commit(clone, run, {"b.txt": f"{token}\n"})
    push = ("git", "push", "-o", "leakscan.bypass=used in tests", "origin", "main")
    run(server, "git", "config", "leakscan.bypass", "false")
    assert "does not allow it" in run(clone, *push, code=1).stdout
    run(server, "git", "config", "leakscan.bypass", "true")
    run(server, "git", "config", "leakscan.auditLog", tmp_path / "push.toml/log")
    assert "cannot be written" in run(clone, *push, code=1).stdout


def test_nothing_that_is_pushed_decides(clone: Path, server: Path, run: Any, token: str) -> None:
    allowed = "[extend]\nuseDefault = true\ndisabledRules = ['tok']\n[[allowlists]]\nregexes = ['.*']\n"
    files = {".leakscan.toml": allowed, ".gitleaks.toml": allowed, ".leakscanignore": "b.txt:tok:1\n"}
    commit(clone, run, files | {"b.txt": f"{token} # leakscan:allow\n", ".gitattributes": "* -diff\n"})
    assert "b.txt" in run(clone, "git", "push", "origin", "main", code=1).stdout
    run(server, "git", "config", "leakscan.allowMarks", "true")
    run(clone, "git", "push", "origin", "main")


def test_a_replaced_object_hides_nothing(clone: Path, server: Path, run: Any, token: str) -> None:
    leak = commit(clone, run, {"b.txt": f"{token}\n"})
    run(clone, "git", "reset", "-q", "--hard", "HEAD~1")
    clean = commit(clone, run, {"b.txt": "clean\n"}, "other")
    run(clone, "git", "push", "origin", f"{clean}:refs/replace/{leak}")
    run(clone, "git", "push", "origin", f"{leak}:refs/heads/leak", code=1)


def test_new_forced_and_deleted_branches(clone: Path, server: Path, run: Any, token: str) -> None:
    run(clone, "git", "push", "origin", "main:copy")
    commit(clone, run, {"b.txt": f"{token}\n"})
    run(clone, "git", "push", "origin", "HEAD:new", code=1)
    run(clone, "git", "push", "--force", "origin", "HEAD:copy", code=1)
    run(clone, "git", "reset", "-q", "--hard", "HEAD~1")
    run(clone, "git", "commit", "-q", "--amend", "-m", "another")
    assert "no secrets in 1 commit" in run(clone, "git", "push", "--force", "origin", "main:copy").stdout
    assert "no secrets in 0 commits" in run(clone, "git", "push", "origin", "HEAD:third").stdout
    run(clone, "git", "push", "origin", ":copy", ":third")
    assert run(server, "git", "for-each-ref", "--format=%(refname)").stdout == "refs/heads/main\n"


def test_one_bad_ref_blocks_the_push(clone: Path, server: Path, run: Any, token: str) -> None:
    run(clone, "git", "branch", "good")
    commit(clone, run, {"b.txt": f"{token}\n"})
    run(clone, "git", "push", "origin", "good", "main", code=1)
    assert run(server, "git", "for-each-ref", "--format=%(refname)").stdout == "refs/heads/main\n"


def test_messages_tags_and_what_no_commit_has(clone: Path, server: Path, run: Any, token: str) -> None:
    commit(clone, run, {}, f"use\n\n{token}")
    assert "(the commit's message)" in run(clone, "git", "push", "origin", "HEAD:m", code=1).stdout
    run(clone, "git", "reset", "-q", "--hard", "HEAD~1")
    run(clone, "git", "tag", "-am", f"use {token}", "v1")
    run(clone, "git", "tag", "-am", "fine", "v2", "v1")  # a tag of that tag
    for name in ("v1", "v2"):
        assert "(the tag's message)" in run(clone, "git", "push", "origin", name, code=1).stdout
    (clone / "b.txt").write_text(f"{token}\n")
    blob = run(clone, "git", "hash-object", "-w", "b.txt").stdout.strip()
    run(clone, "git", "add", "b.txt")
    tree = run(clone, "git", "write-tree").stdout.strip()
    assert "refs/tags/blob" in run(clone, "git", "push", "origin", f"{blob}:refs/tags/blob", code=1).stdout
    assert "b.txt" in run(clone, "git", "push", "origin", f"{tree}:refs/tags/tree", code=1).stdout
    run(clone, "git", "tag", "-am", "fine", "v3", "main")
    run(clone, "git", "push", "origin", "v3")


def test_a_merge_commits_own_resolution(clone: Path, run: Any, token: str) -> None:
    run(clone, "git", "checkout", "-q", "-b", "side")
    commit(clone, run, {"s.txt": "s\n"})
    run(clone, "git", "checkout", "-q", "main")
    commit(clone, run, {"m.txt": "m\n"})
    run(clone, "git", "merge", "-q", "--no-commit", "side")
    (clone / "m.txt").write_text(f"m {token}\n")
    run(clone, "git", "commit", "-qam", "merge")
    assert "m.txt" in run(clone, "git", "push", "origin", "main", code=1).stdout


def test_the_update_hook_judges_ref_by_ref(clone: Path, server: Path, run: Any, token: str) -> None:
    run(server, "leakscan", "hook", "uninstall")
    run(server, "leakscan", "hook", "install", "update")
    run(clone, "git", "branch", "good")
    commit(clone, run, {"b.txt": f"{token}\n"})
    run(clone, "git", "push", "origin", "good", "main", code=1)
    refs = run(server, "git", "for-each-ref", "--format=%(refname)").stdout
    assert refs == "refs/heads/good\nrefs/heads/main\n"
    assert len(audit(server)) == 1


def test_a_repository_as_a_whole_and_an_old_hook(clone: Path, server: Path, run: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    run(tmp_path, "git", "init", "-q", "--bare", other)
    hook = other / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho before $(wc -l)\n")
    hook.chmod(0o755)
    run(other, "leakscan", "hook", "install", "pre-receive")
    run(clone, "git", "tag", "-am", "v", "v1")
    done = run(clone, "git", "push", "--mirror", other)
    assert "no secrets in 1 commit" in done.stdout
    assert f"before {len(run(other, 'git', 'for-each-ref').stdout.splitlines())}" in done.stdout


def fast_import(folder: Path, run: Any, stream: str) -> None:
    run(folder, "git", "fast-import", "--quiet", "--force", stdin=stream)


def thousand_commits(folder: Path, run: Any, secret_in: int, token: str) -> None:
    """A branch ``many`` of 1,000 commits on main, one of which has a secret that the next removes."""
    parts = []
    for number in range(1000):
        text = f"line {number}\n" + (f"{token}\n" if number == secret_in else "")
        start = f"from {head(folder, run)}\n" if number == 0 else ""
        parts.append(
            f"commit refs/heads/many\ncommitter Ada <ada@example.com> {1700000000 + number} +0000\n"
            f"data 1\nm\n{start}M 100644 inline f{number % 50}.txt\ndata {len(text)}\n{text}\n"
        )
    fast_import(folder, run, "".join(parts))


@pytest.mark.slow
def test_a_thousand_commits(clone: Path, server: Path, run: Any, token: str) -> None:
    thousand_commits(clone, run, 777, token)
    started = time.monotonic()
    done = run(clone, "git", "push", "origin", "many", code=1)
    assert "f27.txt" in done.stdout
    assert time.monotonic() - started < 20
    thousand_commits(clone, run, -1, token)
    assert "no secrets in 1,000 commits" in run(clone, "git", "push", "origin", "many").stdout


def fifty_megabytes(folder: Path, last: str) -> None:
    """Five files of 10 MB of words each."""
    made = random.Random(1)  # noqa: S311  (anything that Git does not compress away)
    words = [bytes(made.choices(b"abcdefghijklmnopqrstuvwxyz", k=9)).decode() for _ in range(5000)]
    for number in range(5):
        some = made.choices(words, k=1_000_000)
        text = "\n".join(" ".join(some[at : at + 12]) for at in range(0, len(some), 12))
        (folder / f"big{number}.txt").write_text(text + "\n" + (last if number == 4 else "") + "\n")


@pytest.mark.slow
def test_fifty_megabytes(clone: Path, server: Path, run: Any, token: str) -> None:
    fifty_megabytes(clone, token)
    commit(clone, run, {})
    assert "big4.txt" in run(clone, "git", "push", "origin", "main", code=1).stdout
    fifty_megabytes(clone, "nothing")
    run(clone, "git", "add", "-A")
    run(clone, "git", "commit", "-q", "--amend", "-m", "fine")
    assert "50.0 MB" in run(clone, "git", "push", "origin", "main").stdout


@pytest.mark.slow
@pytest.mark.parametrize("decision", ["block", "allow"])
def test_a_hook_that_takes_too_long(clone: Path, server: Path, run: Any, decision: str) -> None:
    fifty_megabytes(clone, "nothing")
    commit(clone, run, {})
    run(server, "git", "config", "leakscan.timeout", "0.3")
    run(server, "git", "config", "leakscan.onTimeout", decision)
    started = time.monotonic()
    done = run(clone, "git", "push", "origin", "main", code=1 if decision == "block" else 0)
    assert "it took longer than 0.3 s" in done.stdout
    assert time.monotonic() - started < 15
    (entry,) = audit(server)
    assert entry["event"] == ("blocked" if decision == "block" else "allowed")
    assert entry["seconds"] < 5
    if decision == "block":
        push = ("git", "push", "-o", "leakscan.bypass=first import", "origin", "main")
        assert "let through" in run(clone, *push).stdout


def test_a_hook_that_is_killed_lets_nothing_through(clone: Path, server: Path, run: Any) -> None:
    hook = server / "hooks/pre-receive"
    hook.write_text(hook.read_text().replace("exec leakscan", "kill -KILL $$; exec leakscan"))
    commit(clone, run, {"b.txt": "two\n"})
    run(clone, "git", "push", "origin", "main", code=1)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("bypass = ", "push.toml:1: not valid TOML"),
        ("bypas = true\n", "unknown key 'bypas'"),
        ('onError = "maybe"\n', 'onError must be "block" or "allow"'),
        ('onError = "allow"\nconfig = "rules.toml"\n', "config must be an absolute path"),
        ('onError = "allow"\ntimeout = true\n', "timeout must be a number of seconds"),
    ],
)
def test_a_broken_policy_lets_nothing_through(
    clone: Path, server: Path, run: Any, tmp_path: Path, policy: str, told: str
) -> None:
    (tmp_path / "push.toml").write_text(policy)
    commit(clone, run, {"b.txt": "two\n"})
    assert told in run(clone, "git", "push", "origin", "main", code=1).stdout.replace(" \n", "\n")


def test_a_policy_that_is_not_there_lets_nothing_through(clone: Path, server: Path, run: Any) -> None:
    run(server, "git", "config", "leakscan.policy", "/nonexistent/push.toml")
    commit(clone, run, {"b.txt": "two\n"})
    assert "no such file" in run(clone, "git", "push", "origin", "main", code=1).stdout.lower()


def test_an_error_closes_or_opens_as_configured(
    clone: Path, server: Path, run: Any, tmp_path: Path, token: str
) -> None:
    (tmp_path / "rules.toml").write_text("[[rules]]\nid = 'x'\nregex = '('\n")
    commit(clone, run, {"b.txt": f"{token}\n"})
    done = run(clone, "git", "push", "origin", "main", code=1)
    assert "could not be scanned" in done.stdout
    assert "rules.toml" in done.stdout
    run(server, "git", "config", "leakscan.onError", "allow")
    done = run(clone, "git", "push", "origin", "main")
    assert "is let through" in done.stdout
    assert [entry["event"] for entry in audit(server)] == ["blocked", "allowed"]


def test_two_pushes_at_once(clone: Path, server: Path, run: Any, token: str, tmp_path: Path) -> None:
    clones = []
    for number in range(6):
        folder = tmp_path / f"clone{number}"
        run(tmp_path, "git", "clone", "-q", server, folder)
        commit(folder, run, {"b.txt": f"{token if number % 2 else 'clean'} {number}\n"})
        clones.append(folder)

    def push(number: int) -> int:
        return int(run(clones[number], "git", "push", "origin", f"HEAD:b{number}", code=None).returncode)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(push, range(6))) == [0, 1] * 3
    refs = run(server, "git", "for-each-ref", "--format=%(refname:short)").stdout.split()
    assert refs == ["b0", "b2", "b4", "main"]
    assert sorted(entry["refs"][0]["ref"][-1] for entry in audit(server)) == ["1", "3", "5"]


def test_a_terminated_hook_lets_nothing_through(
    clone: Path, server: Path, environment: dict[str, str], run: Any
) -> None:
    """A server ends hooks that take too long for it."""
    command = ["leakscan", "hook", "run", "pre-receive"]
    with subprocess.Popen(command, cwd=server, env=environment, stdin=subprocess.PIPE) as process:
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) not in (0, None)
