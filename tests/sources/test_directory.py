"""Walking files and folders, and the real Gitleaks on the same trees."""

from __future__ import annotations

import gzip
import os
import random
import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import UsageError
from scanner.model import Fragment, Reason, Skipped
from scanner.sources import directory
from scanner.sources.file import File, Reader

TOKEN = b"tok_" + b"a1b2c3d4\n"
Gitleaks = Callable[..., set[tuple[str, int]]]


def nothing(_path: bytes) -> bool:
    return False


def walk(
    paths: Sequence[Path | str],
    *,
    excludes: Callable[[bytes], bool],
    follow_symlinks: bool = False,
    **options: Any,
) -> Iterator[Fragment | Skipped]:
    """What all files under `paths` hold."""
    reader = Reader(excludes, **options)
    found = directory.walk(paths, reader, excludes, follow_symlinks)
    return chain.from_iterable(reader.read(item) if isinstance(item, File) else [item] for item in found)


def build(root: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def scanned(*paths: str | Path, **options: object) -> list[bytes]:
    found = walk(paths or (".",), **({"excludes": nothing} | options))  # type: ignore[arg-type]
    return [item.path for item in found if isinstance(item, Fragment)]


def skipped(*paths: str | Path, **options: object) -> list[tuple[Reason, bytes]]:
    found = walk(paths or (".",), **({"excludes": nothing} | options))  # type: ignore[arg-type]
    return [(item.reason, item.path) for item in found if isinstance(item, Skipped)]


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "tree"
    build(root, {"b.txt": b"b", "a/z.txt": b"z", "a/y/x.txt": b"x", "a.txt": b"a", ".hidden/.file": b"h"})
    monkeypatch.chdir(root)
    return root


def test_everything_in_a_fixed_order_hidden_files_too() -> None:
    assert scanned() == [b".hidden/.file", b"a/y/x.txt", b"a/z.txt", b"a.txt", b"b.txt"]


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        (".", b".hidden/.file"),
        ("./", b".hidden/.file"),
        ("a", b"a/y/x.txt"),
        ("./a/", b"a/y/x.txt"),
        ("b/../a//", b"a/y/x.txt"),
        ("a/z.txt", b"a/z.txt"),
        (Path("a.txt"), b"a.txt"),
        ("./a.txt", b"./a.txt"),
        ("../tree/a", b"../tree/a/y/x.txt"),
    ],
)
def test_paths_are_reported_as_given(given: str | Path, reported: bytes) -> None:
    Path("b").mkdir()
    assert scanned(given)[0] == reported


def test_absolute_paths_stay_absolute(tree: Path) -> None:
    assert scanned(tree / "a") == [bytes(tree) + b"/a/y/x.txt", bytes(tree) + b"/a/z.txt"]
    assert scanned(tree / "a.txt") == [bytes(tree) + b"/a.txt"]
    assert scanned("/" + str(tree / "a"))[0] == bytes(tree) + b"/a/y/x.txt"


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        (("a", "a.txt"), [b"a/y/x.txt", b"a/z.txt", b"a.txt"]),
        (("a", "a", "./a"), [b"a/y/x.txt", b"a/z.txt"]),
        (("a/y", "a"), [b"a/y/x.txt", b"a/z.txt"]),
        (("a", "a/y"), [b"a/y/x.txt", b"a/z.txt"]),
        (("a/z.txt", "a", "a/z.txt"), [b"a/z.txt", b"a/y/x.txt"]),
        (("a", "a/z.txt"), [b"a/y/x.txt", b"a/z.txt"]),
    ],
)
def test_all_paths_given_are_scanned_and_nothing_twice(given: tuple[str, ...], reported: list[bytes]) -> None:
    assert scanned(*given) == reported


@pytest.mark.parametrize("path", ["missing", "a.txt/x", "a\0b"])
def test_a_path_that_does_not_exist_is_a_usage_error(path: str) -> None:
    with pytest.raises(UsageError, match=r"^(missing|a\.txt/x|a.b): "):
        walk([path], excludes=nothing)


