"""Packs, read without Git: which objects one holds, how they depend on each other, and their raw content;
and the folders where a repository has packs and loose objects.

Where a pack cannot be read here, `PackError` says so and Git has to. Formats: gitformat-pack(5).
"""

from __future__ import annotations

import os
import re
import sys
from array import array
from binascii import unhexlify
from bisect import bisect_left
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from scanner.git.entries import (
    by_offset,
    find,
    link,
    mark_others,
    read_headers,
    read_offsets,
    resolve_kinds,
    resolve_refs,
)
from scanner.git.repository import Repository

try:
    from isal import isal_zlib as zlib  # inflates at 1.6 times the speed
except ImportError:  # there is no wheel for this platform
    import zlib  # type: ignore[no-redef]

# Kinds of objects, with Git's numbers.
UNREADABLE, COMMIT, TREE, BLOB, TAG = range(5)

_INDEX_START = b"\xfftOc\0\0\0\x02"
_PACK_STARTS = (b"PACK\0\0\0\x02", b"PACK\0\0\0\x03")
_PACK_HEADER = 12  # bytes
_FANOUT = slice(8, 8 + 4 * 256)  # of an index
_MOST = (1 << 31) - 1  # objects, for positions are C ints

_ALTERNATES_DEPTH = 5  # MAX_ALTERNATE_DEPTH in Git's object-file.c
_ALTERNATES_LIMIT = 1 << 20  # bytes of one info/alternates
_ESCAPE = re.compile(rb"\\(?:([0-3][0-7]{2})|(.))", re.DOTALL)
_ESCAPED = dict(zip(b'abfnrtv"\\', b'\a\b\f\n\r\t\v"\\', strict=True))


class PackError(Exception):
    """A pack that cannot be read here; the message says why, in a few words."""


class CorruptEntry(Exception):
    """One object of a pack that cannot be read; the others are not concerned."""


class EntryTooLarge(Exception):
    """One object of a pack that is larger than the limit."""


class Pack:
    """A pack and what its objects are to each other; of 46 bytes an object, and the mapped files.

    A *position* counts the objects in the order of the pack. May be used by several threads and after a fork.

    Args:
        data: the pack.
        index: its index.
        hash_size: bytes of an object's name: 20 or 32.

    Attributes:
        count: how many objects there are.
        kinds: what each object is, undeltified; `UNREADABLE` where that cannot be told.
        sizes: bytes of each entry once inflated: of the content or of the delta.
        bases: what each is a delta of; -1 for none.
        first_child, next_sibling: the deltas based on each blob; -1 for none. See `children`.
        roots: the blobs that are no deltas.
        weights: of each root, the bytes that it and all that is based on it take in the pack.

    Raises:
        PackError: the two do not fit each other, or are of a format that is not known here.
    """

    def __init__(self, data: mmap, index: mmap, hash_size: int) -> None:
        self._data, self._hash_size = memoryview(data), hash_size
        self._fanout = _read_fanout(index)
        self.count = count = self._fanout[-1]
        self._ids, self._small, self._large = _tables(memoryview(index), count, hash_size)
        _check_pack(data, index, count, hash_size)
        self.kinds, self._header_lengths = bytearray(count), bytearray(count)
        self.sizes = array("q", [0]) * count
        self.bases, self.first_child, self.next_sibling = (array("i", [0]) * count for _ in range(3))
        try:
            self._read_entries()
        except ValueError as error:
            raise PackError(str(error)) from None
        tree = self.bases, self._starts, self.first_child, self.next_sibling
        self.roots, self.weights = link(self.kinds, BLOB, *tree)

    def _read_entries(self) -> None:
        offsets = array("q", [0]) * self.count
        read_offsets(self._small, self._large, offsets)
        self._order, self._starts = by_offset(offsets, len(self._data) - self._hash_size)
        if self._starts[0] < _PACK_HEADER:
            raise ValueError("an offset within the pack's header")
        headers = self.kinds, self._header_lengths, self.bases
        read_headers(self._data, self._starts, self.sizes, *headers, self._hash_size)
        resolve_refs(self._data, self._starts, *headers, self._ids, self._fanout, offsets, self._hash_size)
        resolve_kinds(self.kinds, self.bases)

    def id(self, position: int) -> str:
        """Full name of an object."""
        at = self._order[position] * self._hash_size
        return self._ids[at : at + self._hash_size].hex()

    def position(self, id: str) -> int:
        """Position of an object, by full name; -1 where the pack does not have it."""
        entry = self.entry(id)
        if entry < 0:
            return -1
        offset = array("q", [0])
        read_offsets(self._small[4 * entry : 4 * entry + 4], self._large, offset)
        return bisect_left(self._starts, offset[0])

    def entry(self, id: str | bytes) -> int:
        """Where an object, by full name, stands in the index; -1 where the pack does not have it."""
        return find(self._ids, self._fanout, unhexlify(id), self._hash_size)

    def entry_at(self, position: int) -> int:
        """Where the object at a position stands in the index."""
        return self._order[position]

    def others(self, kind: int) -> bytearray:
        """In the index's order, 1 for each object that is not of a kind, or cannot be read, and else 0."""
        marks = bytearray(self.count)
        mark_others(self.kinds, kind, self._order, marks)
        return marks

    def children(self, position: int) -> Iterator[int]:
        """The deltas based on a blob, in ascending order."""
        child = self.first_child[position]
        while child >= 0:
            yield child
            child = self.next_sibling[child]

    def inflate(self, position: int, limit: int) -> bytes:
        """Content of an entry as it is stored: of the object, or of the delta where it has a base.

        Args:
            position: which.
            limit: bytes that it may have; never more than those are made, nor more than its header claims.

        Raises:
            EntryTooLarge: it has more.
            CorruptEntry: it is not what its header claims, is cut off, or its checksum is wrong.
        """
        size = self.sizes[position]
        if self.kinds[position] == UNREADABLE:
            raise CorruptEntry("its header is nonsense, or its base missing")
        if size > limit:
            raise EntryTooLarge
        start = self._starts[position] + self._header_lengths[position]
        stream = zlib.decompressobj()
        try:
            # One byte more, or the end would not be looked at.
            content = stream.decompress(self._data[start : self._starts[position + 1]], size + 1)
        except zlib.error:  # type: ignore[misc]  # isal's stub takes it for an instance
            raise CorruptEntry("it cannot be inflated") from None
        if len(content) != size or not stream.eof:
            raise CorruptEntry("it has another size than its header claims")
        return content


