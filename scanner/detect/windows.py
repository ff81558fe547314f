"""The lines around where something may match: all that has to be read to tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_BLANK = ord(" ")  # and all below


def windows(text: bytes, points: Sequence[int], margin: int) -> Iterator[tuple[int, int]]:
    """The whole lines in which matches can stand that end at `points` or reach beyond them.

    Args:
        points: ascending; each at the end of a match, or inside of one.
        margin: at least how many bytes that are not blank lie before and behind the line of a point in its
            window, where there are as many, and so at least one line that is not blank.

    Returns:
        Start and end of each, ascending; those that overlap are one.
    """
    begin, finish, last = -1, 0, -1
    for point in points:
        if point <= last:
            continue
        line = text.rfind(b"\n", 0, max(point - 1, 0)) + 1
        start = text.rfind(b"\n", 0, _back(text, line, margin)) + 1
        if begin < 0 or start > finish:
            if begin >= 0:
                yield begin, finish
            begin = start
        last = _line_end(text, max(point - 1, 0))
        finish = _line_end(text, _forth(text, last, margin))
    if begin >= 0:
        yield begin, finish


def _line_end(text: bytes, at: int) -> int:
    return text.find(b"\n", at) + 1 or len(text)


def _back(text: bytes, at: int, margin: int) -> int:
    """Where `margin` bytes that are not blank lie before `at`."""
    while at > 0 and margin > 0:
        at -= 1
        margin -= text[at] > _BLANK
    return at


def _forth(text: bytes, at: int, margin: int) -> int:
    """Where the last of `margin` bytes that are not blank is behind `at`."""
    while at < len(text) and margin > 0:
        margin -= text[at] > _BLANK
        at += 1
    return max(at - 1, 0)
