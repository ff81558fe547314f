from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path

import pytest

from scanner.errors import RepositoryError
from scanner.git import CorruptObject, MissingObject, open_repository
from scanner.git.history import history
from scanner.model import Reason, Skipped


def loose(repo, id: str) -> Path:
    return repo.path / ".git/objects" / id[:2] / id[2:]


def overwrite(file: Path, data: bytes) -> None:
    file.chmod(0o644)
    file.write_bytes(data)


def test_reads_blobs_of_any_bytes(make_repo, opened):
    repo = make_repo()
    repository = opened(repo)
    for content in (b"", b"\n", b"\0\xff\n\n", b"x" * 3_000_000, b"no newline"):
        id = repo.blob(content)
        assert repository.read_blob(id) == content
        assert repository.blob_size(id) == len(content)


@pytest.mark.parametrize("format", ["sha1", "sha256"])
def test_object_formats(make_repo, opened, format):
    repo = make_repo(format, f"--object-format={format}")
    commit = repo.commit({"a": "1\n"}, "msg")
    repository = opened(repo)
    (change,) = history(repository)
    assert (change.commit, repository.read_blob(change.new)) == (commit, b"1\n")
    assert repository.commit(commit).message == "msg"


def test_storage_loose_packs_midx_alternates(make_repo, opened):
    origin = make_repo("origin")
    origin.commit({"a": "1\n"})
    origin.git("repack", "-q", "-d")
    origin.commit({"a": "2\n"})
    origin.git("repack", "-q", "-d")
    origin.git("multi-pack-index", "write")
    origin.git("pack-refs", "--all")
    origin.commit({"a": "3\n"})
    clone = make_repo("clone")
    (clone.path / ".git/objects/info/alternates").write_text(str(origin.path / ".git/objects") + "\n")
    clone.git("update-ref", "refs/heads/main", origin.head())
    repository = opened(clone)
    assert [repository.read_blob(c.new) for c in history(repository)] == [b"3\n", b"2\n", b"1\n"]


def test_every_way_into_a_repository(make_repo, opened, tmp_path):
    repo = make_repo()
    commit = repo.commit({"sub/a": "1\n"})
    repo.git("worktree", "add", "-q", tmp_path / "linked", "-b", "other")
    repo.git("clone", "-q", "--bare", repo.path, tmp_path / "bare.git")
    places = [repo.path, repo.path / "sub", repo.path / ".git", tmp_path / "linked", tmp_path / "bare.git"]
    for place in places:
        assert {c.commit for c in history(opened(repo, place))} == {commit}, place
    assert opened(repo, repo.path / "sub").work_tree == repo.path
    assert opened(repo, tmp_path / "linked").work_tree == tmp_path / "linked"


def test_submodule_is_its_own_repository(make_repo, opened):
    inner, outer = make_repo("inner"), make_repo("outer")
    commit = inner.commit({"a": "1\n"})
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "sub")
    outer.commit({})
    assert [c.commit for c in history(opened(outer, outer.path / "sub"))] == [commit]
    skipped = [item for item in history(opened(outer)) if isinstance(item, Skipped)]
    assert skipped == [Skipped(Reason.SUBMODULE, path=b"sub", object=commit)]


def test_environment_of_another_repository_is_ignored(make_repo, opened, tmp_path):
    repo, other = make_repo("repo"), make_repo("other")
    commit = repo.commit({"a": "1\n"})
    other.commit({"b": "2\n"})
    repository = opened(repo, GIT_DIR=str(other.path / ".git"), GIT_OBJECT_DIRECTORY=str(tmp_path))
    assert [c.commit for c in history(repository)] == [commit]


def test_no_repository(tmp_path):
    environment = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    with pytest.raises(RepositoryError, match=r"^.*: not a Git repository$"):
        open_repository(tmp_path, environment)
    with pytest.raises(RepositoryError, match="no such folder"):
        open_repository(tmp_path / "absent", environment)
    (tmp_path / "file").touch()
    with pytest.raises(RepositoryError, match="no such folder"):
        open_repository(tmp_path / "file", environment)


def test_minimal_environment_by_default(make_repo):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    with open_repository(repo.path) as repository:
        assert len(list(history(repository))) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make another user's repository")
