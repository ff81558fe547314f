"""Decompresses streams in bounded steps: gzip, bzip2, xz and Zstandard, also several in a row."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

from scanner.sources.chunks import Readable

MEMORY = 128 << 20
"""Bytes that an xz or Zstandard stream may demand as its window; both formats' tools use 64 MiB at most
unless told otherwise (``xz -9``, ``zstd --ultra`` without ``--long``)."""

ERRORS = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)
"""What reading a damaged stream raises."""

# Small, as Zstandard makes up to 128 KiB of 4 bytes, and all of what it is given at once.
_READ = 1 << 10


class _Decompressor(Protocol):
    """What `bz2.BZ2Decompressor` and `lzma.LZMADecompressor` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Zstandard:
    """A Zstandard frame's decompressor, with the interface of the standard library's.

    Its own stream reader takes a stream that is cut off for one that has ended.
    """

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=MEMORY).decompressobj()
        self._ready = io.BytesIO()
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self.needs_input and self._frame.eof

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if data:
            self._ready = io.BytesIO(self._frame.decompress(data))
        piece = self._ready.read(max_length)
        self.needs_input = len(piece) < max_length
        return piece


class _Gzip(gzip.GzipFile):
    """Gzip that gives what it has read before damage."""

    def read(self, size: int | None = -1) -> bytes:
        return self.read1(-1 if size is None else size)


class _Streams:
    """Compressed streams, one after the other, as one.

    The standard library's ``BZ2File`` and ``LZMAFile`` do the same, but set no limit to memory.
    """

    def __init__(self, source: Readable, new: Callable[[], _Decompressor]) -> None:
        self._source, self._new, self._current = source, new, new()

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        while size:
            data = b""
            if self._current.eof:
                data = self._next_stream()
                if not data:
                    break
                self._current = self._new()
            elif self._current.needs_input:
                data = self._source.read(_READ)
                if not data:
                    raise EOFError("cut off")
            decompressed = self._current.decompress(data, size)
            if decompressed:
                return decompressed
        return b""

    def _next_stream(self) -> bytes:
        """The beginning of the next stream; xz allows NUL bytes in between."""
        data = self._current.unused_data.lstrip(b"\0")
        while not data and (piece := self._source.read(_READ)):
            data = piece.lstrip(b"\0")
        return data


def decompressed(kind: str, source: Readable) -> Readable:
    """What the compressed stream `source` holds.

    Args:
        kind: ``gz``, ``bz2``, ``xz`` or ``zst``.

    The result's ``read`` raises one of `ERRORS` where the stream is damaged.
    """
    if kind == "gz":
        return _Gzip(fileobj=source, mode="rb")  # type: ignore[call-overload,no-any-return]
    if kind == "bz2":
        return _Streams(source, bz2.BZ2Decompressor)
    if kind == "xz":
        return _Streams(source, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY))
    return _Streams(source, _Zstandard)
