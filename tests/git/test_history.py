from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.git import Change, Selection, added_text, is_binary, open_repository
from scanner.git.history import commit_count, history
from scanner.model import Reason, Skipped

ODD_NAMES = [
    *(
        b"a\nb",
        b"tab\there",
        b"quote\"d'",
        b"-dash",
        b"\xff\xfe",
        b" lead and trail ",
        b"c:d",
        b"back\\slash",
    ),
    *(b":100644 x", b"\n", b"d/" + b"x" * 200, "\u00fc\u4e2d".encode(), b"*", b"!bang", b"R100"),
]


def changes(repository, selection=None) -> list[Change]:
    return [item for item in history(repository, selection) if isinstance(item, Change)]


def lines_of_git(repo, *options: str) -> set[tuple[str, bytes, int, bytes]]:
    """(commit, path, line number, line) that ``git log -p -U0`` shows as added."""
    output = repo.git(
        *("-c", "core.quotePath=false", "log", "-p", "-U0", "--full-history", "--all", "--format=@%H"),
        *("--no-color", *options),
    )
    found, commit, path, number = set(), "", b"", 0
    for line in output.split(b"\n"):
        if line.startswith(b"@") and re.fullmatch(rb"@[0-9a-f]{40}", line):
            commit = line[1:].decode()
        elif line.startswith(b"+++ b/"):
            path = line[6:].removesuffix(b"\t")
        elif line.startswith(b"@@ "):
            number = int(re.match(rb"@@ -\S+ \+(\d+)", line)[1])
        elif line.startswith(b"+") and not line.startswith(b"+++ "):
            found.add((commit, path, number, line[1:]))
            number += 1
    return found


def lines_of_ours(repository) -> set[tuple[str, bytes, int, bytes]]:
    found = set()
    for change in changes(repository):
        if change.merge:
            continue
        new = repository.read_blob(change.new)
        old = repository.read_blob(change.olds[0]) if change.olds else b""
        if is_binary(new) or is_binary(old):
            continue
        for first, text in added_text(old, new):
            lines = text.removesuffix(b"\n").split(b"\n")
            found |= {(change.commit, change.path, first + n, line) for n, line in enumerate(lines)}
    return found


def test_empty_repository(make_repo, opened):
    repository = opened(make_repo())
    assert list(history(repository)) == []
    assert commit_count(repository) == 0
    assert list(history(repository, Selection(log_opts="--all"))) == []
    assert list(history(repository, Selection(log_opts="-n1"))) == []


def test_one_change_of_each_kind(make_repo, opened):
    repo = make_repo()
    repo.commit(
        {"edit": "1\n", "move": "m\n" * 30, "same": "s\n", "gone": "g\n", "mode": "x\n", "kind": "k\n"}
    )
    repo.git("mv", "move", "moved")
    repo.git("mv", "same", "same2")
    (repo.path / "mode").chmod(0o755)
    (repo.path / "kind").unlink()
    (repo.path / "kind").symlink_to("target")
    commit = repo.commit({"edit": "2\n", "moved": "m\n" * 30 + "n\n", "new": "n\n"}, remove=["gone"])
    repository = opened(repo)
    found = {c.path: c for c in changes(repository) if c.commit == commit}
    assert set(found) == {b"edit", b"moved", b"new", b"kind"}
    contents = {
        path: (repository.read_blob(c.new), tuple(map(repository.read_blob, c.olds)))
        for path, c in found.items()
    }
    assert contents == {
        b"edit": (b"2\n", (b"1\n",)),
        b"moved": (b"m\n" * 30 + b"n\n", (b"m\n" * 30,)),
        b"new": (b"n\n", ()),
        b"kind": (b"target", ()),
    }
    assert found[b"kind"].mode == 0o120000
    assert found[b"edit"].mode == 0o100644


def test_odd_file_names(make_repo, opened):
    repo = make_repo()
    for name in ODD_NAMES:
        repo.commit({name: b"x " + name + b"\n"})
    assert [c.path for c in changes(opened(repo))] == ODD_NAMES[::-1]


