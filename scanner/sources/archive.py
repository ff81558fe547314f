"""Looks into archives and compressed files, nested ones too, without writing anything to disk.

An archive is hostile until proven otherwise: how much is unpacked from one file, and from how many
entries, is limited, and what is held in memory does not grow with it.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from posixpath import normpath
from typing import BinaryIO, cast

from scanner.model import Fragment, Reason, Skipped
from scanner.sources.chunks import Peeked, Readable, fragments
from scanner.sources.compressed import ERRORS, decompressed
from scanner.sources.magic import UNPACKABLE, archive_kind, is_binary
from scanner.sources.tar import TarError, members

SEPARATOR = b"!"
"""Stands between an archive's path and that of an entry, as Gitleaks writes it."""

RATIO = 200
"""Bytes unpacked for each byte of the outermost archive, once `FREE_BYTES` are used up. Real source code
rarely compresses beyond 20:1, logs beyond 50:1; deflate ends at about 1000:1, bzip2 and xz far above."""

FREE_BYTES = 10_000_000
TOTAL_BYTES = 4_000_000_000
"""Bytes unpacked from one outermost archive, nested archives' own bytes included."""

ENTRY_BYTES = 1_000_000_000
"""Bytes of one entry."""

ENTRIES = 100_000
"""Entries of one outermost archive and all archives nested in it."""

NESTED_ZIP_BYTES = 256 << 20
"""Bytes of a zip inside an archive, which has to be held in memory as its table of contents is at its end."""

TABLE_BYTES = 16 << 20
"""Bytes of a zip's table of contents: about 100 for each of `ENTRIES`, and some to spare."""

Excludes = Callable[[bytes], bool]

_BROKEN = (
    *(*ERRORS, TarError, zipfile.BadZipFile, struct.error),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError),  # what zipfile raises, too
)
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_READ = 64 << 10
# bzip2 and lzma in zipfile have no limit to what they make of one read but the size of that read.
_CAREFUL_READ = 4 << 10


class _LimitError(Exception):
    """The outermost archive is beyond a limit; nothing more is unpacked from it."""


def unpack(
    data: bytes | BinaryIO, path: bytes, depth: int, excludes: Excludes, symlink: bytes = b""
) -> Iterator[Fragment | Skipped]:
    """What a file holds: its text, or that of its entries where it is an archive or compressed.

    Args:
        data: the content, or a seekable stream of it.
        path: as reported. An entry's is ``<path>!<path in the archive>``; a file that is merely
            compressed keeps its own.
        depth: how many archives may be nested (``--max-archive-depth``); 0 unpacks none. A compressed
            tar counts as one.
        excludes: whether a path inside an archive is not to be scanned.
        symlink: as in `Fragment`.

    Raises:
        OSError: where reading `data` itself fails, after what came before.
    """
    stream = io.BytesIO(data) if isinstance(data, bytes) else data
    peeked = Peeked(stream)
    unpacker = _Unpacker(depth, excludes, symlink)
    if depth and archive_kind(peeked.head):
        here = stream.tell()
        unpacker.left = min(TOTAL_BYTES, max(FREE_BYTES, RATIO * stream.seek(0, io.SEEK_END)))
        stream.seek(here)
    try:
        yield from unpacker.content(peeked, path, 0)
    except _LimitError:
        yield Skipped(Reason.ARCHIVE_LIMIT, path)


class _Metered:
    """A stream whose bytes count towards the limit."""

    def __init__(self, source: Readable, unpacker: _Unpacker, most: int = _READ) -> None:
        self._source, self._unpacker, self._most = source, unpacker, most

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        data = self._source.read(min(size, self._most))
        self._unpacker.left -= len(data)
        if self._unpacker.left < 0:
            raise _LimitError
        return data