def test_another_users_repository(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    os.chown(repo.path, 12345, 12345)
    os.chown(repo.path / ".git", 12345, 12345)
    with pytest.raises(RepositoryError, match=r"git config --global --add safe\.directory"):
        opened(repo)


def test_missing_and_corrupt_objects_do_not_poison_others(make_repo, opened):
    repo = make_repo()
    ids = {name: repo.blob(name.encode()) for name in ("good", "gone", "empty", "garbage", "cut")}
    large = repo.blob(os.urandom(100_000))
    loose(repo, ids["gone"]).unlink()
    overwrite(loose(repo, ids["empty"]), b"")
    overwrite(loose(repo, ids["garbage"]), b"not zlib")
    overwrite(loose(repo, large), loose(repo, large).read_bytes()[:50_000])
    repository = opened(repo)
    for _ in range(2):
        with pytest.raises(MissingObject) as missing:
            repository.read_blob(ids["gone"])
        for id in (ids["empty"], ids["garbage"], large):
            with pytest.raises((CorruptObject, MissingObject)):
                repository.read_blob(id)
        assert repository.read_blob(ids["good"]) == b"good"
    with pytest.raises(MissingObject):
        repository.blob_size(ids["gone"])
    assert repository.blob_size(ids["good"]) == 4
    assert missing.value.skipped(b"p") == Skipped(Reason.MISSING_OBJECT, path=b"p", object=ids["gone"])
    assert repository.problem(ids["good"]) is None
    assert isinstance(repository.problem(ids["gone"]), MissingObject)


def test_a_tree_is_no_blob(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    with pytest.raises(CorruptObject):
        opened(repo).read_blob(repo.head("HEAD^{tree}"))


def test_packed_garbage(make_repo, opened):
    repo = make_repo()
    ids = [repo.blob(os.urandom(20_000)) for _ in range(5)]
    repo.git("pack-objects", "-q", str(repo.path / ".git/objects/pack/pack"), stdin="\n".join(ids).encode())
    repo.git("prune-packed")
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    data = bytearray(pack.read_bytes())
    data[50_000:50_100] = b"\xff" * 100
    overwrite(pack, bytes(data))
    repository = opened(repo)
    read = 0
    for id in ids:
        with contextlib.suppress(CorruptObject, MissingObject):
            read += len(repository.read_blob(id)) == 20_000
    assert read == 4


def test_partial_clone_whose_remote_is_gone(make_repo, opened, tmp_path):
    origin = make_repo("origin")
    origin.commit({"a": "1\n" * 50, "b": "2\n"})
    origin.git("mv", "a", "c")
    origin.commit({"c": "1\n" * 50 + "3\n"})
    origin.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{origin.path}"
    origin.git("clone", "-q", "--no-checkout", "--filter=blob:none", url, tmp_path / "partial")
    origin.path.rename(tmp_path / "moved")
    origin.path = tmp_path / "moved"
    repository = opened(origin, tmp_path / "partial")
    changes = list(history(repository))
    assert [c.path for c in changes] == [b"c", b"a", b"b"]  # the inexact rename cannot be seen
    for change in changes:
        for _ in range(2):
            with pytest.raises(MissingObject):
                repository.read_blob(change.new)
    assert repository.read(changes[0].commit)[0] == "commit"


def test_shallow_clone(make_repo, opened, tmp_path):
    origin = make_repo("origin")
    origin.commit({"a": "1\n"})
    tip = origin.commit({"b": "2\n"})
    assert opened(origin).shallow_commits == frozenset()
    origin.git("clone", "-q", "--depth=1", f"file://{origin.path}", tmp_path / "shallow")
    repository = opened(origin, tmp_path / "shallow")
    assert repository.shallow_commits == {tip}
    assert [(c.commit, c.path) for c in history(repository)] == [(tip, b"a"), (tip, b"b")]


def test_remote_url(make_repo, opened):
    repo = make_repo()
    assert opened(repo).remote_url() == ""
    repo.git("remote", "add", "other", "git@example.com:a/b.git")
    repo.git("remote", "add", "origin", "https://example.com/o/r.git")
    assert opened(repo).remote_url() == "https://example.com/o/r.git"


def test_bare_repository_has_no_work_tree(make_repo, opened):
    with pytest.raises(RepositoryError, match="needs a work tree"):
        _ = opened(make_repo("bare", "--bare")).work_tree


@pytest.mark.parametrize("name", ["a\nb", "a\n\nb\n", " a ", "\u00fc"])
def test_folders_of_odd_names(make_repo, opened, name):
    made = make_repo(name)
    repository = opened(made)
    assert repository.work_tree == made.path.resolve()
    assert repository.git_dir == made.path.resolve() / ".git"


def test_a_reading_program_that_was_killed_is_started_anew(make_repo, opened):
    repo = make_repo()
    id, commit = repo.blob(b"1\n"), repo.commit({"a": "1\n"})
    repository = opened(repo)
    assert repository.read_blob(id) == b"1\n"
    assert repository.commit(commit).id == commit
    processes = [repository._objects._running["--batch"], repository._commits._dialogue._process]
    for process in processes:
        process._popen.kill()
        process._popen.wait()
    with pytest.raises(CorruptObject):
        repository.read_blob(id)
    assert repository.read_blob(id) == b"1\n"
    assert repository.commit(commit).id == commit


def test_a_size_that_no_memory_holds(make_repo, opened):
    repo = make_repo()
    id = "12" * 20
    file = loose(repo, id)
    file.parent.mkdir()
    file.write_bytes(zlib.compress(b"blob 9000000000000000000\0x"))
    repository = opened(repo)
    with pytest.raises(CorruptObject):
        repository.read_blob(id)
    assert repository.read_blob(repo.blob(b"1\n")) == b"1\n"
