"""Packs and indexes that are damaged or were made to harm: errors that say so, and only those."""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.git import packs
from scanner.git.packs import BLOB, UNREADABLE, CorruptEntry, EntryTooLarge, Pack, PackError, open_pack

OFS_DELTA, REF_DELTA = 6, 7
LIMIT = 1 << 16
BIG_INDEX = 8 + 4 * 256  # bytes before an index's names

pytestmark = pytest.mark.usefixtures("packs_in_form")


def header(kind: int, size: int) -> bytes:
    octets = [kind << 4 | size & 15]
    size >>= 4
    while size:
        octets[-1] |= 128
        octets.append(size & 127)
        size >>= 7
    return bytes(octets)


def entry(kind: int, content: bytes, before: bytes = b"", size: int | None = None) -> bytes:
    """An entry of a pack; `before` is what a delta says of its base, `size` what the header claims."""
    return header(kind, len(content) if size is None else size) + before + zlib.compress(content)


def name(number: int) -> bytes:
    return bytes([number]) * 20


def write_pack(folder: Path, entries: list[bytes], offsets: dict[int, int] | None = None) -> Path:
    """A pack of these entries, named by `name`, and its index, whose path is returned.

    The index says other `offsets` for the entries of those numbers.
    """
    body, starts = b"PACK" + struct.pack(">II", 2, len(entries)), []
    for one in entries:
        starts.append(len(body))
        body += one
    for number, offset in (offsets or {}).items():
        starts[number] = offset
    checksum = hashlib.sha1(body, usedforsecurity=False).digest()
    numbers = range(len(entries))
    index = b"\xfftOc\0\0\0\x02" + b"".join(
        struct.pack(">I", min(first + 1, len(entries))) for first in range(256)
    )
    index += b"".join(name(i) for i in numbers) + bytes(4 * len(entries))
    index += b"".join(struct.pack(">I", start) for start in starts) + checksum
    index += hashlib.sha1(index, usedforsecurity=False).digest()
    folder.mkdir(exist_ok=True)
    (folder / "pack-x.pack").write_bytes(body + checksum)
    (folder / "pack-x.idx").write_bytes(index)
    return folder / "pack-x.idx"


def made(folder: Path, *entries: bytes, offsets: dict[int, int] | None = None) -> Pack:
    return open_pack(write_pack(folder, [*entries], offsets), 20)


def test_a_sound_pack(tmp_path: Path) -> None:
    pack = made(tmp_path, entry(BLOB, b"text"), entry(1, b"tree x"), entry(4, b""))
    assert list(pack.kinds) == [BLOB, 1, 4]
    assert [pack.inflate(position, LIMIT) for position in range(3)] == [b"text", b"tree x", b""]
    assert [pack.id(position) for position in range(3)] == ["00" * 20, "01" * 20, "02" * 20]
    assert list(pack.roots) == [0]


SMALL = b"\x01\x01\x01a"  # a delta
BAD_ENTRIES = {
    "reserved kind 0": entry(0, b"x"),
    "reserved kind 5": entry(5, b"x"),
    "size that does not end": b"\xbf" + b"\xff" * 30,
    "size cut off": b"\xbf\xff",
    "nothing after the header": b"\x31",
    "offset cut off": header(OFS_DELTA, 4) + b"\xff\xff",
    "offset that does not end": header(OFS_DELTA, 4) + b"\xff" * 30,
    "offset 0": entry(OFS_DELTA, SMALL, b"\0"),
    "offset before the pack": entry(OFS_DELTA, SMALL, b"\x80\xff\x7f"),
    "offset into the header": entry(OFS_DELTA, SMALL, b"\x14"),
    "offset into an entry": entry(OFS_DELTA, SMALL, b"\x03"),
    "name cut off": header(REF_DELTA, 4) + b"\1" * 7,
    "base not in the pack": entry(REF_DELTA, SMALL, name(200)),
    "its own base": entry(REF_DELTA, SMALL, name(1)),
}