class _BoundedTable(io.BufferedIOBase):
    """A zip as `zipfile` may read it: not with a table of contents of any size, which it holds in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        most = TABLE_BYTES + 1
        data = self._file.read(most if size is None or size < 0 else min(size, most))
        if len(data) == most:
            raise _LimitError
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


class _Unpacker:
    """One outermost archive's way down.

    Attributes:
        left: bytes that may still be unpacked.
    """

    def __init__(self, depth: int, excludes: Excludes, symlink: bytes) -> None:
        self._depth, self._excludes, self._symlink = depth, excludes, symlink
        self._entries = 0
        self.left = 0

    def content(self, stream: Peeked, path: bytes, level: int) -> Iterator[Fragment | Skipped]:
        """What a file is, `level` archives down: text, or an archive, or to be skipped."""
        format_ = archive_kind(stream.head)
        if not stream.head:
            yield Skipped(Reason.EMPTY, path)
        elif format_ and level == self._depth:
            yield Skipped(Reason.ARCHIVE_DEPTH if level else Reason.ARCHIVE, path, detail=format_)
        elif format_ and format_ not in UNPACKABLE:
            yield Skipped(Reason.ARCHIVE, path, detail=f"{format_} is not supported")
        elif format_:
            yield from self._archive(format_, stream, path, level + 1)
        elif is_binary(stream.head):
            yield Skipped(Reason.BINARY, path)
        else:
            yield from fragments(stream, path, self._symlink)

    def _archive(self, format_: str, stream: Peeked, path: bytes, level: int) -> Iterator[Fragment | Skipped]:
        try:
            if format_ == "zip":
                yield from self._zip(stream, path, level)
            elif format_ == "tar":
                yield from self._tar(stream, path, level)
            else:
                inner = Peeked(_Metered(decompressed(format_, stream), self))
                is_tar = archive_kind(inner.head) == "tar"
                yield from self._tar(inner, path, level) if is_tar else self.content(inner, path, level)
        except _BROKEN as error:
            yield Skipped(Reason.ARCHIVE_BROKEN, path, detail=f"{format_}: {type(error).__name__}")

    def _tar(self, stream: Peeked, path: bytes, level: int) -> Iterator[Fragment | Skipped]:
        for member in members(stream):
            yield from self._entry(member.data, member.name, path, level, member.size)

    def _zip(self, stream: Peeked, path: bytes, level: int) -> Iterator[Fragment | Skipped]:
        with zipfile.ZipFile(cast(BinaryIO, _BoundedTable(_seekable(stream)))) as archive:
            for info in archive.infolist():
                # The name's own bytes; `filename` is cut at NUL, may come from elsewhere, and may be empty.
                encoding = "utf-8" if info.flag_bits & _UTF8_NAME else "cp437"
                name = info.orig_filename.encode(encoding)
                if name.endswith(b"/"):
                    continue
                if info.flag_bits & _ENCRYPTED:
                    yield Skipped(Reason.ARCHIVE_ENCRYPTED, _joined(path, name))
                    continue
                try:
                    yield from self._zipped(archive, info, name, path, level)
                except _BROKEN as error:
                    yield Skipped(Reason.ARCHIVE_BROKEN, _joined(path, name), detail=type(error).__name__)

    def _zipped(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: bytes, path: bytes, level: int
    ) -> Iterator[Fragment | Skipped]:
        careful = info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        # Content with a wrong checksum may hold a secret as well; without one nothing is compared.
        del info.CRC
        with archive.open(info) as file:
            data = _Metered(cast(Readable, file), self, _CAREFUL_READ if careful else _READ)
            yield from self._entry(data, name, path, level, info.file_size)

    def _entry(
        self, data: Readable, name: bytes, path: bytes, level: int, size: int
    ) -> Iterator[Fragment | Skipped]:
        """What an entry of the archive `path` holds; `name` and `size` are what the archive says."""
        self._entries += 1
        if self._entries > ENTRIES:
            raise _LimitError
        inner = _joined(path, name)
        if self._excludes(_clean(name)):
            yield Skipped(Reason.ALLOWED_PATH, inner)
        elif size > ENTRY_BYTES:
            yield Skipped(Reason.ARCHIVE_LIMIT, inner)
        else:
            yield from self.content(Peeked(data), inner, level)


def _joined(path: bytes, name: bytes) -> bytes:
    return path + SEPARATOR + _clean(name)


def _clean(name: bytes) -> bytes:
    """An entry's path without ``./`` and the like."""
    clean = normpath(name)
    return clean[1:] if clean.startswith(b"//") else clean


def _seekable(stream: Peeked) -> BinaryIO:
    """The file that `stream` reads, or what is left of it in memory where it cannot be sought in."""
    if isinstance(stream.source, io.IOBase) and stream.source.seekable():
        return cast(BinaryIO, stream.source)
    data = stream.read(NESTED_ZIP_BYTES + 1)
    if len(data) > NESTED_ZIP_BYTES:
        raise _LimitError
    return io.BytesIO(data)
