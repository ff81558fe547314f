"""Archives: what is found in them, limits, damage."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.model import Fragment, Reason, Skipped
from scanner.sources import archive
from scanner.sources.archive import unpack
from scanner.sources.magic import archive_kind as kind

Make = Callable[..., bytes]
Compress = Callable[[bytes], bytes]
COMPRESSIONS: dict[str, Compress] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}
each_compression = pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)
LONG = "d" * 90 + "/" + "ü" * 80 + "/" + "f" * 120
FILES = {"in/a.txt": b"one\n", "./b.txt": b"two\n", LONG: b"three", "empty": b""}
NAMES = {b"in/a.txt": b"one\n", b"b.txt": b"two\n", LONG.encode(): b"three"}


def nothing(_path: bytes) -> bool:
    return False


def texts(data: bytes, depth: int = 1, path: bytes = b"a") -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for item in unpack(data, path, depth, nothing):
        if isinstance(item, Fragment):
            found[item.path] = found.get(item.path, b"") + item.data[item.known :]
    return found


def skips(data: bytes, depth: int = 1) -> list[tuple[Reason, bytes]]:
    return [
        (item.reason, item.path) for item in unpack(data, b"a", depth, nothing) if isinstance(item, Skipped)
    ]


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_compressed_or_not_counts_as_one(make_tar: Make, format_: int, mode: str) -> None:
    files = {name: text for name, text in FILES.items() if format_ != tarfile.USTAR_FORMAT or name != LONG}
    data = make_tar(files, mode, format_)
    expected = {
        b"a!" + name: text for name, text in NAMES.items() if name.decode() in files or name == b"b.txt"
    }
    assert texts(data) == expected
    assert skips(data) == [(Reason.EMPTY, b"a!empty")]


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_zip(make_zip: Make, compression: int) -> None:
    data = make_zip(FILES | {"folder/": b""}, compression)
    assert kind(data) == "zip"
    assert texts(data) == {b"a!" + name: text for name, text in NAMES.items()}
    assert skips(data) == [(Reason.EMPTY, b"a!empty")]


def test_an_empty_zip_holds_nothing(make_zip: Make) -> None:
    assert list(unpack(make_zip({}), b"a", 1, nothing)) == []


def test_names_are_the_archives_own_bytes(make_tar: Make) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("name-x.txt", b"text")
    raw = buffer.getvalue().replace(b"name-x", b"n\xe4me\xffx")
    assert texts(raw) == {b"a!n\xe4me\xffx.txt": b"text"}
    assert texts(make_tar({"n\udce4me": b"text"}, "w", tarfile.GNU_FORMAT)) == {b"a!n\xe4me": b"text"}
    assert texts(make_tar({"/../x//y": b"text"})) == {b"a!/x/y": b"text"}


@each_compression
def test_a_compressed_file_keeps_its_own_name(compress: Compress) -> None:
    assert texts(compress(b"one\n") + compress(b"two\n"), path=b"x.txt.gz") == {b"x.txt.gz": b"one\ntwo\n"}
    assert skips(compress(b"")) == [(Reason.EMPTY, b"a")]
    assert skips(compress(b"%PDF-1.4")) == [(Reason.BINARY, b"a")]


def test_depth_counts_archives_in_archives(make_tar: Make, make_zip: Make) -> None:
    inner = make_zip({"t": b"deep", "p.gz": gzip.compress(make_tar({"q": b"deepest"}), mtime=0)})
    data = make_tar({"top": b"top", "z.zip": inner}, "w:gz")
    assert skips(data, 0) == [(Reason.ARCHIVE, b"a")] and texts(data, 0) == {}
    assert skips(data, 1) == [(Reason.ARCHIVE_DEPTH, b"a!z.zip")] and texts(data, 1) == {b"a!top": b"top"}
    assert skips(data, 2) == [(Reason.ARCHIVE_DEPTH, b"a!z.zip!p.gz")]
    assert texts(data, 3) == {b"a!top": b"top", b"a!z.zip!t": b"deep", b"a!z.zip!p.gz!q": b"deepest"}
    assert texts(gzip.compress(make_zip({"x": b"y"}), mtime=0), 1) == {}
    assert texts(gzip.compress(make_zip({"x": b"y"}), mtime=0), 2) == {b"a!x": b"y"}


def test_global_path_allowlists_see_the_inner_path(make_zip: Make, make_tar: Make) -> None:
    for data in (make_zip(FILES), make_tar(FILES)):
        found = list(unpack(data, b"in.zip", 1, lambda path: path == b"in/a.txt"))
        assert Skipped(Reason.ALLOWED_PATH, b"in.zip!in/a.txt") in found
        assert sum(isinstance(item, Fragment) for item in found) == 2


def test_what_is_no_archive_is_itself() -> None:
    assert list(unpack(b"text\n", b"p", 0, nothing, b"link")) == [Fragment(b"text\n", b"p", b"link")]
    assert list(unpack(io.BytesIO(b"text\n"), b"p", 3, nothing)) == [Fragment(b"text\n", b"p")]
    assert list(unpack(b"", b"p", 1, nothing)) == [Skipped(Reason.EMPTY, b"p")]
    assert list(unpack(b"BZhave", b"p", 1, nothing)) == [Skipped(Reason.BINARY, b"p")]


@pytest.mark.parametrize("head", [b"7z\xbc\xaf\x27\x1c....", b"Rar!\x1a\x07\x01\x00...."])
def test_formats_that_cannot_be_unpacked_are_named(head: bytes) -> None:
    (skipped,) = unpack(head, b"a", 1, nothing)
    assert isinstance(skipped, Skipped) and skipped.reason is Reason.ARCHIVE
    assert skipped.detail.endswith("is not supported")


def test_encrypted_entries_are_skipped_one_by_one(make_zip: Make) -> None:
    data = bytearray(make_zip({"locked": b"secret text", "open": b"open text"}, zipfile.ZIP_STORED))
    central = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[central + 8] |= 1
    assert skips(bytes(data)) == [(Reason.ARCHIVE_ENCRYPTED, b"a!locked")]
    assert texts(bytes(data)) == {b"a!open": b"open text"}


def test_a_wrong_checksum_hides_nothing(make_zip: Make) -> None:
    data = make_zip({"t": b"some text"}, zipfile.ZIP_STORED).replace(b"some text", b"same text")
    assert texts(data) == {b"a!t": b"same text"}


def test_one_damaged_entry_does_not_hide_the_next(make_zip: Make) -> None:
    digits = random.Random(1).randbytes(3000).hex().encode()  # noqa: S311
    data = bytearray(make_zip({"bad": digits, "good": b"good text"}))
    data[40:60] = b"\xff" * 20
    assert skips(bytes(data)) == [(Reason.ARCHIVE_BROKEN, b"a!bad")]
    assert texts(bytes(data))[b"a!good"] == b"good text"


def test_an_entry_whose_name_begins_with_nul_is_scanned(make_zip: Make) -> None:
    data = make_zip({"n": b"some text"}).replace(b"n", b"\0")
    assert texts(data) == {b"a!\0": b"some text"}


@each_compression
def test_what_came_before_damage_is_scanned(compress: Compress) -> None:
    text = random.Random(1).randbytes(500_000).hex().encode()  # noqa: S311
    data = compress(text)
    got = texts(data[:-1000])[b"a"]
    assert text.startswith(got) and len(got) > len(text) // 3
    assert skips(data[:-1000]) == [(Reason.ARCHIVE_BROKEN, b"a")]


def test_a_tar_that_is_cut_off_is_broken(make_tar: Make) -> None:
    data = make_tar({"a": b"x" * 2000, "b": b"y" * 2000})
    assert texts(data[:4000]) == {b"a!a": b"x" * 2000, b"a!b": b"y" * (4000 - 3072)}
    for size in (600, 2600, 3200, 4000):
        assert skips(data[:size]) == [(Reason.ARCHIVE_BROKEN, b"a")]


def test_trees_of_gitleaks_agree(
    tmp_path: Path, make_zip: Make, make_tar: Make, gitleaks_files: Callable[..., set[tuple[str, int]]]
) -> None:
    token = b"first\n" + b"tok_" + b"a1b2c3d4\n"
    inner = {"t.txt": token, "sub/u.txt": token, "b.pdf": b"%PDF" + token, "n.zip": make_zip({"w": token})}
    files = {
        "a.zip": make_zip(inner),
        "b.tar": make_tar(inner),
        "c.tar.gz": make_tar(inner, "w:gz"),
        "d.tar.xz": make_tar(inner, "w:xz"),
        "e.txt.gz": gzip.compress(token, mtime=0),
        "f.txt.bz2": bz2.compress(token),
        "g.txt.zst": COMPRESSIONS["zst"](token),
        "h.tar": make_tar({"c.tar.bz2": make_tar(inner, "w:bz2"), "x": token}),
    }
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for depth in range(4):
        found = {
            (path.decode(), 2)
            for name, content in files.items()
            for path, text in texts(content, depth, name.encode()).items()
            if text == token
        }
        assert found == gitleaks_files(folder, ".", "--max-archive-depth", str(depth)), depth


class TestLimits:
    @each_compression
    def test_ratio(self, compress: Compress) -> None:
        began = time.process_time()
        data = compress(bytes(60_000_000))
        found = list(unpack(data, b"a", 1, nothing))
        assert found[-1] == Skipped(Reason.ARCHIVE_LIMIT, b"a")
        read = sum(len(item.data) for item in found if isinstance(item, Fragment))
        assert read <= max(archive.FREE_BYTES, archive.RATIO * len(data))
        assert time.process_time() - began < 30

    def test_ratio_over_all_entries(self, make_zip: Make) -> None:
        data = make_zip({str(number): bytes(3_000_000) for number in range(10)})
        found = list(unpack(data, b"a", 1, nothing))
        assert [type(item) for item in found] == [Fragment] * 4 + [Skipped]
        assert skips(make_zip({"b.zip": data}), 2) == [(Reason.ARCHIVE_LIMIT, b"a")]

    @pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_ratio_of_formats_that_expand_most(self, make_zip: Make, compression: int) -> None:
        assert skips(make_zip({"x": bytes(100_000_000)}, compression)) == [(Reason.ARCHIVE_LIMIT, b"a")]

    def test_total_and_entry(self, monkeypatch: pytest.MonkeyPatch, make_tar: Make, make_zip: Make) -> None:
        monkeypatch.setattr(archive, "ENTRY_BYTES", 100)
        files = {"big": b"x" * 101, "small": b"x" * 100}
        for data in (make_tar(files), make_zip(files)):
            assert skips(data) == [(Reason.ARCHIVE_LIMIT, b"a!big")]
            assert texts(data) == {b"a!small": b"x" * 100}
        monkeypatch.setattr(archive, "TOTAL_BYTES", 150)
        assert skips(gzip.compress(b"x" * 151, mtime=0)) == [(Reason.ARCHIVE_LIMIT, b"a")]

    def test_entries(self, monkeypatch: pytest.MonkeyPatch, make_tar: Make, make_zip: Make) -> None:
        monkeypatch.setattr(archive, "ENTRIES", 5)
        files = {str(number): b"x" for number in range(6)}
        for data in (make_tar(files), make_zip(files), make_zip({"in.tar": make_tar(files)})):
            assert skips(data, 2) == [(Reason.ARCHIVE_LIMIT, b"a")]

    def test_table_of_contents(self, monkeypatch: pytest.MonkeyPatch, make_zip: Make) -> None:
        monkeypatch.setattr(archive, "TABLE_BYTES", 70_000)
        files = {"x" * 200 + str(number): b"x" for number in range(300)}
        assert skips(make_zip(files)) == [(Reason.ARCHIVE_LIMIT, b"a")]

    def test_nested_zip(self, monkeypatch: pytest.MonkeyPatch, make_tar: Make, make_zip: Make) -> None:
        monkeypatch.setattr(archive, "NESTED_ZIP_BYTES", 1000)
        data = make_tar({"z": make_zip({"x": b"y" * 1000}, zipfile.ZIP_STORED)})
        assert skips(data, 2) == [(Reason.ARCHIVE_LIMIT, b"a")]

    def test_a_window_larger_than_allowed(self) -> None:
        parameters = zstandard.ZstdCompressionParameters(window_log=28)
        compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        data = compressor.compress(b"text" * 100) + compressor.flush()
        assert skips(data) == [(Reason.ARCHIVE_BROKEN, b"a")]

    def test_many_empty_streams(self) -> None:
        began = time.process_time()
        assert texts(bz2.compress(b"") * 50_000 + bz2.compress(b"end")) == {b"a": b"end"}
        assert time.process_time() - began < 10


def test_overlapping_entries_are_harmless(make_zip: Make) -> None:
    data = make_zip({"a": b"x" * 1000})
    at = data.index(b"PK\x01\x02")
    entry, rest = data[at : data.index(b"PK\x05\x06")], data[data.index(b"PK\x05\x06") :]
    many = data[:at] + entry * 500 + rest[:8]
    many += struct.pack("<HHIIH", 500, 500, len(entry) * 500, at, 0)
    list(unpack(many, b"a", 1, nothing))


SEEDS: list[bytes] = []


@pytest.fixture(scope="module", autouse=True)
def _seeds(make_zip: Make, make_tar: Make) -> None:
    files = {"a": b"text " * 50, "b.gz": gzip.compress(b"more", mtime=0), "c": bytes(300)}
    tars = [make_tar(files | {LONG: b"x"}, "w", number) for number in range(3) if number]
    SEEDS.extend(
        [make_zip(files), make_zip(files, zipfile.ZIP_LZMA), *tars, make_zip({"n": make_zip(files)})]
    )
    SEEDS.extend(compress(tars[0]) for compress in COMPRESSIONS.values())


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damage_never_raises(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged
    for item in unpack(bytes(damaged), b"a", 3, nothing):
        assert item.path.startswith(b"a")


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"]),
    st.binary(),
)
def test_garbage_never_raises(head: bytes, rest: bytes) -> None:
    assert all(isinstance(item, (Skipped, Fragment)) for item in unpack(head + rest, b"a", 2, nothing))
