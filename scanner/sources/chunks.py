"""Cuts a stream of any length into fragments of bounded size, losing nothing at the borders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from scanner.model import Fragment
from scanner.sources.magic import HEAD_BYTES

LIMIT = 32 << 20
"""Bytes of a fragment: what is longer is cut into pieces of about this size."""

OVERLAP = 64 << 10
"""Bytes, at most, of a piece's last lines that the next one begins with; a longer match may be cut."""

_READ = 256 << 10


class Readable(Protocol):
    """What bytes can be read from, in order."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


class Peeked:
    """A stream whose beginning can be looked at before it is read.

    A stream that fails gives all that came before first; only then does the error come.

    Attributes:
        source: the stream itself; its beginning has been read.
        head: its first `HEAD_BYTES` bytes, or all there are.
    """

    def __init__(self, source: Readable) -> None:
        self.source = source
        self._error: Exception | None = None
        self._ended = False
        self._left = b""
        self.head = self._left = self.read(HEAD_BYTES)

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end or before an error, which the next call raises."""
        pieces, self._left = [self._left[:size]], self._left[size:]
        wanted = size - len(pieces[0])
        while wanted and not self._ended:
            try:
                piece = self.source.read(min(wanted, _READ))
            except Exception as error:
                self._error, piece = error, b""
            self._ended = not piece
            pieces.append(piece)
            wanted -= len(piece)
        data = b"".join(pieces)
        if self._error is not None and not data and size:
            raise self._error
        return data


def fragments(stream: Peeked, path: bytes, symlink: bytes = b"") -> Iterator[Fragment]:
    """The whole of `stream` as fragments.

    Up to `LIMIT` bytes are one fragment. Longer text is cut at ends of lines, and each piece begins with
    the last lines of the one before (`Fragment.known`), so that what stands across a border is in the
    later piece in full.

    Raises:
        Exception: whatever reading the stream raises, after what came before it.
    """
    text, known, line = b"", 0, 1
    while True:
        with suppress(Exception):  # the stream raises it again below
            text += stream.read(max(LIMIT + 1 - len(text), 0))
        if len(text) <= LIMIT:
            yield Fragment(text, path, symlink, line, known)
            stream.read(1)
            return
        cut = text.rfind(b"\n", known) + 1 or len(text)
        yield Fragment(text[:cut], path, symlink, line, known)
        start = _last_lines(text, cut)
        line += text.count(b"\n", 0, start)
        text, known = text[start:], cut - start


def _last_lines(text: bytes, end: int) -> int:
    """Where the last lines before `end` begin that are no longer than `OVERLAP` together."""
    lowest = max(end - OVERLAP, 0)
    start = text.find(b"\n", lowest, end - 1) + 1
    return start or lowest