@pytest.mark.parametrize("which", BAD_ENTRIES)
def test_nonsense_headers_spoil_only_their_entries(tmp_path: Path, which: str) -> None:
    pack = made(tmp_path, entry(BLOB, b"a"), BAD_ENTRIES[which], entry(BLOB, b"b"))
    assert list(pack.kinds) == [BLOB, UNREADABLE, BLOB]
    assert list(pack.roots) == [0, 2]
    with pytest.raises(CorruptEntry):
        pack.inflate(1, LIMIT)
    assert pack.inflate(2, LIMIT) == b"b"


def test_cycles_and_what_hangs_on_them_are_unreadable(tmp_path: Path) -> None:
    by_name = [entry(REF_DELTA, SMALL, name(base)) for base in (1, 2, 0, 2, 3)]
    pack = made(tmp_path, *by_name, entry(BLOB, b"a"), entry(REF_DELTA, SMALL, name(5)))
    assert list(pack.kinds) == [UNREADABLE] * 5 + [BLOB] * 2
    assert list(pack.roots) == [5]
    assert list(pack.children(5)) == [6]
    assert sum(pack.weights) == len(entry(BLOB, b"a")) + len(entry(REF_DELTA, SMALL, name(5)))


def test_a_delta_of_an_unreadable_entry_is_unreadable(tmp_path: Path) -> None:
    delta = entry(REF_DELTA, SMALL, name(0))
    assert list(made(tmp_path, entry(5, b"a"), delta, delta).kinds) == [UNREADABLE] * 3


def test_a_chain_of_many_deltas(tmp_path: Path) -> None:
    first = entry(BLOB, b"a")
    one = entry(OFS_DELTA, SMALL, bytes([len(entry(OFS_DELTA, SMALL, b"x"))]))
    pack = made(tmp_path, first, entry(OFS_DELTA, SMALL, bytes([len(first)])), *[one] * 200)
    assert list(pack.kinds) == [BLOB] * 202
    assert list(pack.weights) == [len(first) + 201 * len(one)]


BAD_STREAMS = {
    "wrong checksum": entry(BLOB, b"text")[:-1] + b"\0",
    "checksum cut off": entry(BLOB, b"text")[:-2],
    "cut off": entry(BLOB, os.urandom(500))[:300],
    "no stream": header(BLOB, 4) + b"text",
    "more than claimed": entry(BLOB, b"text", size=3),
    "far more than claimed": entry(BLOB, bytes(1 << 20), size=5),
    "more than nothing": entry(BLOB, b"t", size=0),
    "less than claimed": entry(BLOB, b"text", size=5),
    "preset dictionary": header(BLOB, 1) + b"\x78\xbb\0\0\0\1abc",
}


