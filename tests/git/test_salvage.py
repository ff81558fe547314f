"""Histories that Git cannot read to the end: nothing that can be read is lost, and the rest is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scanner.git import Change, Selection
from scanner.git.history import history
from scanner.model import Reason, Skipped


def loose(repo, id: str) -> Path:
    return repo.path / ".git/objects" / id[:2] / id[2:]


def remove(repo, id: str) -> None:
    loose(repo, id).unlink()


def empty(repo, id: str) -> None:
    loose(repo, id).chmod(0o644)
    loose(repo, id).write_bytes(b"")


def garble(repo, id: str) -> None:
    loose(repo, id).chmod(0o644)
    loose(repo, id).write_bytes(b"garbage")


def read(repository, selection=None):
    items = list(history(repository, selection))
    changes = [item for item in items if isinstance(item, Change)]
    return changes, [item for item in items if isinstance(item, Skipped)]


@pytest.fixture
def repo(make_repo, tmp_path, tmp_path_factory):
    """Six commits: c0 adds a, d/x and d/e/y; then each of c1 to c4 changes one file; a merge on top."""
    template = tmp_path_factory.getbasetemp() / "salvage-template"
    if template.exists():
        shutil.copytree(template, tmp_path / "repo")
    repo = make_repo()
    if not template.exists():
        repo.commit({"a": "0\n", "d/x": "x0\n", "d/e/y": "y0\n"}, "c0")
        repo.commit({"a": "1\n"}, "c1")
        repo.commit({"d/x": "x2\n"}, "c2")
        repo.branch("side")
        repo.commit({"d/e/y": "y3\n"}, "c3")
        repo.checkout("main")
        repo.commit({"a": "4\n"}, "c4")
        repo.merge("side", files={"a": "5\n"})
        shutil.copytree(repo.path, template)
    repo.ids = repo.git("log", "--reverse", "--format=%H", "main").decode().split()
    return repo


ALL = {(0, b"a"), (0, b"d/x"), (0, b"d/e/y"), (1, b"a"), (2, b"d/x"), (3, b"d/e/y"), (4, b"a"), (5, b"a")}


def numbered(repo, changes) -> set[tuple[int, bytes]]:
    assert len({(c.commit, c.path) for c in changes}) == len(changes)  # nothing twice
    return {(repo.ids.index(c.commit), c.path) for c in changes}


def test_whole(repo, opened):
    changes, skipped = read(opened(repo))
    assert (numbered(repo, changes), skipped) == (ALL, [])


@pytest.mark.parametrize("spoil", [remove, empty, garble])
def test_blob(repo, opened, spoil):
    spoil(repo, repo.head("HEAD~2:a"))
    changes, skipped = read(opened(repo))
    assert (numbered(repo, changes), skipped) == (ALL, [])  # whoever reads the blob will tell


@pytest.mark.parametrize("spoil", [remove, empty, garble])
@pytest.mark.parametrize(
    ("tree", "lost"),
    [
        ("{0}^{{tree}}", {(0, b"a"), (0, b"d/x"), (0, b"d/e/y")}),
        ("{0}:d", {(0, b"d/x"), (0, b"d/e/y")}),
        ("{0}:d/e", {(0, b"d/e/y")}),
        ("{3}:d/e", {(3, b"d/e/y")}),
        ("{4}^{{tree}}", {(4, b"a")}),
        ("{5}^{{tree}}", {(5, b"a")}),
    ],
)
def test_tree(repo, opened, spoil, tree, lost):
    id = repo.head(tree.format(*repo.ids))
    spoil(repo, id)
    changes, skipped = read(opened(repo))
    assert numbered(repo, changes) >= ALL - lost
    assert {item.object for item in skipped} == {id}
    assert len(skipped) == 1
    assert skipped[0].reason.incomplete


@pytest.mark.parametrize("spoil", [remove, empty, garble])
@pytest.mark.parametrize(
    ("commit", "lost"),
    [
        (0, {(0, b"a"), (0, b"d/x"), (0, b"d/e/y")}),
        (1, {(0, b"a"), (0, b"d/x"), (0, b"d/e/y"), (1, b"a")}),
        (3, {(3, b"d/e/y")}),
        (4, {(4, b"a")}),
    ],
)
def test_commit(repo, opened, spoil, commit, lost):
    repo.git("tag", "-a", "-m", "annotated", "tagged", repo.ids[1])
    spoil(repo, repo.ids[commit])
    if commit == 3:
        repo.git("update-ref", "--no-deref", "-d", "refs/heads/side")
    changes, skipped = read(opened(repo))
    tagged = {(0, b"a"), (0, b"d/x"), (0, b"d/e/y"), (1, b"a")} if commit == 4 else set()
    assert numbered(repo, changes) >= (ALL - lost) | tagged
    assert {item.object for item in skipped} == {repo.ids[commit]}


def test_tip_is_missing(repo, opened):
    remove(repo, repo.ids[5])
    repo.git("symbolic-ref", "HEAD", "refs/heads/side")
    changes, skipped = read(opened(repo))
    assert numbered(repo, changes) == {(n, p) for n, p in ALL if n < 4}
    assert skipped == [Skipped(Reason.MISSING_OBJECT, object=repo.ids[5])]


def test_missing_tag_object(repo, opened):
    repo.git("tag", "-a", "-m", "annotated", "tagged")
    tag = repo.head("refs/tags/tagged")
    remove(repo, tag)
    changes, skipped = read(opened(repo))
    assert numbered(repo, changes) == ALL
    assert skipped == [Skipped(Reason.MISSING_OBJECT, object=tag)]


def test_ref_that_is_no_object_name(repo, opened):
    (repo.path / ".git/refs/heads/broken").write_text("garbage\n")
    changes, skipped = read(opened(repo))
    assert numbered(repo, changes) == ALL
    assert [item.reason for item in skipped] == [Reason.CORRUPT_OBJECT]
    assert "refs/heads/broken" in skipped[0].detail


def test_inexact_rename_of_a_missing_blob(make_repo, opened):
    repo = make_repo()
    repo.ids = [repo.commit({"a": "1\n" * 50, "z": "1\n"})]
    repo.git("mv", "a", "b")
    repo.ids.append(repo.commit({"b": "1\n" * 50 + "2\n", "z": "2\n"}))
    remove(repo, repo.head("HEAD^:a"))
    changes, skipped = read(opened(repo))
    assert numbered(repo, changes) == {(0, b"a"), (0, b"z"), (1, b"b"), (1, b"z")}
    assert [item.reason for item in skipped] == [Reason.CORRUPT_OBJECT]


def test_submodules_and_links_in_broken_commits(make_repo, opened):
    repo = make_repo()
    repo.write("d/x", "x\n")
    (repo.path / "link").symlink_to("d")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    repo.git("add", "link", "d")
    repo.git("commit", "-qm", "x", environment=repo.tick())
    tree = repo.head("HEAD:d")
    remove(repo, tree)
    changes, skipped = read(opened(repo))
    assert [(c.path, c.mode, c.olds) for c in changes] == [(b"link", 0o120000, ())]
    assert set(skipped) == {
        Skipped(Reason.SUBMODULE, path=b"sub", object="1" * 40),
        Skipped(Reason.MISSING_OBJECT, path=b"d", object=tree),
    }


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(branches=("side",)), {3}),
        (Selection(branches=("main",), max_commits=2), {5, 4}),
        (Selection(since="2024-01-01T08:05:00Z"), {4, 5}),
        (Selection(until="2024-01-01T08:05:00Z"), {3, 4}),
        (Selection(range="side..main"), {5, 4}),
        (Selection(log_opts="main"), {5}),
    ],
)
def test_limits_hold_in_a_broken_history(repo, opened, selection, expected):
    remove(repo, repo.ids[2])
    if selection.log_opts:
        repo.git("update-ref", "-d", "refs/heads/side")
    changes, skipped = read(opened(repo), selection)
    assert {n for n, _ in numbered(repo, changes)} >= expected
    assert {n for n, _ in numbered(repo, changes)} <= expected | {3, 4}
    assert selection.since or skipped


def test_truncated_pack(make_repo, opened):
    repo = make_repo()
    repo.ids = [repo.commit({"a": "a" * n + "\n", f"f{n}": f"{n}\n"}, f"c{n}") for n in range(1, 30)]
    repo.git("repack", "-q", "-a", "-d")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[: pack.stat().st_size * 2 // 3])
    changes, skipped = read(opened(repo))
    assert skipped
    assert all(item.reason.incomplete for item in skipped)
    numbered(repo, changes)


def test_a_commit_graph_leads_across_a_gap(repo, opened):
    repo.git("commit-graph", "write", "--reachable")
    remove(repo, repo.ids[1])
    changes, _ = read(opened(repo))
    assert numbered(repo, changes) == ALL  # it leads across the gap; reading the commit itself will tell


@pytest.mark.parametrize(
    "data",
    [b"tree nonsense\n\n", b"", b"tree " + b"1" * 40 + b"\n\nno committer"],
    ids=["tree", "empty", "who"],
)
def test_objects_that_are_no_commits(repo, opened, data):
    bad = repo.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", stdin=data).decode().strip()
    (repo.path / ".git/refs/heads/bad").write_text(bad + "\n")
    changes, skipped = read(opened(repo))
    assert numbered(repo, changes) >= ALL
    assert all(item.reason.incomplete for item in skipped)
    assert skipped


@pytest.mark.parametrize("data", [b"100644 a", b"100644 a\0short", b"x a\0" + b"1" * 20])
def test_objects_that_are_no_trees(repo, opened, data):
    tree = repo.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=data).decode().strip()
    commit = (
        repo.git("commit-tree", tree, "-p", "main", "-m", "bad", environment=repo.tick()).decode().strip()
    )
    repo.git("update-ref", "refs/heads/bad", commit)
    changes, skipped = read(opened(repo))
    assert numbered(repo, changes) >= ALL
    assert [item.object for item in skipped] == [tree]
