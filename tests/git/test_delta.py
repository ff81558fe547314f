"""Applying deltas: against a slow and obvious version, on damaged ones, and in linear time."""

from __future__ import annotations

import time
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LIMIT = 1 << 20
NEAR = 128  # bytes

Operation = tuple[int, int] | bytes  # copy (start, length), or insertion


def number(value: int) -> bytes:
    """A size as deltas have it."""
    rest = b""
    while value >> 7:
        rest += bytes([value & 127 | 128])
        value >>= 7
    return rest + bytes([value])


def copy(start: int, length: int) -> bytes:
    """A copy operation, its operands as short as can be."""
    bits, operands = 128, b""
    length = 0 if length == 0x10000 else length
    for bit, octet in enumerate(start.to_bytes(4, "little") + length.to_bytes(3, "little")):
        if octet:
            bits |= 1 << bit
            operands += bytes([octet])
    return bytes([bits]) + operands


def encode(base: bytes, operations: list[Operation]) -> bytes:
    """The delta of these operations."""
    body, size = b"", 0
    for operation in operations:
        if isinstance(operation, bytes):
            body += bytes([len(operation)]) + operation
            size += len(operation)
        else:
            body += copy(*operation)
            size += operation[1]
    return number(len(base)) + number(size) + body


def trace(base: bytes, operations: list[Operation]) -> tuple[bytes, list[int | None]]:
    """The result, and of each of its bytes where in the base it comes from; None where it is inserted."""
    content, origins = b"", []
    for operation in operations:
        if isinstance(operation, bytes):
            content += operation
            origins += [None] * len(operation)
        else:
            start, length = operation
            content += base[start : start + length]
            origins += range(start, start + length)
    return content, origins


def windows(base: bytes, content: bytes, origins: list[int | None], margin: int) -> list[tuple[int, int]]:
    """The regions, from their definition."""
    size = len(content)
    touched = [(i, i + 1) for i, origin in enumerate(origins) if origin is None]
    for i, origin in enumerate(origins):
        before = origins[i - 1] if i else -1
        if origin is not None and (before is None or origin != before + 1):
            same = origin > 0 and i > 0 and base[origin - 1] == content[i - 1]
            touched.append((i, i if same else i + 1))
    if (origins[-1] if origins else -1) != len(base) - 1:
        touched.append((max(size - 1, 0), size))

    def begin(at: int) -> int:
        return content.rfind(b"\n", 0, at) + 1

    def end(at: int) -> int:
        found = content.find(b"\n", max(at - 1, 0))
        return size if found < 0 else found + 1 if at else 0

    def back(at: int) -> int:
        before = [i for i in range(at) if content[i] > 32]
        return before[-margin] if margin <= len(before) else 0

    def forth(at: int) -> int:
        after = [i for i in range(at, size) if content[i] > 32]
        return after[margin - 1] + 1 if margin <= len(after) else size

    merged: list[tuple[int, int]] = []
    for start, stop in sorted(touched):
        left = begin(back(begin(start)))
        right = end(forth(end(stop)))
        if merged and left <= merged[-1][1] + NEAR:
            merged[-1] = merged[-1][0], max(merged[-1][1], right)
        else:
            merged.append((left, right))
    return [(left, right) for left, right in merged if left < right]


@st.composite
def deltas(draw: Any) -> tuple[bytes, list[Operation]]:
    """A base of short and long lines, and operations that mostly go on where the last one ended."""
    lines = st.sampled_from(
        [b"", b"\n", b"a\n", b"\n\n", b"word " * 20 + b"\n", b"x" * 300, b"0123456789\n" * 9]
    )
    base = b"".join(draw(st.lists(lines, max_size=25)))
    operations: list[Operation] = []
    follows = 0
    for _ in range(draw(st.integers(0, 8))):
        inserted = draw(
            st.sampled_from([b"", b"", b"", b"\n", b"new", b"new\n", b"\nnew line\n", b"z" * 127])
        )
        if inserted:
            operations.append(inserted)
        moved = follows + draw(st.sampled_from([0, 0, 0, 1, -1, 5, -40, 200]))
        start = min(max(moved, 0), len(base))
        length = min(draw(st.sampled_from([1, 2, 11, 150, 400, 4000])), len(base) - start)
        if length:
            operations.append((start, length))
            follows = start + length
    if draw(st.booleans()) and follows < len(base):
        operations.append((follows, len(base) - follows))
    return base, operations


MARGINS = st.sampled_from([1, 2, 40])


@given(made=deltas(), margin=MARGINS)
@settings(max_examples=300, deadline=None)
def test_content_and_regions_are_those_of_the_definition(
    delta: ModuleType, made: tuple[bytes, list[Operation]], margin: int
) -> None:
    base, operations = made
    expected, origins = trace(base, operations)
    content, regions = delta.apply_delta(base, encode(base, operations), margin, LIMIT)
    assert content == expected
    assert regions == windows(base, expected, origins, margin)


