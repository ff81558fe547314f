"""Signatures, judged by the real Gitleaks."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from scanner.sources.magic import archive_kind, is_binary


def at(*parts: tuple[int, bytes], fill: bytes = b".", size: int = 0) -> bytes:
    """Bytes with each part at its offset, and `fill` elsewhere."""
    length = max(size, *(offset + len(value) for offset, value in parts))
    buffer = bytearray(fill * length)
    for offset, value in parts:
        buffer[offset : offset + len(value)] = value
    return bytes(buffer)


OFFICE = b"\xd0\xcf\x11\xe0"
HEADS = [
    *(b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK\x01\x02", b"PK"),
    *(at((257, b"ustar")), at((256, b"ustar")), b"\x1f\x8b\x08", b"\x1f\x8b\x07", b"\x1f\x9d", b"\x1f\xa0"),
    *(b"BZh9", b"BZh91AY&SY", b"BZ0", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00", b"\xfd7zXZ", b"LZIP"),
    *(b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18\x02\0\0\0ab\x28\xb5\x2f\xfd", b"\x5f\x2a\x4d\x18\x02\0\0\0abc"),
    *(b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00", b"Rar!\x1a\x07\x02", b"MSCF", b"ISc(", b"!<arch>\n"),
    *(b"%PDF-1.4", b"%PD", b"%!PS", b"% !", b"{\\rtf1", b"CWS", b"FWS", b"ZWS", b"SQLite format 3\0", b"SQL"),
    *(b"Cr24", b"NES\x1a", b"NES", b"MZ", b"ZM", b"MThd"),
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    *(b"\xca\xfe\xba\xbe", b"\xbe\xba\xfe\xca", b"\xfe\xed\xfa\xcd"),
    *(b"\x00asm\x01\0\0\0", b"\x00asm\x02\0\0\0", b"\x00asm"),
    *(
        b"\0\x01\0\0\0",
        b"\0\x01\0\0\x01",
        b"OTTO\0",
        b"OTTO",
        b"wOFF\0\x01\0\0",
        b"wOF2\0\x01\0\0",
        b"wOFFOTTO",
    ),
    *(at((0, b"dex\n"), (36, b"\x70")), at((0, b"dex\n"), size=40), b"dex\n"),
    *(at((0, b"dey\n"), (40, b"dex\n"), (76, b"\x70"), size=101), at((0, b"dey\n"), size=101)),
    at((0, b"dey\n"), (40, b"dex\n"), (76, b"\x70"), size=80),
    *(
        at((8, b"\x02\0\x01"), (34, b"LP")),
        at((8, b"\x01\0\0"), (34, b"LP")),
        at((8, b"\x02\0\x02"), (34, b"LP")),
    ),
    *(at((8, b"\x03\0\x02"), (34, b"LP")), at((128, b"DICM")), at((128, b"DICN"))),
    *(at((32769, b"CD001")), at((32769, b"CD002")), OFFICE, at((0, OFFICE), size=600)),
    *(
        at((0, OFFICE), (512, end))
        for end in (b"\xec\xa5", b"\x09\x08", b"\xfd\xff", b"\xa0\x46", b"\xec\xa6")
    ),
    *(b"\x7fELF", at((0, b"\x7fELF"), size=30), at((0, b"\x7fELF"), size=60)),
    *(b"\xed\xab\xee\xdb", at((0, b"\xed\xab\xee\xdb"), size=100)),
    *(b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"ID3", b"OggS", b"fLaC", b"\x1a\x45\xdf\xa3"),
    *(
        b"RIFF....WEBP",
        b"\0\0\0 ftypisom",
        b"\xef\xbb\xbf",
        b"\0",
        b"\0\0\0\0",
        b"\xff\xfe",
        b"",
        b"#!/bin/sh",
    ),
]


def test_gitleaks_skips_the_same(tmp_path: Path, gitleaks_files: Callable[..., set[tuple[str, int]]]) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    files = {f"{number}.txt": head + b"\ntok_a1b2c3d4\n" for number, head in enumerate(HEADS)}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    scanned = {name for name, _ in gitleaks_files(folder)}
    for name, content in files.items():
        assert is_binary(content) == (name not in scanned), content[:40]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("gz", gzip.compress(b"x", mtime=0)),
        ("bz2", bz2.compress(b"x")),
        ("bz2", bz2.compress(b"")),
        ("xz", lzma.compress(b"x")),
        ("zst", zstandard.ZstdCompressor().compress(b"x")),
        ("zst", b"\x5f\x2a\x4d\x18\x01\0\0\0x" * 3 + b"\x28\xb5\x2f\xfd"),
        ("7z", b"7z\xbc\xaf\x27\x1c\x00"),
        ("rar", b"Rar!\x1a\x07\x01\x00"),
        (None, b"BZhave a nice day"),
        (None, b"\x5f\x2a\x4d\x18\xff\xff\xff\xffx"),
        (None, b""),
        (None, b"plain"),
    ],
)
def test_archives_are_known_by_content(kind: str | None, content: bytes) -> None:
    assert archive_kind(content) == kind
    assert not kind or is_binary(content)


def test_many_skippable_frames_take_linear_time() -> None:
    assert archive_kind(b"\x50\x2a\x4d\x18\0\0\0\0" * 4096) is None