@pytest.mark.parametrize("which", BAD_STREAMS)
@pytest.mark.parametrize("library", ["isal", "zlib"])
def test_bad_streams_are_corrupt(
    tmp_path: Path, which: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if library == "zlib":
        monkeypatch.setattr(packs, "zlib", zlib)
    pack = made(tmp_path, BAD_STREAMS[which], entry(BLOB, b"b"))
    with pytest.raises(CorruptEntry):
        pack.inflate(0, LIMIT)
    assert pack.inflate(1, LIMIT) == b"b"


def test_nothing_larger_than_the_limit_is_inflated(tmp_path: Path) -> None:
    pack = made(tmp_path, entry(BLOB, b"text"), entry(BLOB, b"x", size=1 << 59))
    assert pack.inflate(0, 4) == b"text"
    for position, limit in [(0, 3), (1, LIMIT)]:
        with pytest.raises(EntryTooLarge):
            pack.inflate(position, limit)


def replaced(part: str, at: int, new: bytes) -> Callable[[Path], None]:
    def damage(index: Path) -> None:
        file = index.with_suffix(part)
        data = bytearray(file.read_bytes())
        data[at : at + len(new)] = new
        file.write_bytes(data)

    return damage


def resized(part: str, by: int) -> Callable[[Path], None]:
    def damage(index: Path) -> None:
        data = index.with_suffix(part).read_bytes()
        index.with_suffix(part).write_bytes(data[:by] if by <= 0 else data + bytes(by))

    return damage


OFFSETS = BIG_INDEX + 2 * 24
BAD_FILES = {
    "index of version 1": (replaced(".idx", 0, b"\0\0\0\0"), "unknown version"),
    "index of version 3": (replaced(".idx", 7, b"\3"), "unknown version"),
    "empty index": (resized(".idx", 0), "empty"),
    "index cut off": (resized(".idx", -1), "another length"),
    "index cut off in its counts": (lambda index: os.truncate(index, 500), "table of counts"),
    "index cut off after its counts": (lambda index: os.truncate(index, BIG_INDEX), "another length"),
    "index too long": (resized(".idx", 3), "another length"),
    "counts that go down": (replaced(".idx", 8, b"\0\0\1\0"), "table of counts"),
    "too many objects": (replaced(".idx", BIG_INDEX - 4, b"\xff\xff\xff\xff"), "table of counts"),
    "empty pack": (resized(".pack", 0), "empty"),
    "pack cut off": (resized(".pack", -3), "another checksum"),
    "pack of a few bytes": (lambda index: os.truncate(index.with_suffix(".pack"), 14), "number of objects"),
    "no pack": (replaced(".pack", 0, b"KCAP"), "unknown version"),
    "pack of version 4": (replaced(".pack", 7, b"\4"), "unknown version"),
    "another number of objects": (replaced(".pack", 11, b"\3"), "number of objects"),
    "another pack": (replaced(".pack", 30, b"x"), None),
    "another index": (replaced(".idx", OFFSETS + 8, b"x"), "another checksum"),
    "one offset twice": (replaced(".idx", OFFSETS + 4, b"\0\0\0\x0c"), "out of order"),
    "offset into the header": (replaced(".idx", OFFSETS, b"\0\0\0\x0b"), "within the pack's header"),
    "offset beyond the pack": (replaced(".idx", OFFSETS, b"\0\1\0\0"), "out of order"),
    "missing long offset": (replaced(".idx", OFFSETS, b"\x80\0\0\0"), "8 bytes"),
}


@pytest.mark.parametrize("which", BAD_FILES)
def test_files_that_do_not_fit_are_refused(tmp_path: Path, which: str) -> None:
    damage, reason = BAD_FILES[which]
    index = write_pack(tmp_path, [entry(BLOB, b"text"), entry(BLOB, b"more text")])
    damage(index)
    if reason is None:  # inside an entry: found when that is read
        assert open_pack(index, 20).count == 2
        return
    with pytest.raises(PackError, match=reason):
        open_pack(index, 20)


@pytest.mark.parametrize(("offset", "reason"), [(1 << 63, "8 bytes"), (1 << 62, "out of order"), (12, None)])
def test_offsets_of_eight_bytes(tmp_path: Path, offset: int, reason: str | None) -> None:
    index = write_pack(tmp_path, [entry(BLOB, b"text")], {0: 1 << 31})
    data = index.read_bytes()
    index.write_bytes(data[:-40] + struct.pack(">Q", offset) + data[-40:])
    if reason is None:
        assert open_pack(index, 20).inflate(0, LIMIT) == b"text"
    else:
        with pytest.raises(PackError, match=reason):
            open_pack(index, 20)


def test_an_index_of_the_other_hash(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        open_pack(write_pack(tmp_path, [entry(BLOB, b"text")]), 32)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    index = write_pack(tmp_path, [entry(BLOB, b"text")])
    index.with_suffix(".pack").unlink()
    index.with_suffix(".pack").mkdir()
    with pytest.raises(PackError, match="directory"):
        open_pack(index, 20)


@given(
    changes=st.lists(st.tuples(st.booleans(), st.integers(0, 1 << 16), st.integers(0, 255)), max_size=6),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_raises_only_what_is_announced(
    tmp_path: Path, delta: ModuleType, changes: list[tuple[bool, int, int]]
) -> None:
    first = entry(BLOB, b"some text\n" * 9)
    code = b"\x5a\x1c\x90\x14\x08new\nline"
    by_offset = entry(OFS_DELTA, code, bytes([len(first)]))
    index = write_pack(tmp_path, [first, by_offset, *(entry(REF_DELTA, code, name(i)) for i in (0, 2, 4))])
    for in_index, at, octet in changes:
        file = index if in_index else index.with_suffix(".pack")
        end = file.stat().st_size - 20 * (1 + in_index)
        replaced(file.suffix, 8 + at % (end - 8), bytes([octet]))(index)
    try:
        pack = open_pack(index, 20)
    except PackError:
        return
    for root in pack.roots:
        stack: list[tuple[int, Any]] = [(root, None)]
        while stack:
            position, base = stack.pop()
            try:
                content = pack.inflate(position, LIMIT)
                if base is not None:
                    content = delta.apply_delta(base, content, 1, LIMIT)[0]
            except (CorruptEntry, EntryTooLarge, delta.BadDelta):
                continue
            stack += [(child, content) for child in pack.children(position)]


def test_at_most_64_bytes_an_object(tmp_path: Path) -> None:
    pack = made(tmp_path, *[entry(BLOB, b"x")] * 250)
    kept = [value for value in vars(pack).values() if isinstance(value, array | bytearray)]
    fanout = 256 * 4
    assert sum(map(sys.getsizeof, kept)) - fanout < 64 * pack.count + 100 * len(kept)


def test_arrays_that_do_not_fit_are_refused(entries: ModuleType) -> None:
    one, two = array("q", [0]), array("q", [0, 1])
    short, three = array("i", [0]), array("i", [0, 0, 0])
    calls: list[Callable[[], object]] = [
        lambda: entries.read_offsets(b"123", b"", one),
        lambda: entries.read_headers(b"xx", two, two, bytearray(1), bytearray(1), short, 20),
        lambda: entries.read_headers(b"", two, one, bytearray(1), bytearray(1), short, 20),
        lambda: entries.resolve_refs(b"", two, bytearray(1), bytearray(1), three, b"", one, one, 20),
        lambda: entries.resolve_kinds(bytearray(2), short),
        lambda: entries.link(bytearray(1), BLOB, short, two, three, short),
    ]
    for call in calls:
        with pytest.raises((ValueError, TypeError)):
            call()


def test_find_looks_only_where_there_is_something(entries: ModuleType) -> None:
    fanout = array("I", [1] * 256)
    assert entries.find(name(0), fanout, name(0), 20) == 0
    assert entries.find(b"", fanout, name(0), 20) == -1
    assert entries.find(name(0), fanout, name(0)[:19], 20) == -1
    assert entries.find(name(0), fanout[:255], name(0), 20) == -1
    assert entries.find(b"", fanout, b"", 0) == -1


def test_kinds_of_deltas_without_a_base_in_range(entries: ModuleType) -> None:
    kinds = bytearray([6, 7, 6, 3])
    entries.resolve_kinds(kinds, array("i", [-1, 9, 3, -1]))
    assert list(kinds) == [UNREADABLE, UNREADABLE, BLOB, BLOB]


@given(offsets=st.lists(st.integers(0, (1 << 63) - 1) | st.integers(0, 5000)))
@settings(max_examples=100)
def test_sorting_by_offset_is_stable(entries: ModuleType, offsets: list[int]) -> None:
    order, starts = entries.by_offset(array("q", offsets), 7)
    assert list(order) == sorted(range(len(offsets)), key=offsets.__getitem__)
    assert list(starts) == [*sorted(offsets), 7]
