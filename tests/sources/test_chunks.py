"""Cutting streams: nothing is lost at a border, and memory stays bounded."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model import Fragment
from scanner.sources import chunks
from scanner.sources.chunks import Peeked, fragments


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(chunks, "LIMIT", 40)
    monkeypatch.setattr(chunks, "OVERLAP", 12)
    monkeypatch.setattr(chunks, "_READ", 7)
    monkeypatch.setattr(chunks, "HEAD_BYTES", 9)
    yield


class Failing(io.RawIOBase):
    """Gives `data`, then fails."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        piece = self._data.read(size)
        if not piece:
            raise OSError(5, "Input/output error")
        return piece


def cut(data: bytes) -> list[Fragment]:
    return list(fragments(Peeked(io.BytesIO(data)), b"p", b"l"))


def joined(pieces: list[Fragment]) -> bytes:
    return b"".join(piece.data[piece.known :] for piece in pieces)


def test_a_file_up_to_the_limit_is_one_fragment() -> None:
    data = b"line\n" * 1000
    assert cut(data) == [Fragment(data, b"p", b"l", 1, 0)]


@pytest.mark.usefixtures("small")
def test_pieces_begin_with_the_last_lines_of_the_one_before() -> None:
    first, second = cut(b"".join(b"line %02d\n" % number for number in range(8)))
    assert first.data.endswith(b"line 04\n") and first.first_line == 1 and first.known == 0
    assert second.data == b"line 04\nline 05\nline 06\nline 07\n"
    assert (second.known, second.first_line) == (8, 5)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", [39, 40, 41, 80, 500])
def test_an_endless_line_is_cut_all_the_same(size: int) -> None:
    data = bytes(65 + number % 26 for number in range(size))
    pieces = cut(data)
    assert joined(pieces) == data
    assert all(piece.first_line == 1 and len(piece.data) <= 40 + 7 + 12 for piece in pieces)
    assert [piece.known for piece in pieces[1:]] == [12] * (len(pieces) - 1)


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=60))
def test_nothing_is_lost_and_lines_are_counted(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "LIMIT", 40)
        patch.setattr(chunks, "OVERLAP", 12)
        patch.setattr(chunks, "_READ", 7)
        patch.setattr(chunks, "HEAD_BYTES", 9)
        pieces = cut(data)
    assert joined(pieces) == data
    at = 0
    for before, piece in zip([None, *pieces], pieces, strict=False):
        start = at - piece.known
        assert piece.first_line == 1 + data.count(b"\n", 0, start)
        assert before is None or before.data.endswith(piece.data[: piece.known])
        assert piece.known <= 12 and len(piece.data) <= 40 + 7 + 12
        at = start + len(piece.data)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("size", [1, 5, 9, 10, 40, 41, 47, 100])
def test_what_came_before_an_error_is_kept(size: int) -> None:
    data = b"abcdefg\n" * 20
    got: list[Fragment] = []
    with pytest.raises(OSError, match="Input/output"):
        for piece in fragments(Peeked(Failing(data[:size])), b""):
            got.append(piece)  # noqa: PERF402
    assert joined(got) == data[:size]


def test_an_error_at_once_is_raised_at_once() -> None:
    with pytest.raises(OSError, match="Input/output"):
        Peeked(Failing(b""))


class Endless:
    """Zero bytes, up to `left` of them, without holding them."""

    def __init__(self, left: int) -> None:
        self.left = left

    def read(self, size: int, /) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


def test_memory_does_not_grow_with_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "LIMIT", 1 << 20)
    tracemalloc.start()
    total = sum(len(piece.data) - piece.known for piece in fragments(Peeked(Endless(100 << 20)), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 100 << 20
    assert peak < 8 << 20
