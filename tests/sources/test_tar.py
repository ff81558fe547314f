"""Tar headers of every kind, and damaged ones."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.sources import tar
from scanner.sources.tar import TarError, members


def header(
    name: bytes = b"n", size: bytes = b"00000000004\0", kind: bytes = b"0", magic: bytes = b"ustar\0"
) -> bytes:
    block = bytearray(512)
    block[: len(name)] = name
    block[124 : 124 + len(size)] = size
    block[156:157] = kind
    block[257 : 257 + len(magic)] = magic
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def record(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    length = len(body) + len(str(len(body) + 2))
    return str(length).encode() + body


def pax(*records: bytes, kind: bytes = b"x") -> bytes:
    content = b"".join(records)
    return header(b"pax", b"%011o\0" % len(content), kind) + padded(content)


def read(data: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    for member in members(io.BytesIO(data)):
        pieces = []
        while piece := member.data.read(3 + 1000 * len(pieces)):
            pieces.append(piece)
        content = b"".join(pieces)
        assert len(content) == member.size
        found.append((member.name, content))
    return found


FILE = header() + padded(b"text")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (FILE, [(b"n", b"text")]),
        (FILE + bytes(1024) + b"whatever comes after", [(b"n", b"text")]),
        (header(kind=b"\0", magic=b"") + padded(b"text"), [(b"n", b"text")]),
        (header(size=b"4") + padded(b"text"), [(b"n", b"text")]),
        (header(size=b" 4 \0") + padded(b"text"), [(b"n", b"text")]),
        (header(size=b"\x80" + bytes(10) + b"\x04") + padded(b"text"), [(b"n", b"text")]),
        (header(kind=b"7") + padded(b"text"), [(b"n", b"text")]),
        (header(kind=b"?") + padded(b"text"), [(b"n", b"text")]),
        (header(kind=b"1") + FILE, [(b"n", b"text")]),
        (header(kind=b"5", name=b"d/") + FILE, [(b"n", b"text")]),
        (header(name=b"old/", kind=b"\0") + padded(b"text") + FILE, [(b"n", b"text")]),
        (header(kind=b"V") + padded(b"name") + FILE, [(b"n", b"text")]),
        (header(b"L", b"5\0", b"L") + padded(b"long\0") + FILE + FILE, [(b"long", b"text"), (b"n", b"text")]),
        (header(b"K", b"5\0", b"K") + padded(b"link\0") + FILE, [(b"n", b"text")]),
        (pax(record(b"path", b"p\xc3\xbc/x")) + FILE + FILE, [(b"p\xc3\xbc/x", b"text"), (b"n", b"text")]),
        (pax(record(b"size", b"4")) + header(size=b"0") + padded(b"text"), [(b"n", b"text")]),
        (pax(record(b"comment", b"x" * 94), record(b"path", b"y")) + FILE, [(b"y", b"text")]),
        (pax(record(b"path", b"all"), kind=b"g") + FILE, [(b"n", b"text")]),
        (b"", []),
    ],
)
def test_members(data: bytes, expected: list[tuple[bytes, bytes]]) -> None:
    assert read(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        FILE[:514],
        FILE[:300],
        FILE[:600],
        FILE + b"x" * 512,
        FILE.replace(b"n", b"m", 1),
        header(size=b"99x") + padded(b"text"),
        header(size=b"\xff" * 12) + padded(b"text"),
        header(size=b"\x80" + b"\xff" * 11) + padded(b"text"),
        pax(b"99 path=x\n") + FILE,
        pax(b"0 path=x\n") + FILE,
        pax(b"6 path\n") + FILE,
        pax(b"path=x\n") + FILE,
        pax(record(b"size", b"-4")) + FILE,
        pax(record(b"size", b"9" * 30)) + FILE,
        header(b"L", b"77777777777", b"L") + bytes(1024),
        header(kind=b"S")[:482] + b"\1" + bytes(29),
    ],
)
def test_damage_is_an_error(data: bytes) -> None:
    with pytest.raises(TarError):
        read(data)


def test_what_is_not_read_is_passed_over() -> None:
    assert [member.name for member in members(io.BytesIO(header(b"a") + padded(b"text") + FILE))] == [
        b"a",
        b"n",
    ]


def test_extended_headers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "HEADER_BYTES", 100)
    with pytest.raises(TarError, match="too long"):
        read(pax(record(b"path", b"x" * 100)) + FILE)


def test_a_pax_header_of_many_records_takes_linear_time() -> None:
    assert read(pax(*[record(b"k", b"v")] * 100_000) + FILE) == [(b"n", b"text")]


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
@pytest.mark.parametrize("format_", ["v7", "ustar", "gnu", "pax"])
def test_what_tar_makes(tmp_path: Path, format_: str) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "file").write_bytes(b"content\n" * 100)
    with (tmp_path / "sparse").open("wb") as file:
        for number in range(40):
            file.seek(number << 20)
            file.write(b"island%02d" % number)
    sparse = ["--sparse"] if format_ in ("gnu", "pax") else []
    made = subprocess.run(
        ["tar", f"--format={format_}", *sparse, "-cf", "-", "dir", "sparse"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("another tar than GNU's")
    found = dict(read(made.stdout))
    assert found[b"dir/file"] == b"content\n" * 100
    assert all(b"island%02d" % number in found[b"sparse"] for number in range(40))
    if sparse:
        assert len(found[b"sparse"]) < 1 << 20


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_tarfile_makes(make_tar: Callable[..., bytes], format_: int) -> None:
    files = {"a" * 50 + "/" + "b" * 90: b"1", "c": b"", "d": bytes(range(256)) * 5}
    expected = [(name.encode(), content) for name, content in files.items()]
    assert read(make_tar(files, "w", format_)) == expected