def open_pack(index_path: Path, hash_size: int) -> Pack:
    """The pack that belongs to an index.

    Args:
        index_path: the file ``pack-*.idx``; the pack lies beside it.
        hash_size: bytes of an object's name: 20, or 32 in a SHA-256 repository.

    Raises:
        PackError: it cannot be read here.
    """
    return Pack(_map(index_path.with_suffix(".pack")), _map(index_path), hash_size)


def _map(path: Path) -> mmap:
    try:
        with path.open("rb") as file:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
    except OSError as error:
        raise PackError(error.strerror or "it cannot be opened") from None
    except ValueError:
        raise PackError("an empty file") from None


def _read_fanout(index: mmap) -> array[int]:
    """How many objects' names begin with each byte or a lower one; type code I."""
    if not index[: len(_INDEX_START)] == _INDEX_START:
        raise PackError("an index of unknown version")
    fanout = array("I", memoryview(index)[_FANOUT].tobytes())
    if sys.byteorder == "little":
        fanout.byteswap()
    if len(fanout) < 256 or list(fanout) != sorted(fanout) or fanout[-1] > _MOST:
        raise PackError("an index with a wrong table of counts")
    return fanout


def _tables(index: memoryview, count: int, hash_size: int) -> tuple[memoryview, memoryview, memoryview]:
    """Of an index: the names, the offsets of 4 bytes, and those of 8."""
    ids = _FANOUT.stop
    checksums = ids + count * hash_size
    small = checksums + count * 4
    large = small + count * 4
    end = len(index) - 2 * hash_size
    if not large <= end <= large + 8 * count or (end - large) % 8:
        raise PackError("an index of another length than its counts say")
    return index[ids:checksums], index[small:large], index[large:end]


def _check_pack(data: mmap, index: mmap, count: int, hash_size: int) -> None:
    if data[:8] not in _PACK_STARTS:
        raise PackError("a pack of unknown version")
    if data[8:_PACK_HEADER] != count.to_bytes(4, "big") or len(data) < _PACK_HEADER + hash_size:
        raise PackError("a pack with another number of objects than its index")
    if data[-hash_size:] != index[-2 * hash_size : -hash_size]:
        raise PackError("a pack with another checksum than its index says")


def object_folders(repository: Repository) -> list[Path]:
    """The folders that objects of a repository are in: its own, then the alternates that exist.

    As Git, of alternates' alternates only five levels are looked at (gitrepository-layout(5)).
    """
    answer = repository.program.output("rev-parse", "--git-path", "objects").removesuffix(b"\n")
    folders = [(repository.program.directory / os.fsdecode(answer)).resolve()]
    level = folders
    for _ in range(_ALTERNATES_DEPTH + 1):
        named = [folder for known in level for folder in _alternates(known)]
        level = [folder for folder in dict.fromkeys(named) if folder not in folders and folder.is_dir()]
        folders += level
    return folders


def _alternates(folder: Path) -> Iterator[Path]:
    """The folders that one's ``info/alternates`` names; relative ones count from the folder."""
    try:
        with (folder / "info" / "alternates").open("rb") as file:
            lines = file.read(_ALTERNATES_LIMIT).split(b"\n")
    except OSError:
        return
    for line in lines:
        if line and not line.startswith(b"#") and b"\0" not in line:
            yield (folder / os.fsdecode(_unquoted(line))).resolve()


def _unquoted(line: bytes) -> bytes:
    """A path that may be written as a C string, as Git reads it."""
    if len(line) < 2 or not line.startswith(b'"') or not line.endswith(b'"'):
        return line
    return _ESCAPE.sub(
        lambda m: bytes([int(m[1], 8) if m[1] else _ESCAPED.get(m[2][0], m[2][0])]), line[1:-1]
    )


def pack_indexes(folder: Path) -> list[Path]:
    """The indexes of an object folder's packs, in the order of their names."""
    return sorted(path for path in folder.glob("pack/pack-*.idx") if path.with_suffix(".pack").is_file())


def loose_ids(folder: Path, hash_size: int) -> Iterator[str]:
    """The full names of the loose objects of an object folder."""
    name = re.compile(f"[0-9a-f]{{{2 * hash_size - 2}}}")
    for first in range(256):
        try:
            entries = sorted(path.name for path in (folder / f"{first:02x}").iterdir())
        except OSError:
            continue
        yield from (f"{first:02x}{entry}" for entry in entries if name.fullmatch(entry))
