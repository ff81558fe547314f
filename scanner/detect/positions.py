"""Lines and columns of byte offsets in a text. Both count from 1; columns are bytes."""

from __future__ import annotations

from bisect import bisect_right


class Lines:
    """Where the lines of `text` begin; found when first asked, since most texts have no match."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._starts: list[int] = []

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the byte at `offset`."""
        if not self._starts:
            self._starts = _line_starts(self._text)
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> tuple[int, int, int, int]:
        """Start line, end line, start column and end column (inclusive) of the bytes `start` to `end`."""
        start_line, start_column = self.position(start)
        end_line, end_column = self.position(max(start, end - 1))
        return start_line, end_line, start_column, end_column


def _line_starts(text: bytes) -> list[int]:
    starts = [0]
    found = text.find(b"\n")
    while found >= 0:
        starts.append(found + 1)
        found = text.find(b"\n", found + 1)
    return starts


LINE_REACH = 16384
"""How far a line is followed, in bytes, to either side of a match. Minified files have lines of
megabytes with thousands of matches; looking through all of it for each would never end."""


def whole_lines(text: bytes, start: int, end: int) -> bytes:
    """The line or lines that the bytes `start` to `end` touch, without the newline at their end.

    A line longer than `LINE_REACH` to one side is cut there.
    """
    first = max(0, start - LINE_REACH)
    begin = max(text.rfind(b"\n", first, start) + 1, first)
    last = min(len(text), end + LINE_REACH)
    finish = text.find(b"\n", max(start, end - 1), last)
    return text[begin : finish if finish >= 0 else last]