@given(made=deltas(), margin=MARGINS)
@settings(max_examples=300, deadline=None)
def test_what_is_outside_of_regions_stands_in_the_base_with_its_neighbours(
    delta: ModuleType, made: tuple[bytes, list[Operation]], margin: int
) -> None:
    base, operations = made
    content, regions = delta.apply_delta(base, encode(base, operations), margin, LIMIT)
    edges = [0, *(edge for region in regions for edge in region), len(content)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if start == end:
            continue
        assert start == 0 or content[start - 1 : start] == b"\n"
        assert end == len(content) or content[end - 1 : end] == b"\n"
        wide = bytes(content[max(start - margin, 0) : end + margin])
        assert wide in base
        assert start or base.startswith(wide)
        assert end < len(content) or base.endswith(wide)


@given(made=deltas(), data=st.data())
@settings(max_examples=200, deadline=None)
def test_carry_finds_every_place_that_was_copied_whole(
    delta: ModuleType, made: tuple[bytes, list[Operation]], data: st.DataObject
) -> None:
    base, operations = made
    _, origins = trace(base, operations)
    place = st.integers(0, max(len(base) - 1, 0))
    drawn = data.draw(st.lists(st.tuples(place, st.integers(1, 30)), max_size=5 if base else 0))
    marks = sorted({(start, min(start + length, len(base))) for start, length in drawn})
    expected = [
        (at, at + end - start)
        for at in range(len(origins))
        for start, end in marks
        if origins[at : at + end - start] == list(range(start, end))
    ]
    assert delta.carry(encode(base, operations), marks) == expected


def test_every_length_of_a_copy(delta: ModuleType) -> None:
    base = bytes(range(256)) * 0x1100
    for start, length in [(0x01020304 % 0x10000, 0x10000), (0x10203, 0xFF01), (0, 0x10101), (1, 0x100000)]:
        content, regions = delta.apply_delta(base, encode(base, [(start, length)]), 1, 1 << 24)
        assert content == base[start : start + length]
        assert regions
    assert delta.apply_delta(base, encode(base, [(0, len(base))]), 1, 1 << 24) == (base, [])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_can_be_a_base_or_delta(delta: ModuleType, kind: type) -> None:
    code = encode(b"old\n", [(0, 4), b"new\n"])
    assert delta.apply_delta(kind(b"old\n"), kind(code), 1, LIMIT) == (b"old\nnew\n", [(0, 8)])
    assert delta.carry(kind(code), [(0, 3)]) == [(0, 3)]


BASE = b"some text"
BAD = {
    "nothing": (b"", "no sizes"),
    "one size": (b"\x09", "no sizes"),
    "a size that does not end": (b"\x09\xff\xff", "no sizes"),
    "a size of more than 63 bits": (b"\x09" + b"\xff" * 9 + b"\x01", "no sizes"),
    "another base": (b"\x08\x01\x01a", "another size"),
    "a huge result": (b"\x09" + number(1 << 60) + b"\x01a", "more than the limit"),
    "one byte over the limit": (b"\x09" + number(LIMIT + 1), "more than the limit"),
    "reserved operation": (b"\x09\x01\x00", "reserved"),
    "insertion cut off": (b"\x09\x05\x05abc", "ends within"),
    "operands cut off": (b"\x09\x05\xb0\x05", "ends within"),
    "offset cut off": (b"\x09\x05\x8f\x01\x02", "ends within"),
    "copy beyond the base": (b"\x09\x05\x91\x05\x05", "beyond its base"),
    "copy far beyond the base": (b"\x09\x05\x9f\xff\xff\xff\xff\x05", "beyond its base"),
    "too much copied": (b"\x09\x05\x90\x06", "more than it claims"),
    "too much inserted": (b"\x09\x01\x02ab", "more than it claims"),
    "too little": (b"\x09\x05\x90\x04", "less than it claims"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_deltas_are_refused_with_a_reason(delta: ModuleType, name: str) -> None:
    code, reason = BAD[name]
    with pytest.raises(delta.BadDelta, match=reason):
        delta.apply_delta(BASE, code, 1, LIMIT)


def test_carry_refuses_bad_deltas_too(delta: ModuleType) -> None:
    for code in [b"", b"\x09\x05\x91\x05\x05", b"\x09\x05\x90\x06", b"\x09\x01\x00", b"\x09\x05\xb0\x05"]:
        with pytest.raises(delta.BadDelta):
            delta.carry(code, [(0, 3)])


@given(made=deltas(), cuts=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=4))
@settings(max_examples=1000, deadline=None)
def test_damaged_deltas_raise_nothing_else(
    delta: ModuleType, made: tuple[bytes, list[Operation]], cuts: list[tuple[int, int]]
) -> None:
    base, operations = made
    code = bytearray(encode(base, operations))
    for at, octet in cuts:
        code[at % len(code)] = octet
    _try_all(delta, base, bytes(code))


@given(code=st.binary(max_size=60))
@settings(max_examples=1000, deadline=None)
def test_any_bytes_raise_nothing_else(delta: ModuleType, code: bytes) -> None:
    _try_all(delta, BASE, code)
    _try_all(delta, BASE, b"\x09" + code)


def _try_all(delta: ModuleType, base: bytes, code: bytes) -> None:
    try:
        content, regions = delta.apply_delta(base, code, 1, LIMIT)
    except delta.BadDelta:
        pass
    else:
        edges = [edge for region in regions for edge in region]
        assert edges == sorted(set(edges))
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(content))
    with suppress(delta.BadDelta):
        delta.carry(code, [(0, 4), (2, 9)])


def test_one_long_line_of_many_operations_takes_linear_time(delta: ModuleType) -> None:
    base = b"x" * (1 << 20)
    start = time.process_time()
    backwards: list[Operation] = [(at, 50) for at in range(len(base) - 50, 0, -50)]
    content, regions = delta.apply_delta(base, encode(base, backwards), 300, 1 << 24)
    assert regions == [(0, len(content))]
    # Short lines before a long one, each of which has the long one within its margin.
    short: list[Operation] = [b"y\n" * 60, (0, 1), b"\n"] * 3000 + [(0, len(base))]
    _, regions = delta.apply_delta(base, encode(base, short), 1 << 18, 1 << 24)
    assert time.process_time() - start < 10