def test_all_refs_are_read(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    repo.branch("gone")
    tagged = repo.commit({"b": "2\n"})
    repo.git("tag", "-a", "-m", "t", "t")
    repo.checkout("main")
    repo.git("branch", "-D", "gone")
    repo.git("checkout", "-q", "--detach")
    detached = repo.commit({"c": "3\n"})
    repo.write("a", "stashed\n")
    repo.git("stash", "-q")
    commits = {c.commit for c in changes(opened(repo))}
    assert {tagged, detached, repo.head("stash@{0}")} <= commits | {repo.head("stash@{0}")}
    assert commit_count(opened(repo)) == 5


def test_merge_shows_only_what_differs_from_every_parent(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n2\n3\n", "b": "b\n"})
    repo.branch("side")
    repo.commit({"a": "1\n2\n3s\n", "side": "s\n"})
    repo.checkout("main")
    repo.commit({"a": "1m\n2\n3\n", "main": "m\n"})
    merge = repo.merge("side", files={"a": "1m\nnew\n3s\n", "evil": "e\n"})
    repository = opened(repo)
    found = {c.path: c for c in changes(repository) if c.commit == merge}
    assert set(found) == {b"a", b"evil"}
    assert all(c.merge for c in found.values())
    assert [repository.read_blob(id) for id in found[b"a"].olds] == [b"1m\n2\n3\n", b"1\n2\n3s\n"]
    assert found[b"evil"].olds == ()


def test_merge_of_a_rename_and_an_edit_is_compared_with_the_renamed_file(make_repo, opened):
    repo = make_repo()
    text = "".join(f"line {n}\n" for n in range(40))
    repo.commit({"old": text})
    repo.branch("side")
    repo.commit({"old": text + "side\n"})
    repo.checkout("main")
    repo.git("mv", "old", "new")
    repo.commit()
    taken_over = repo.merge("side")
    repository = opened(repo)
    assert [c for c in changes(repository) if c.commit == taken_over] == []
    repo.git("reset", "-q", "--hard", "HEAD^")
    merge = repo.merge("side", files={"new": text + "side\nmerge\n"})
    (change,) = [c for c in changes(repository) if c.commit == merge]
    assert sorted(map(repository.read_blob, change.olds)) == [text.encode(), (text + "side\n").encode()]


def test_octopus_merge(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    for name in ("x", "y"):
        repo.branch(name, "main")
        repo.commit({name: f"{name}\n"})
    repo.checkout("main")
    repo.commit({"z": "z\n"})
    merge = repo.merge("x", "y", files={"x": "both\n"})
    found = [c for c in changes(opened(repo)) if c.commit == merge]
    assert [(c.path, len(c.olds), c.merge) for c in found] == [(b"x", 1, True)]


def test_configuration_cannot_hide_changes(make_repo, opened):
    repo = make_repo()
    commit = repo.commit({"sub/a": "1\n"})
    repo.commit({"b": "1\n"})
    hiding = (
        *(
            "log.showRoot=false",
            "diff.relative=true",
            "log.follow=true",
            "color.ui=always",
            "log.date=relative",
        ),
        *("color.diff=always", "format.pretty=oneline", "diff.noprefix=true", "log.decorate=full"),
        *("diff.ignoreSubmodules=all", "diff.statGraphWidth=1"),
    )
    for setting in hiding:
        repo.git("config", *setting.split("="))
    assert [c.path for c in changes(opened(repo, repo.path / "sub"))] == [b"b", b"sub/a"]
    assert opened(repo).commit(commit).date == "2024-01-01T08:01:00Z"


def test_a_submodule_is_told_of_once(make_repo, opened):
    repo = make_repo()
    first, second = "1" * 40, "2" * 40
    for commit in (first, second):
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
        repo.git("commit", "-qm", "x", environment=repo.tick())
    assert list(history(opened(repo))) == [Skipped(Reason.SUBMODULE, path=b"sub", object=second)]


FILES = ["a", "b", "d/c", "e f"]
LINES = st.sampled_from(["one\n", "two\n", "three\n", "\n", "crlf\r\n", "  }\n", "x" * 300 + "\n"])
CONTENT = st.builds(
    lambda lines, tail: "".join(lines).encode() + tail,
    st.lists(LINES, max_size=25),
    st.sampled_from([b"", b"", b"end", b"\r", b"\0nul", b"\xff"]),
)
STEP = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(FILES), CONTENT),
    st.tuples(st.just("move"), st.sampled_from(FILES), st.sampled_from(FILES)),
    st.tuples(st.just("remove"), st.sampled_from(FILES), st.none()),
    st.tuples(st.just("branch"), st.sampled_from(["main", "side"]), st.none()),
    st.tuples(st.just("merge"), st.sampled_from(["main", "side"]), st.none()),
)


def build(repo, steps) -> None:
    repo.commit({"a": "one\ntwo\nthree\n"})
    repo.git("branch", "side")
    for kind, name, value in steps:
        file = repo.path / name
        if kind == "write":
            repo.commit({name: value})
        elif kind == "move" and file.exists() and name != value:
            (repo.path / value).parent.mkdir(exist_ok=True)
            file.rename(repo.path / value)
            repo.commit()
        elif kind == "remove" and file.exists():
            repo.commit(remove=[name])
        elif kind == "branch":
            repo.checkout(name)
        elif kind == "merge":
            repo.merge(name)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=2, max_size=10))
def test_added_lines_are_those_of_git_log(make_repo, steps):
    with tempfile.TemporaryDirectory() as folder:
        repo = make_repo(Path(folder) / "repo")
        build(repo, steps)
        with open_repository(repo.path, repo.environment) as repository:
            assert lines_of_ours(repository) == lines_of_git(repo, "--diff-filter=tuxdb")
            merges = {
                (c.commit, c.path, c.new, c.olds) for c in changes(repository) if c.merge and len(c.olds) > 1
            }
            assert {(c, p) for c, p, _, _ in merges} <= merged_by_git(repo)


def merged_by_git(repo) -> set[tuple[str, bytes]]:
    output = repo.git("log", "-c", "-z", "--name-only", "--merges", "--all", "--format=@%H")
    found, commit = set(), ""
    for token in output.split(b"\0"):
        if token.lstrip(b"\n").startswith(b"@"):
            commit = token.lstrip(b"\n")[1:].decode()
        elif token:
            found.add((commit, token.lstrip(b"\n")))
    return found


def test_git_of_the_machine_is_the_one_tested():
    version = subprocess.run(["git", "version"], capture_output=True, check=True).stdout
    numbers = re.search(rb"(\d+)\.(\d+)", version)
    assert (int(numbers[1]), int(numbers[2])) >= (2, 30), os.environ["PATH"]
