from __future__ import annotations

import os

import pytest

from scanner.errors import RepositoryError
from scanner.git import Change, staged, unstaged, work_tree_content
from scanner.model import Reason, Skipped


def shown(repository, items) -> dict[bytes, tuple[bytes, tuple[bytes, ...]]]:
    """New content and old contents of each path."""
    found = {}
    for change in items:
        olds = tuple(repository.read_blob(id) for id in change.olds)
        old = olds[0] if olds else b""
        new = repository.read_blob(change.new) if change.new else work_tree_content(repository, change, old)
        found[change.path] = (new, olds)
    return found


def test_staged_before_the_first_commit(make_repo, opened):
    repo = make_repo()
    repo.write("a", "1\n")
    repo.git("add", "a")
    repository = opened(repo)
    assert shown(repository, staged(repository)) == {b"a": (b"1\n", ())}
    assert list(unstaged(repository)) == []


def test_staged_changes(make_repo, opened):
    repo = make_repo()
    repo.commit({"edit": "1\n", "move": "m\n" * 30, "gone": "g\n", "same": "s\n"})
    repo.git("mv", "move", b"mo\xffved")
    repo.write(b"mo\xffved", "m\n" * 30 + "n\n")
    repo.git("rm", "-q", "gone")
    repo.write("edit", "2\n")
    repo.write("new", "n\n")
    repo.git("add", "-A")
    repo.write("edit", "work tree only\n")
    repo.write("later", "l\n")
    repo.git("add", "-N", "later")
    repository = opened(repo)
    assert shown(repository, staged(repository)) == {
        b"edit": (b"2\n", (b"1\n",)),
        b"mo\xffved": (b"m\n" * 30 + b"n\n", (b"m\n" * 30,)),
        b"new": (b"n\n", ()),
    }
    assert shown(repository, unstaged(repository)) == {
        b"edit": (b"work tree only\n", (b"2\n",)),
        b"later": (b"l\n", ()),
    }