def test_excluded_folders_are_pruned_as_one() -> None:
    pattern = re.compile(rb"^a$|b\.txt$")
    options = {"excludes": lambda path: pattern.search(path) is not None}
    assert scanned(**options) == [b".hidden/.file", b"a.txt"]
    assert skipped(**options) == [(Reason.ALLOWED_PATH, b"a"), (Reason.ALLOWED_PATH, b"b.txt")]
    assert skipped("a", **options) == [(Reason.ALLOWED_PATH, b"a")]


def test_names_may_be_any_bytes() -> None:
    name = b"n\xff\n\xe4.txt"
    Path(os.fsdecode(name)).write_bytes(b"n")
    assert name in scanned()
    assert scanned(os.fsdecode(name)) == [name]


def test_what_is_not_scanned_is_told(tmp_path: Path) -> None:
    build(
        Path(),
        {
            "empty": b"",
            "pdf": b"%PDF-1.4",
            "config.toml": b"x",
            "zip": gzip.compress(b"x", mtime=0),
            "nul": b"\0x",
        },
    )
    os.mkfifo("fifo")
    Path("link").symlink_to("a.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        found = skipped(own_files=[Path("config.toml"), Path("missing")])
    assert found == [
        (Reason.OWN_FILE, b"config.toml"),
        (Reason.EMPTY, b"empty"),
        (Reason.NOT_REGULAR, b"fifo"),
        (Reason.SYMLINK, b"link"),
        (Reason.BINARY, b"pdf"),
        (Reason.NOT_REGULAR, b"sock"),
        (Reason.ARCHIVE, b"zip"),
    ]
    assert b"nul" in scanned()
    assert skipped("fifo") == [(Reason.NOT_REGULAR, b"fifo")]


@pytest.mark.parametrize(("limit", "fits"), [(0, True), (1, True), (2, True)])
def test_megabytes_count_decimally(limit: int, fits: bool) -> None:
    size = limit * 1_000_000
    Path("big").write_bytes(b"x" * (size or 3_000_000))
    assert (b"big" in scanned(max_megabytes=limit)) is fits
    if limit:
        Path("big").write_bytes(b"x" * (size + 1))
        assert skipped(max_megabytes=limit) == [(Reason.TOO_LARGE, b"big")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_and_folders_are_told() -> None:
    Path("a").chmod(0)
    Path("b.txt").chmod(0)
    assert skipped() == [(Reason.UNREADABLE, b"a"), (Reason.UNREADABLE, b"b.txt")]
    Path("a").chmod(0o700)


def test_what_vanishes_during_the_walk_is_told() -> None:
    items = walk(["."], excludes=nothing)
    next(items)
    Path("a/y/x.txt").unlink()
    Path("a/y").rmdir()
    Path("b.txt").unlink()
    rest = [(type(item), item.path) for item in items]
    assert (Skipped, b"b.txt") in rest and (Fragment, b"a.txt") in rest


def test_a_folder_that_vanishes_is_told() -> None:
    def excludes(path: bytes) -> bool:
        if path == b"a/y":
            Path("a/y/x.txt").unlink()
            Path("a/y").rmdir()
        return False

    assert skipped(excludes=excludes) == [(Reason.UNREADABLE, b"a/y")]


def test_a_file_that_becomes_a_link_is_not_followed() -> None:
    def excludes(path: bytes) -> bool:
        if path == b"b.txt":
            Path("b.txt").unlink()
            Path("b.txt").symlink_to("a.txt")
        return False

    assert skipped(excludes=excludes) == [(Reason.NOT_REGULAR, b"b.txt")]


class TestFollowSymlinks:
    def test_a_file_is_scanned_once(self, tree: Path, tmp_path: Path) -> None:
        build(tmp_path, {"out.txt": b"out"})
        inside = {"0-in": "a.txt", "4-folder": "a", "5-broken": "nowhere", "6-loop": "6-loop"}
        outside = {"1-out": "../out.txt", "2-again": "../out.txt", "3-chain": "1-out"}
        for name, target in (inside | outside).items():
            Path(name).symlink_to(target)
        found = list(walk(["."], excludes=nothing, follow_symlinks=True))
        links = [item for item in found if isinstance(item, Fragment) and item.symlink]
        assert links == [Fragment(b"out", bytes(tmp_path) + b"/out.txt", b"1-out")]
        assert sum(isinstance(item, Fragment) for item in found) == 6
        told = [(item.path, item.detail) for item in found if isinstance(item, Skipped)]
        assert told == [(b"4-folder", "to a folder"), (b"5-broken", "broken"), (b"6-loop", "broken")]

    def test_a_target_below_the_current_folder_is_relative(self) -> None:
        Path("links").mkdir()
        Path("links/one").symlink_to("../a/z.txt")
        (found,) = walk(["links"], excludes=nothing, follow_symlinks=True)
        assert found == Fragment(b"z", b"a/z.txt", b"links/one")
        (found,) = walk([Path("links").absolute()], excludes=nothing, follow_symlinks=True)
        assert found.path == os.fsencode(Path("a/z.txt").resolve())

    def test_devices_behind_links_are_not_opened(self) -> None:
        Path("null").symlink_to("/dev/null")
        assert skipped(follow_symlinks=True) == [(Reason.NOT_REGULAR, b"/dev/null")]


def test_links_given_by_name_are_followed() -> None:
    Path("to-file").symlink_to("a.txt")
    Path("to-folder").symlink_to("a")
    assert scanned("to-file", "to-folder") == [b"to-file", b"to-folder/y/x.txt", b"to-folder/z.txt"]


def test_folders_may_be_nested_deeply(tmp_path: Path) -> None:
    root = tmp_path / "deep"
    root.mkdir()
    descriptor = os.open(root, os.O_RDONLY)
    for _ in range(2500):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    try:
        ((reason, path),) = skipped(root)
    finally:
        subprocess.run(["rm", "-rf", root], check=True)  # pytest's own way is recursion
    assert reason is Reason.UNREADABLE and path.endswith(b"/d" * 1500)  # too long a path for the system


def random_tree(random_: random.Random, root: Path) -> None:
    names = ["a", "b.txt", "c d", ".hid", "é", "sub", "vendor"]
    contents = [
        TOKEN,
        b"x\n" * 3 + TOKEN,
        b"",
        b"\0" + TOKEN,
        b"%PDF" + TOKEN,
        b"\x89PNG" + TOKEN,
        b"\xff" + TOKEN,
    ]
    for _ in range(random_.randint(1, 12)):
        parts = [random_.choice(names) for _ in range(random_.randint(1, 4))]
        path = root.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if random_.random() < 0.15:
                path.symlink_to(random_.choice(names))
            else:
                path.write_bytes(random_.choice(contents))
        except OSError:
            continue  # a file where this path needs a folder, or the other way round


@pytest.mark.parametrize("seed", range(6))
def test_gitleaks_scans_the_same_files(
    tmp_path: Path, seed: int, gitleaks_files: Gitleaks, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_ = random.Random(seed)  # noqa: S311
    root = tmp_path / "random"
    (root / "sub").mkdir(parents=True)
    random_tree(random_, root)
    random_tree(random_, root / "sub")
    monkeypatch.chdir(root)
    rules = (
        "[[rules]]\nid = 'token'\nregex = 'tok_[a-z0-9]{8}'\n[[allowlists]]\npaths = ['vendor', '^sub/a']\n"
    )
    pattern = re.compile(rb"vendor|^sub/a")
    for target in (
        ".",
        "sub",
        "./sub/",
        str(root),
        *(how + entry.name for entry in root.iterdir() if entry.is_file() for how in ("", "./")),
    ):
        found = set()
        for item in walk([target], excludes=lambda path: pattern.search(path) is not None):
            if isinstance(item, Fragment) and (match := re.search(rb"tok_\w{8}", item.data)):
                line = item.first_line + item.data.count(b"\n", 0, match.start())
                found.add((item.path.decode(), line))
        if not Path(target).is_symlink():
            assert found == gitleaks_files(root, target, rules=rules), target
