"""Packs of the real Git, in all its forms: each object's content as Git has it."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.git import packs
from scanner.git.packs import BLOB, Pack, PackError, loose_ids, object_folders, open_pack, pack_indexes

KINDS = {b"commit": packs.COMMIT, b"tree": packs.TREE, b"blob": packs.BLOB, b"tag": packs.TAG}
LIMIT = 1 << 24

pytestmark = pytest.mark.usefixtures("packs_in_form")


def history(repository: Any, seed: int, commits: int = 12) -> None:
    """A history of a few growing, shrinking and shuffled files, a link and a tag."""
    dice = random.Random(seed)  # noqa: S311
    lines = [f"line {i} of {dice.random()}\n".encode() for i in range(200)]
    files = {f"file{i}": dice.sample(lines, 60) for i in range(3)}
    stream = [b"blob\nmark :1\ndata 0\n\n"]
    for number in range(commits):
        message = b"committer D <d@example.com> 17040960%02d +0000\ndata 1\nm\n" % number
        stream.append(b"commit refs/heads/main\nmark :%d\n" % (number + 2) + message)
        for name, content in files.items():
            at = dice.randrange(len(content))
            change = dice.choice(["insert", "cut", "shuffle", "keep"])
            if change == "insert":
                content[at:at] = dice.sample(lines, 5)
            elif change == "cut" and len(content) > 20:
                del content[at : at + 5]
            elif change == "shuffle":
                content[:10] = dice.sample(content[:10], 10)
            text = b"".join(content)
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(text), text))
        stream.append(b"M 120000 inline link\ndata 5\nfile0\nM 100644 :1 empty\n")
    stream.append(b"tag v1\nfrom :2\ntagger D <d@example.com> 1704096000 +0000\ndata 1\nt\n")
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))


def contents(repository: Any) -> dict[str, tuple[int, bytes]]:
    """Kind and content of every object, as Git reads them."""
    raw = repository.git("cat-file", "--batch-all-objects", "--batch")
    found, at = {}, 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        id, kind, size = raw[at:end].split()
        found[id.decode()] = KINDS[kind], raw[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
    return found


def indexes(repository: Any) -> list[Path]:
    return pack_indexes(repository.path / ".git" / "objects")


def rebuilt(pack: Pack, delta: ModuleType) -> Iterator[tuple[str, bytes]]:
    """Name and content of each blob, by walking its delta trees."""
    for root in pack.roots:
        stack: list[tuple[int, bytes]] = [(root, b"")]
        while stack:
            position, base = stack.pop()
            content = pack.inflate(position, LIMIT)
            if pack.bases[position] >= 0:
                content = bytes(delta.apply_delta(base, content, 1, LIMIT)[0])
            yield pack.id(position), content
            stack += [(child, content) for child in pack.children(position)]


def check(repository: Any, delta: ModuleType, hash_size: int = 20) -> list[Pack]:
    """Asserts that Git and the packs agree on every object; returns the packs."""
    expected = contents(repository)
    found = []
    for index in indexes(repository):
        pack = open_pack(index, hash_size)
        found.append(pack)
        blobs = dict(rebuilt(pack, delta))
        assert len(blobs) == pack.kinds.count(BLOB)
        for id, content in blobs.items():
            assert (BLOB, content) == expected[id]
        for position in range(pack.count):
            assert pack.kinds[position] == expected[pack.id(position)][0]
            assert pack.position(pack.id(position)) == position
            assert pack.entry(pack.id(position)) == pack.entry_at(position)
            assert pack.others(BLOB)[pack.entry_at(position)] == (pack.kinds[position] != BLOB)
        listed = repository.git("verify-pack", "-v", index).decode().splitlines()
        entries = {line.split()[0]: line.split() for line in listed if len(line.split()) in (5, 7)}
        assert len(entries) == pack.count
        weighed = sum(int(entries[id][3]) for id in blobs)
        assert sum(pack.weights) == weighed
        for position in range(pack.count):
            fields = entries[pack.id(position)]
            base = pack.bases[position]
            assert (fields[6:] or [None])[0] == (pack.id(base) if base >= 0 else None)
            assert pack.sizes[position] == int(fields[2])
    return found


@given(
    seed=st.integers(0, 1 << 30),
    depth=st.sampled_from([0, 1, 3, 50]),
    window=st.sampled_from([0, 2, 10]),
    offsets=st.booleans(),
    later=st.booleans(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_histories_repacked_at_random(
    make_repo: Any,
    tmp_path_factory: Any,
    delta: ModuleType,
    seed: int,
    depth: int,
    window: int,
    offsets: bool,
    later: bool,
) -> None:
    repository = make_repo(str(tmp_path_factory.mktemp("random")))
    history(repository, seed)
    setting = ("-c", f"repack.useDeltaBaseOffset={str(offsets).lower()}")
    repository.git(*setting, "repack", "-a", "-d", "-F", "-q", f"--depth={depth}", f"--window={window}")
    if later:
        history_head = repository.head("main")
        repository.git("update-ref", "refs/heads/old", history_head)
        repository.git("update-ref", "-d", "refs/heads/main")
        history(repository, seed + 1, 4)
        repository.git(*setting, "repack", "-d", "-q")
    found = check(repository, delta)
    deltas = sum(base >= 0 for pack in found for base in pack.bases)
    assert deltas or not (depth and window)


def test_sha256(make_repo: Any, tmp_path: Path, delta: ModuleType) -> None:
    repository = make_repo("repo", "--object-format=sha256")
    history(repository, 1)
    for offsets in ("true", "false"):
        repository.git("-c", f"repack.useDeltaBaseOffset={offsets}", "repack", "-adFq")
        (pack,) = check(repository, delta, 32)
        assert len(pack.id(0)) == 64
        assert any(base >= 0 for base in pack.bases)


def test_deltas_by_name_may_precede_their_bases(make_repo: Any, tmp_path: Path, delta: ModuleType) -> None:
    repository = make_repo()
    history(repository, 2)
    repository.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adFq")
    (pack,) = check(repository, delta)
    (index,) = indexes(repository)
    data = index.with_suffix(".pack").read_bytes()
    # The same entries backwards, with the index made by Git.
    starts = [*pack._starts]
    entries = [data[start:end] for start, end in pairwise(starts)]
    body = data[:12] + b"".join(reversed(entries))
    for file in index.parent.iterdir():
        file.unlink()
    repository.git("index-pack", "--stdin", stdin=body + hashlib.sha1(body, usedforsecurity=False).digest())
    (pack,) = check(repository, delta)
    assert any(base > position for position, base in enumerate(pack.bases))


def test_offsets_of_eight_bytes(make_repo: Any, tmp_path: Path, delta: ModuleType) -> None:
    repository = make_repo()
    history(repository, 3)
    repository.git("repack", "-adFq")
    (index,) = indexes(repository)
    small = index.stat().st_size
    index.unlink()
    repository.git("index-pack", "--index-version=2,0x40", "-o", index, index.with_suffix(".pack"))
    assert index.stat().st_size > small
    check(repository, delta)


def test_multi_pack_index_and_gc_keep_the_indexes(make_repo: Any, tmp_path: Path, delta: ModuleType) -> None:
    repository = make_repo()
    for seed in range(3):
        history(repository, seed, 4)
        repository.git("repack", "-dq")
        repository.git("update-ref", f"refs/heads/b{seed}", "main")
        repository.git("update-ref", "-d", "refs/heads/main")
    repository.git("multi-pack-index", "write")
    assert len(check(repository, delta)) == 3
    repository.git("gc", "-q")
    assert len(check(repository, delta)) == 1


def test_an_empty_pack(make_repo: Any, tmp_path: Path) -> None:
    repository = make_repo()
    repository.git("pack-objects", "-q", repository.path / ".git/objects/pack/pack")
    pack = open_pack(*indexes(repository), 20)
    assert (pack.count, list(pack.roots)) == (0, [])
    assert pack.position("ab" * 20) == -1


def test_position_of_what_is_not_there(make_repo: Any, tmp_path: Path) -> None:
    repository = make_repo()
    history(repository, 4, 3)
    repository.git("repack", "-adq")
    pack = open_pack(*indexes(repository), 20)
    known = {pack.id(position) for position in range(pack.count)}
    for first in range(256):
        for rest in ("00", "80", "ff"):
            id = f"{first:02x}" + rest * 19
            assert id in known or pack.position(id) == -1
    assert pack.position("ab" * 32) == -1


def test_loose_objects(make_repo: Any, tmp_path: Path) -> None:
    repository = make_repo()
    ids = {repository.blob(b"%d" % i) for i in range(20)}
    folder = repository.path / ".git" / "objects"
    (folder / "ab").mkdir(exist_ok=True)
    (folder / "ab" / "tmp_obj_x").touch()
    assert sorted(loose_ids(folder, 20)) == sorted(ids)
    repository = make_repo("longer", "--object-format=sha256")
    id = repository.blob(b"x")
    assert list(loose_ids(tmp_path / "longer" / ".git" / "objects", 32)) == [id]


def test_alternates(make_repo: Any, tmp_path: Path, opened: Any) -> None:
    folders = {}
    for name in ("own", "absolute", "relative", 'quo"ted\n', "second"):
        make_repo(name)
        folders[name] = (tmp_path / name / ".git" / "objects").resolve()
    quoted = str(folders['quo"ted\n']).replace('"', '\\"').replace("\n", "\\012")
    lines = [
        "# one",
        "",
        str(folders["absolute"]),
        "../../../relative/.git/objects",
        f'"{quoted}"',
        "/nowhere",
    ]
    (folders["own"] / "info" / "alternates").write_text("\n".join([*lines, str(folders["own"])]))
    (folders["relative"] / "info" / "alternates").write_text("../../../second/.git/objects\n")
    (folders["second"] / "info" / "alternates").write_text(f"{folders['own']}\n")
    own = make_repo("own")
    found = object_folders(opened(own))
    assert found == [*folders.values()]
    for folder in folders.values():
        blob = make_repo(str(folder.parents[1])).blob(str(folder).encode())
        assert own.git("cat-file", "-t", blob) == b"blob\n"  # Git has the same opinion


def test_alternates_of_alternates_end_where_git_ends(make_repo: Any, tmp_path: Path, opened: Any) -> None:
    made = [make_repo(str(i)) for i in range(9)]
    for one, other in pairwise(made):
        alternates = one.path / ".git" / "objects" / "info" / "alternates"
        alternates.write_text(f"{other.path}/.git/objects\n")
    seen = object_folders(opened(made[0]))
    for repository in made:
        blob = repository.blob(str(repository.path).encode())
        readable = made[0].git("cat-file", "-t", blob, check=False) == b"blob\n"
        assert ((repository.path / ".git" / "objects").resolve() in seen) == readable


def test_object_folders_of_a_linked_work_tree_and_below(make_repo: Any, tmp_path: Path, opened: Any) -> None:
    repository = make_repo("main")
    repository.commit({"folder/file": "x"})
    repository.git("worktree", "add", "-q", tmp_path / "linked", "-b", "other")
    expected = [(tmp_path / "main" / ".git" / "objects").resolve()]
    for path in (tmp_path / "main", tmp_path / "main" / "folder", tmp_path / "linked"):
        elsewhere = {"GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nowhere"}
        assert object_folders(opened(repository, path, **elsewhere)) == expected


def test_indexes_without_their_packs_are_not_listed(make_repo: Any, tmp_path: Path) -> None:
    repository = make_repo()
    history(repository, 5, 3)
    repository.git("repack", "-adq")
    (index,) = indexes(repository)
    index.with_suffix(".pack").rename(tmp_path / "elsewhere")
    assert indexes(repository) == []
    with pytest.raises(PackError, match="No such file"):
        open_pack(index, 20)