def test_only_below_the_folder(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n", "sub/b": "1\n", "sub/c": "1\n"})
    repo.write("a", "2\n")
    repo.write("sub/b", "2\n")
    repo.git("add", "-A")
    repo.write("a", "3\n")
    repo.write("sub/c", "3\n")
    repository = opened(repo, repo.path / "sub")
    assert [c.path for c in staged(repository)] == [b"sub/b"]
    assert shown(repository, unstaged(repository)) == {b"sub/c": (b"3\n", (b"1\n",))}


def test_index_of_a_partial_commit(make_repo, opened):
    """In a hook of ``git commit -- PATH`` the index is another file, named relative to the work tree."""
    repo = make_repo()
    repo.commit({"a": "1\n", "b": "1\n", "sub/c": "1\n"})
    repo.write("a", "2\n")
    repo.write("b", "2\n")
    repo.git("add", "b")
    hook = repo.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ncp "$GIT_INDEX_FILE" .git/seen\necho "$GIT_INDEX_FILE" > .git/name\n')
    hook.chmod(0o755)
    repo.git("commit", "-qm", "x", "--", "a")
    name = (repo.path / ".git/name").read_text().strip()
    assert name != ".git/index"
    repo.git("reset", "-q", "--soft", "HEAD^")
    for place in (repo.path, repo.path / "sub"):
        repository = opened(repo, place, GIT_INDEX_FILE=".git/seen")
        expected = {b"a": (b"2\n", (b"1\n",))} if place == repo.path else {}
        assert shown(repository, staged(repository)) == expected
    absolute = opened(repo, GIT_INDEX_FILE=str(repo.path / ".git/seen"))
    assert [c.path for c in staged(absolute)] == [b"a"]


def test_conflict(make_repo, opened):
    repo = make_repo()
    repo.commit({"both": "1\n", "theirs-gone": "1\n"})
    repo.branch("side")
    repo.commit({"both": "side\n"}, remove=["theirs-gone"])
    repo.checkout("main")
    repo.commit({"both": "main\n", "theirs-gone": "main\n"})
    repo.git("merge", "-q", "side", check=False)
    repo.write("theirs-gone", "main\nmore\n")
    repository = opened(repo)
    assert list(staged(repository)) == []
    found = shown(repository, unstaged(repository))
    assert found.keys() == {b"both", b"theirs-gone"}
    assert found[b"both"][0].startswith(b"<<<<<<<")
    assert found[b"both"][1] == (b"main\n", b"side\n")
    assert found[b"theirs-gone"] == (b"main\nmore\n", (b"main\n",))


def test_submodules_are_not_entered(make_repo, opened):
    inner, repo = make_repo("inner"), make_repo("repo")
    inner.commit({"x": "1\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    repository = opened(repo)
    items = list(staged(repository))
    assert Skipped(Reason.SUBMODULE, path=b"sub", object=inner.head()) in items
    repo.commit()
    repo.write("sub/x", "dirty\n")
    for key in ("core.fsmonitor", "core.sshCommand", "filter.x.clean", "diff.external"):
        repo.git("-C", "sub", "config", key, f"touch {repo.path}/ran; false")
    repo.write(".git/modules/sub/info/attributes", "* filter=x")
    assert list(unstaged(repository)) == []
    assert not (repo.path / "ran").exists()


def test_links_and_what_is_no_file(make_repo, opened):
    repo = make_repo()
    repo.commit({"to-link": "1\n", "to-pipe": "1\n", "other": "1\n", "gone": "1\n"})
    (repo.path / "to-link").unlink()
    (repo.path / "to-link").symlink_to("secret-target")
    (repo.path / "gone").unlink()
    repo.write("other", "2\n")
    repository = opened(repo)
    changes = {c.path: c for c in unstaged(repository)}
    assert set(changes) == {b"to-link", b"other"}
    assert changes[b"to-link"].olds == ()
    assert work_tree_content(repository, changes[b"to-link"], b"") == b"secret-target"
    (repo.path / "other").unlink()
    with pytest.raises(FileNotFoundError):
        work_tree_content(repository, changes[b"other"], b"")
    os.mkfifo(repo.path / "other")
    with pytest.raises(OSError, match="not a regular file"):
        work_tree_content(repository, changes[b"other"], b"")
    (repo.path / "other").unlink()
    (repo.path / "other").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic link"):
        work_tree_content(repository, changes[b"other"], b"")
    with pytest.raises(OSError, match="not below the work tree"):
        work_tree_content(repository, Change("", b"../outside", ""), b"")


@pytest.mark.parametrize(
    ("config", "attributes", "converted"),
    [
        ("core.autocrlf=true", "", True),
        ("core.autocrlf=input", "", True),
        ("core.autocrlf=false", "*.txt text", True),
        ("core.autocrlf=false", "sub/*.txt text eol=crlf", True),
        ("core.autocrlf=true", "*.txt -text", False),
        ("core.autocrlf=false", "", False),
    ],
)
def test_line_ends(make_repo, opened, config, attributes, converted):
    repo = make_repo()
    repo.commit({"sub/a.txt": "1\n2\n"})
    repo.git("config", *config.split("="))
    repo.write(".git/info/attributes", attributes)
    repo.write("sub/a.txt", "1\r\n2\r\n3\r\n")
    repository = opened(repo, repo.path / "sub")
    changes = [c for c in unstaged(repository) if c.path == b"sub/a.txt"]
    (change,) = changes
    content = work_tree_content(repository, change, repository.read_blob(change.olds[0]))
    assert content == (b"1\n2\n3\n" if converted else b"1\r\n2\r\n3\r\n")


def test_line_ends_alone_are_no_change(make_repo, opened):
    repo = make_repo()
    repo.commit({"a.txt": "1\n2\n"})
    repo.git("config", "core.autocrlf", "true")
    repo.write("a.txt", "1\r\n2\r\n")
    assert list(unstaged(opened(repo))) == []


def test_touched_is_no_change(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    index = (repo.path / ".git/index").read_bytes()
    os.utime(repo.path / "a", (1, 1))
    assert list(unstaged(opened(repo))) == []
    assert (repo.path / ".git/index").read_bytes() == index  # nothing is written


def test_missing_blob_of_a_rename(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n" * 50})
    blob = repo.head("HEAD:a")
    repo.git("mv", "a", "b")
    repo.write("b", "1\n" * 50 + "2\n")
    repo.git("add", "-A")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert [(c.path, c.olds) for c in staged(opened(repo))] == [(b"b", ())]


def test_bare_repository(make_repo, opened):
    repository = opened(make_repo("bare", "--bare"))
    for read in (staged, unstaged):
        with pytest.raises(RepositoryError, match="needs a work tree"):
            list(read(repository))


def test_broken_index(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    (repo.path / ".git/index").write_bytes(b"garbage")
    with pytest.raises(RepositoryError, match=r"git diff: (fatal|error): "):
        list(staged(opened(repo)))


def test_a_blob_that_cannot_be_read_leaves_the_change(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    blob = repo.head("HEAD:a")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    repo.write("a", "2\n")
    assert [(c.path, c.new, c.olds) for c in unstaged(opened(repo))] == [(b"a", "", (blob,))]


def test_a_change_of_mode_is_no_change(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    (repo.path / "a").chmod(0o755)
    assert list(unstaged(opened(repo))) == []
