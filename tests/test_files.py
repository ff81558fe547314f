"""Files scanned in one process and in several: the same findings in the same order, whatever happens."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest

from scanner.detect import Detector, make_prefilter, sought
from scanner.files import FEW_BYTES
from scanner.model import Allowlist, Config, Finding, Reason, Rule, Skipped, Summary
from scanner.options import Item, Options
from scanner.pipeline import scan_paths

CONFIG = Config(
    rules=(
        Rule("tok", regex="tok_[a-z0-9]{8}", keywords=("tok_",)),
        Rule("key-file", path=r"\.key$"),
        Rule("pair", regex="user=[a-z]+", keywords=("user",), allowlists=(Allowlist(paths=("^0/",)),)),
    ),
    allowlists=(Allowlist(paths=("^9/",)),),
)


def scan(jobs: int = 1, engine: str = "auto", summary: Summary | None = None, **options: int) -> list[Item]:
    detector = Detector(CONFIG, make_prefilter(sought(CONFIG), engine))
    summary = summary if summary is not None else Summary()
    return list(scan_paths([Path()], detector, Options(jobs=jobs, **options), summary))  # type: ignore[arg-type]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """More files than one process scans alone, with secrets, links, archives and what cannot be scanned."""
    monkeypatch.chdir(tmp_path)
    random_ = random.Random(4)  # noqa: S311
    lines = [b"nothing here\n", b"tok_" + b"a1b2c3d4\n", b"user=x\n", b"\xff\xfe odd\n", b"\n"]
    for number in range(700):
        folder = tmp_path / str(number % 10)
        folder.mkdir(exist_ok=True)
        content = b"".join(random_.choices(lines, (900, 1, 1, 9, 90), k=random_.randrange(600)))
        (folder / f"{number}.txt").write_bytes(content)
    (tmp_path / "a.key").write_bytes(b"key")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"tok_" + b"11112222\n"))
    (tmp_path / "c.bin").write_bytes(b"\x7fELF" + bytes(100))
    (tmp_path / "link").symlink_to("a.key")
    (tmp_path / "3/empty").touch()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize("engine", ["hyperscan", "ahocorasick", "auto"])
@pytest.mark.parametrize("depth", [0, 1])
def test_jobs_and_engines_find_the_same_in_the_same_order(tree: Path, engine: str, depth: int) -> None:
    one, several = Summary(), Summary()
    expected = scan(1, "ahocorasick", one, max_archive_depth=depth)
    assert one.bytes > 2 * FEW_BYTES
    assert scan(3, engine, several, max_archive_depth=depth) == expected
    assert (one.files, one.bytes) == (several.files, several.bytes)
    paths = [item.path for item in expected if isinstance(item, Finding) and b"/" in item.path]
    assert len(paths) > 20 and paths == sorted(paths)
    reasons = {item.reason for item in expected if isinstance(item, Skipped)}
    assert reasons >= {Reason.EMPTY, Reason.BINARY, Reason.SYMLINK, Reason.NOT_REGULAR, Reason.ALLOWED_PATH}


def test_links_are_followed_in_the_same_way(tree: Path) -> None:
    (tree / "z").symlink_to("/etc/hostname")
    assert scan(3, follow_symlinks=True) == scan(1, follow_symlinks=True)


def test_what_vanishes_or_cannot_be_read_meanwhile_is_told(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = Detector(CONFIG, make_prefilter(sought(CONFIG)))
    items = scan_paths([Path()], detector, Options(jobs=2), Summary())
    first = next(items)
    (tree / "8/698.txt").unlink()
    (tree / "8/688.txt").unlink()
    (tree / "8/688.txt").symlink_to("/dev/zero")
    told = [first, *items]
    skipped = {item.path: item.reason for item in told if isinstance(item, Skipped)}
    assert b"8/698.txt" not in skipped or skipped[b"8/698.txt"] is Reason.UNREADABLE
    assert skipped[b"8/688.txt"] in (Reason.NOT_REGULAR, Reason.SYMLINK)
    assert any(isinstance(item, Finding) and item.path.startswith(b"8/") for item in told)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_told(tree: Path) -> None:
    (tree / "5/505.txt").chmod(0)
    assert Skipped(Reason.UNREADABLE, b"5/505.txt", detail="Permission denied") in scan(2)


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_time_limit_ends_it_once(tree: Path, jobs: int) -> None:
    items = scan(jobs, timeout=1e-9)  # type: ignore[arg-type]
    assert [item for item in items if isinstance(item, Skipped)][-1] == Skipped(Reason.TIMEOUT)
    assert items.count(Skipped(Reason.TIMEOUT)) == 1


def test_a_few_files_need_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_bytes(b"tok_" + b"a1b2c3d4")
    monkeypatch.setattr("scanner.files.spread", lambda *_, **__: pytest.fail("started"))
    monkeypatch.setattr("scanner.detect._hyperscan", lambda engine: pytest.fail("loaded"))
    assert [item.path for item in scan(8)] == [b"a"]


def test_what_git_ignores_is_skipped_where_asked(tree: Path) -> None:
    detector = Detector(CONFIG, make_prefilter(sought(CONFIG)))
    asked: list[bytes] = []

    def below(folder: bytes) -> list[bytes]:
        asked.append(folder)
        return [b"7", b"8/8.txt"] if folder == b"." else [b"6.txt"]

    found = list(scan_paths([Path(), tree / "6"], detector, Options(), Summary(), ignored_below=below))
    ignored = [item.path for item in found if isinstance(item, Skipped) and item.reason is Reason.IGNORED]
    assert ignored == [b"7", b"8/8.txt"]
    assert asked == [b".", bytes(tree / "6")]
    assert not any(item.path.startswith(b"7/") for item in found)
