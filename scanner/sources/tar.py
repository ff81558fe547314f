"""Reads tar archives as a stream: V7, ustar, pax and GNU, as POSIX and GNU tar document them.

Written for hostile archives: every length is checked, nothing but headers is held in memory, and damage
is an error instead of an early end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.sources.chunks import Readable

BLOCK = 512
HEADER_BYTES = 1 << 20
"""Longest extended header (pax records or a GNU long name) that is accepted."""

_READ = 64 << 10
_NO_DATA = b"123456"  # links, devices, folders, FIFOs: whatever their size field says
_NAME_FOLLOWS, _PAX = b"L", b"x"
_ASIDE = b"KgVMNX"  # long link names, global headers, labels and the like: not files
_SPARSE = b"S"


class TarError(ValueError):
    """The archive is damaged or cut off."""


@dataclass(slots=True)
class Data:
    """A member's content, to be read before the next member is asked for."""

    source: Readable
    left: int

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        piece = self.source.read(min(size, self.left))
        if not piece and self.left and size:
            raise TarError("cut off")
        self.left -= len(piece)
        return piece


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a tar archive. `size`: in bytes, of `data`."""

    name: bytes
    size: int
    data: Data


def members(stream: Readable) -> Iterator[Member]:
    """The regular files of a tar archive, in order.

    Sparse files have their holes left out.

    Raises:
        TarError: at the first damaged place.
    """
    extended: dict[bytes, bytes] = {}
    while (header := _block(stream)) is not None:
        kind = header[156:157]
        size = _number(extended[b"size"]) if b"size" in extended else _octal(header[124:136])
        size = 0 if kind in _NO_DATA else size
        data = Data(stream, size)
        if kind in (_PAX, _NAME_FOLLOWS):
            content = _header_content(data)
            extended.update(_records(content) if kind == _PAX else {b"path": content.partition(b"\0")[0]})
        elif kind not in _ASIDE:
            if kind == _SPARSE:
                _skip_sparse_map(stream, header)
            name = extended.get(b"GNU.sparse.name") or extended.get(b"path") or _name(header)
            extended = {}
            if kind not in _NO_DATA and not name.endswith(b"/"):
                yield Member(name, size, data)
        _drain(data)
        _drain(Data(stream, -size % BLOCK))


def _block(stream: Readable) -> bytes | None:
    """The next header block; None where the archive ends."""
    block = _exactly(stream, BLOCK)
    if not block.strip(b"\0"):
        return None
    if len(block) < BLOCK:
        raise TarError("cut off")
    blanked = block[:148] + b" " * 8 + block[156:]
    signed = sum(blanked) - 256 * sum(byte > 127 for byte in blanked)
    if _octal(block[148:156]) not in (sum(blanked), signed):
        raise TarError("header checksum")
    return block


def _exactly(stream: Readable, size: int) -> bytes:
    pieces = b""
    while len(pieces) < size and (piece := stream.read(size - len(pieces))):
        pieces += piece
    return pieces


def _drain(data: Data) -> None:
    while data.read(_READ):
        pass


def _header_content(data: Data) -> bytes:
    if data.left > HEADER_BYTES:
        raise TarError("header too long")
    return b"".join(iter(lambda: data.read(_READ), b""))


def _records(content: bytes) -> dict[bytes, bytes]:
    """The records ``<length> <key>=<value>\\n`` of a pax header."""
    records = {}
    at = 0
    while at < len(content.rstrip(b"\0")):
        digits, space, _ = content[at : at + 20].partition(b" ")
        length = _number(digits)
        key, equals, value = content[at + len(digits) + 1 : at + length - 1].partition(b"=")
        if not (space and equals and length > len(digits) + 1 and at + length <= len(content)):
            raise TarError("pax header")
        records[key] = value
        at += length
    return records


def _skip_sparse_map(stream: Readable, header: bytes) -> None:
    """Skip the blocks that go on with a GNU sparse file's map of holes."""
    more = header[482:483]
    while more.strip(b"\0"):
        block = _exactly(stream, BLOCK)
        if len(block) < BLOCK:
            raise TarError("cut off")
        more = block[504:505]


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _octal(field: bytes) -> int:
    """A number field: octal digits, or (GNU) binary where the highest bit is set."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip()
    if digits.strip(b"01234567"):
        raise TarError("number field")
    return int(digits or b"0", 8)


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 20:
        raise TarError("pax header")
    return int(digits)
