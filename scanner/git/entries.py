# cython: boundscheck=False, wraparound=False, language_level=3, annotation_typing=False
"""The arithmetic of a pack's entries: their order, headers, and which is a delta of which.

Plain functions over buffers, without I/O. The bytes are a stranger's: every length and offset in them is
checked. With a C compiler this module is compiled; `entries.pxd` holds its C types. Without, it runs as it
stands. Formats: gitformat-pack(5). A *position* counts a pack's objects in the order of their offsets.
"""

from __future__ import annotations

from array import array
from mmap import mmap

Bytes = bytes | bytearray | memoryview | mmap

# Kinds of entries: Git's numbers, and two that it does not use.
_UNREADABLE = 0
_VISITED = 5
_OFS_DELTA = 6
_REF_DELTA = 7

_FAR = 1 << 55  # bytes; more than a pack has, and does not overflow when shifted by 7

_DIGIT_BITS = 11
_DIGIT = 0x7FF


def read_offsets(small: Bytes, large: Bytes, offsets: array[int]) -> None:
    """Read the offsets in an index, version 2, in the index's order.

    Args:
        small: its table of 4-byte offsets.
        large: its table of 8-byte offsets, to which entries of `small` with the highest bit set refer.
        offsets: where to put them; type code q, as long as the index has objects.

    Raises:
        ValueError: the tables do not fit.
    """
    if len(small) != 4 * len(offsets):
        raise ValueError("the table of offsets has another length")
    for i in range(len(offsets)):
        offset = 0
        for at in range(4 * i, 4 * i + 4):
            offset = offset << 8 | small[at]
        if offset >> 31:
            entry = (offset & 0x7FFFFFFF) * 8
            if entry + 8 > len(large) or large[entry] & 128:
                raise ValueError("an offset of 8 bytes is missing or beyond any pack")
            offset = 0
            for at in range(entry, entry + 8):
                offset = offset << 8 | large[at]
        offsets[i] = offset


def by_offset(offsets: array[int], end: int) -> tuple[array[int], array[int]]:
    """Sort the objects of a pack by their offsets.

    Args:
        offsets: in the index's order (type code q).
        end: where in the pack the last object ends.

    Returns:
        The indices of `offsets` in ascending order of the offsets (type code I), and the offsets in that
        order with `end` behind them (type code q).
    """
    order = array("I", [0]) * len(offsets)
    other = array("I", [0]) * len(offsets)
    items = order
    highest = 0
    for i in range(len(offsets)):
        highest = max(highest, offsets[i])
        items[i] = i
    shift = 0
    while shift < 63 and highest >> shift:
        _scatter(offsets, order, other, array("I", [0]) * (_DIGIT + 1), shift)
        order, other = other, order
        shift += _DIGIT_BITS
    starts = array("q", [end]) * (len(offsets) + 1)
    items, sorted_offsets = order, starts
    for i in range(len(offsets)):
        sorted_offsets[i] = offsets[items[i]]
    return order, starts


def _scatter(
    keys: array[int], source: array[int], target: array[int], counts: array[int], shift: int
) -> None:
    """One pass of a radix sort: `source` into `target`, by one digit of the keys."""
    for i in range(len(keys)):
        counts[(keys[i] >> shift) & _DIGIT] += 1
    total = 0
    for digit in range(_DIGIT + 1):
        count = counts[digit]
        counts[digit] = total
        total += count
    for i in range(len(keys)):
        item = source[i]
        digit = (keys[item] >> shift) & _DIGIT
        target[counts[digit]] = item
        counts[digit] += 1


