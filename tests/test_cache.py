"""The folder of compiled databases: private, whole files only, and silent where it cannot be used."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from scanner.cache import FileStore


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "a" / "b")
    assert store.load("00ff") is None
    store.save("00ff", b"one")
    store.save("00ff", b"two")
    store.save("0100", b"three")
    assert FileStore(tmp_path / "a" / "b").load("00ff") == b"two"
    assert store.load("0100") == b"three"
    assert len(list((tmp_path / "a" / "b").iterdir())) == 2


def test_the_folder_and_files_are_the_owners_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        FileStore(tmp_path / "cache").save("00", b"data")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    (file,) = (tmp_path / "cache").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "cache"):
        store = FileStore(folder)
        store.save("00", b"data")
        assert store.load("00") is None


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    store.save("00", b"old")

    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    store.save("00", b"new")
    assert store.load("00") == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_in_place_of_a_file_is_no_error(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.save("00", b"data")
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    store.save("00", b"data")
    assert store.load("00") is None
    assert list(tmp_path.iterdir()) == [file]


def test_runs_at_the_same_time_never_see_half_a_file(tmp_path: Path) -> None:
    values = [bytes([n]) * 200_000 for n in range(4)]
    seen: set[bytes | None] = set()

    def write(value: bytes) -> None:
        store = FileStore(tmp_path / "cache")
        for _ in range(20):
            store.save("00", value)
            seen.add(store.load("00"))

    threads = [threading.Thread(target=write, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen <= set(values)
    assert len(list((tmp_path / "cache").iterdir())) == 1