def find(ids: Bytes, fanout: array[int], id: Bytes, hash_size: int) -> int:
    """Where in an index an object is; -1 where it is not.

    Args:
        ids: the sorted object names, `hash_size` bytes each.
        fanout: how many of them begin with a byte up to that number; 256 entries, type code I.
        id: the object's name.
        hash_size: bytes of a name: 20 or 32.
    """
    if len(id) != hash_size or hash_size == 0 or len(fanout) != 256:
        return -1
    low = fanout[id[0] - 1] if id[0] else 0
    high = min(fanout[id[0]], len(ids) // hash_size)
    while low < high:
        middle = (low + high) >> 1
        at = middle * hash_size
        same = 0
        while same < hash_size and ids[at + same] == id[same]:
            same += 1
        if same == hash_size:
            return middle
        if ids[at + same] < id[same]:
            low = middle + 1
        else:
            high = middle
    return -1


def _position(starts: array[int], offset: int, high: int) -> int:
    """The position below `high` of the object at an offset; -1 where none begins there."""
    low, end = 0, high
    while low < high:
        middle = (low + high) >> 1
        if starts[middle] < offset:
            low = middle + 1
        else:
            high = middle
    return low if low < end and starts[low] == offset else -1


def read_headers(
    pack: Bytes,
    starts: array[int],
    sizes: array[int],
    kinds: bytearray,
    header_lengths: bytearray,
    bases: array[int],
    hash_size: int,
) -> None:
    """Read the headers of all entries of a pack. Kinds of deltas are left for `resolve_kinds`.

    Args:
        pack: the whole pack.
        starts: the objects' offsets, ascending, and the offset where the last ends (type code q).
        sizes: filled with the sizes after inflating (type code q).
        kinds: filled with each object's kind; 0 where the header is nonsense.
        header_lengths: filled with the bytes before the deflated stream.
        bases: filled with the positions of the bases of offset deltas, -1 for all others (type code i).
        hash_size: bytes of an object's name: 20 or 32.

    Raises:
        ValueError: the arrays are not of one length, or the offsets not in the pack.
    """
    count = len(starts) - 1
    if not len(kinds) == len(sizes) == len(header_lengths) == len(bases) == count:
        raise ValueError("arrays of different lengths")
    for i in range(count):
        at, end = starts[i], starts[i + 1]
        if at < 0 or at >= end or end > len(pack):
            raise ValueError("offsets out of order")
        octet = pack[at]
        at += 1
        kind, size, shift = octet >> 4 & 7, octet & 15, 4
        while octet & 128 and at < end and shift < 60:
            octet = pack[at]
            at += 1
            size |= (octet & 127) << shift
            shift += 7
        bases[i] = -1
        if kind == _OFS_DELTA and not octet & 128:
            bases[i], at = _ofs_base(pack, starts, i, at)
            if bases[i] < 0:
                kind = _UNREADABLE
        elif kind == _REF_DELTA:
            at += hash_size
        nonsense = octet & 128 or at >= end or kind == _VISITED
        kinds[i] = _UNREADABLE if nonsense else kind
        sizes[i] = size
        header_lengths[i] = at - starts[i]


def _ofs_base(pack: Bytes, starts: array[int], i: int, at: int) -> tuple[int, int]:
    """Position of the base (-1 for nonsense), and the offset after the number that says it."""
    end = starts[i + 1]
    octet, distance = 128, -1
    while octet & 128 and at < end and distance < _FAR:
        octet = pack[at]
        at += 1
        distance = (distance + 1) << 7 | (octet & 127)
    if octet & 128 or distance == 0 or distance > starts[i]:
        return -1, at
    return _position(starts, starts[i] - distance, i), at


def resolve_refs(
    pack: Bytes,
    starts: array[int],
    kinds: bytearray,
    header_lengths: bytearray,
    bases: array[int],
    ids: Bytes,
    fanout: array[int],
    offsets: array[int],
    hash_size: int,
) -> None:
    """Find the bases of deltas that name theirs by id; a delta without base becomes 0.

    Args: as of `read_headers`, after it; `ids`, `fanout`, `hash_size` as of `find`; `offsets` by `ids`.
    """
    count = len(starts) - 1
    if not len(kinds) == len(header_lengths) == len(bases) == len(offsets) == count:
        raise ValueError("arrays of different lengths")
    for i in range(count):
        if kinds[i] == _REF_DELTA:
            end = starts[i] + header_lengths[i]
            found = -1
            if hash_size <= end <= len(pack):
                found = find(ids, fanout, pack[end - hash_size : end], hash_size)
            if found >= 0:
                bases[i] = _position(starts, offsets[found], count)
            if bases[i] < 0:
                kinds[i] = _UNREADABLE


def resolve_kinds(kinds: bytearray, bases: array[int]) -> None:
    """Give deltas the kinds of what they are based on; 0 where they are so on each other."""
    count = len(kinds)
    if len(bases) != count:
        raise ValueError("arrays of different lengths")
    for i in range(count):
        at = i
        while kinds[at] >= _OFS_DELTA and 0 <= bases[at] < count:
            kinds[at] = _VISITED
            at = bases[at]
        kind = kinds[at] if kinds[at] < _VISITED else _UNREADABLE
        at = i
        while 0 <= at < count and kinds[at] >= _VISITED:
            kinds[at] = kind
            at = bases[at]


def link(
    kinds: bytearray,
    kind: int,
    bases: array[int],
    starts: array[int],
    first_child: array[int],
    next_sibling: array[int],
) -> tuple[array[int], array[int]]:
    """Link each object of one kind to the deltas based on it, in the order of the pack.

    Args:
        kinds, bases, starts: as of `read_headers`, after `resolve_kinds`.
        kind: which objects to link.
        first_child, next_sibling: filled with positions; -1 for none (type code i).

    Returns:
        The positions of those objects that are no deltas (type code I), and of each the bytes in the pack of
        itself and all that are based on it (type code q).
    """
    count = len(kinds)
    if not len(bases) == len(starts) - 1 == len(first_child) == len(next_sibling) == count:
        raise ValueError("arrays of different lengths")
    for i in range(count):
        first_child[i] = next_sibling[i] = -1
    roots, weights = array("I"), array("q")
    for i in range(count - 1, -1, -1):
        base = bases[i]
        if kinds[i] == kind and 0 <= base < count:
            next_sibling[i] = first_child[base]
            first_child[base] = i
    for i in range(count):
        if kinds[i] == kind and bases[i] < 0:
            roots.append(i)
            weights.append(_weight(i, bases, starts, first_child, next_sibling))
    return roots, weights


def mark_others(kinds: bytearray, kind: int, order: array[int], marks: bytearray) -> None:
    """Set a 1 for each object that is not of a kind.

    Args:
        kinds: by position.
        order: where each position stands in the index (type code I).
        marks: in the index's order, as long as `kinds`.
    """
    count = len(kinds)
    if not len(order) == len(marks) == count:
        raise ValueError("arrays of different lengths")
    for i in range(count):
        if kinds[i] != kind and order[i] < count:
            marks[order[i]] = 1


def _weight(
    root: int, bases: array[int], starts: array[int], first_child: array[int], next_sibling: array[int]
) -> int:
    at = root
    weight = starts[at + 1] - starts[at]
    while True:
        if first_child[at] >= 0:
            at = first_child[at]
        else:
            while at != root and next_sibling[at] < 0:
                at = bases[at]
            if at == root:
                return weight
            at = next_sibling[at]
        weight += starts[at + 1] - starts[at]
