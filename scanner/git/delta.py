# cython: boundscheck=False, wraparound=False, language_level=3, annotation_typing=False
"""Applies deltas, noting what of the result is new, and carries places of the base over to the result.

Plain functions over buffers, without I/O. The bytes are a stranger's: every length and offset in them is
checked. With a C compiler this module is compiled; `delta.pxd` holds its C types. Without, it runs as it
stands. Format: gitformat-pack(5), "Deltified representation".
"""

from __future__ import annotations

from bisect import bisect_left

Bytes = bytes | bytearray | memoryview
Spans = list[tuple[int, int]]  # starts and ends, in bytes

COMPILED = not __file__.endswith((".py", ".pyc"))

_LF = 10
_BLANK = 32  # and all below
_NEAR = 128  # bytes between two regions that cost less to scan than a further region
_OFFSET = 0xFFFFFFFF  # mask of a copy's operands: four bytes of offset, then three of length
_FULL_COPY = 0x10000  # bytes that a copy of length 0 copies


class BadDelta(ValueError):
    """A delta that cannot be applied; the message says why, and holds nothing of its bytes."""


def apply_delta(base: Bytes, delta: Bytes, margin: int, limit: int) -> tuple[bytearray, Spans]:
    """The content that a delta makes of its base, and where in it something may match that did not before.

    Touched are all inserted bytes, and every place where bytes meet that did not meet in the base, its
    begin and end included; with the byte behind it where that stood behind another one in the base, and so
    perhaps in another line. A region is something touched, widened to whole lines, then by `margin` on
    either side, then to whole lines. Regions up to 128 bytes apart are joined. Takes linear time.

    Args:
        base: content of the base.
        delta: the inflated delta.
        margin: bytes, at least 1, and so at least one line that is not blank on either side.
        limit: bytes that the content may have.

    Returns:
        The content, and the regions as (start, end), ascending, none empty.

    Raises:
        BadDelta: it is no delta, not one for that base, or makes more than `limit`.
    """
    margin = min(max(margin, 1), 1 << 40)
    content, touched = _rebuild(base, delta, limit, 2 * margin + _NEAR)
    return content, _regions(content, touched, margin)


def _rebuild(base: Bytes, delta: Bytes, limit: int, near: int) -> tuple[bytearray, list[int]]:
    """The content; and start and end in turn of what is touched, joined where up to `near` bytes apart."""
    _, size, at = _sizes(delta, len(base), limit)
    content = bytearray(size)
    target = content
    touched = []
    new = follows = 0  # lengths: of what is made; of the base up to where the last copy ended
    last = -1 - near  # where the touched place ends that is not yet in the list
    while at < len(delta):
        start, length, at = _operation(delta, at)
        if length > size - new:
            raise BadDelta("makes more than it claims")
        if start + length > len(base) and start >= 0:
            raise BadDelta("copies from beyond its base")
        if start != follows and new - last > near:
            touched += [last, new]
        if start < 0:
            target[new : new + length] = delta[at : at + length]
            at += length
            last = new + length
            follows = -2  # not where any operation begins
        else:
            target[new : new + length] = base[start : start + length]
            if start != follows:
                last = new + (start == 0 or new == 0 or base[start - 1] != target[new - 1])
            follows = start + length
        new += length
    if new != size:
        raise BadDelta("makes less than it claims")
    touched.append(last)
    if follows != len(base):
        touched += [max(size - 1, 0), size]
    return content, touched[1:]


def _regions(text: Bytes, touched: list[int], margin: int) -> Spans:
    """The regions around what is touched. Each byte is looked at twice at most."""
    regions: Spans = []
    left, right = -1, 0
    for i in range(0, len(touched), 2):
        start = _line_start(text, touched[i], right)
        start = _line_start(text, _back(text, start, margin, right), right)
        if left < 0:
            left = start
        elif start - right > _NEAR:
            regions.append((left, right))
            left = start
        # Where this gets to the next touched place, the two are in one region.
        stop = touched[i + 2] if i + 2 < len(touched) else len(text)
        right = _line_end(text, touched[i + 1], stop)
        right = _line_end(text, _forth(text, right, margin, stop), stop)
    if right > left >= 0:
        regions.append((left, right))
    return regions


def _back(text: Bytes, at: int, margin: int, low: int) -> int:
    """Where `margin` bytes that are not blank lie before `at`, or `low` where that comes first."""
    while at > low and margin > 0:
        at -= 1
        if text[at] > _BLANK:
            margin -= 1
    return at


def _forth(text: Bytes, at: int, margin: int, stop: int) -> int:
    """The end of the next `margin` bytes that are not blank, or `stop` where that comes first."""
    while at < stop and margin > 0:
        if text[at] > _BLANK:
            margin -= 1
        at += 1
    return at


def _line_start(text: Bytes, at: int, low: int) -> int:
    """The begin of the line that the byte at `at` is in, or `low` where that comes first."""
    while at > low and text[at - 1] != _LF:
        at -= 1
    return at


def _line_end(text: Bytes, at: int, stop: int) -> int:
    """The end, with its newline, of the line that the byte before `at` is in, or `stop`."""
    while 0 < at < stop and text[at - 1] != _LF:
        at += 1
    return at


def _sizes(code: Bytes, base_size: int, limit: int) -> tuple[int, int, int]:
    """The sizes of base and result that a delta claims, and the offset of its first operation.

    Args:
        code: the delta.
        base_size: what the first must be; -1 for any.
        limit: what the second may be.
    """
    claimed, at = _size(code, 0)
    size, at = _size(code, at)
    if at < 0:
        raise BadDelta("has no sizes")
    if base_size not in (-1, claimed):
        raise BadDelta("is for a base of another size")
    if size > limit:
        raise BadDelta("makes more than the limit")
    return claimed, size, at


def _size(code: Bytes, at: int) -> tuple[int, int]:
    """A number of at most 63 bits and the offset after it; -1 for the offset where there is none."""
    value = shift = 0
    octet = 128
    while octet & 128:
        if at < 0 or at >= len(code) or shift > 56:
            return 0, -1
        octet = code[at]
        at += 1
        value |= (octet & 127) << shift
        shift += 7
    return value, at


def _operation(code: Bytes, at: int) -> tuple[int, int, int]:
    """Where in the base an operation copies from (-1: it inserts), how many bytes, and the offset after it.

    For an insertion that is the offset of the bytes to insert, which are there.
    """
    operation = code[at]
    at += 1
    if operation < 128:
        if operation == 0:
            raise BadDelta("has a reserved operation")
        if operation > len(code) - at:
            raise BadDelta("ends within an operation")
        return -1, operation, at
    operands = 0
    for bit in range(7):
        if operation >> bit & 1:
            if at >= len(code):
                raise BadDelta("ends within an operation")
            octet = code[at]
            at += 1
            operands |= octet << 8 * bit
    return operands & _OFFSET, operands >> 32 or _FULL_COPY, at


def carry(delta: Bytes, marks: Spans) -> Spans:
    """Where places of a base are in what a delta makes of it.

    Args:
        delta: the inflated delta.
        marks: spans of the base, sorted.

    Returns:
        The spans, sorted, at which a whole mark was copied in one piece: none or several for a mark.

    Raises:
        BadDelta: it is no delta.
    """
    base_size, size, at = _sizes(delta, -1, 1 << 62)
    spans: Spans = []
    new = begin = 0  # length of what is made, and how much of it was made when the present piece began
    origin = 0  # where in the base that piece comes from
    while at < len(delta):
        start, length, at = _operation(delta, at)
        if length > size - new or (start >= 0 and start + length > base_size):
            raise BadDelta("copies from beyond its base, or makes more than it claims")
        if start != origin + new - begin:
            _carry_piece(marks, origin, new - begin, begin - origin, spans)
            origin, begin = start, new
        new += length
        if start < 0:
            at += length
            begin = new
    _carry_piece(marks, origin, new - begin, begin - origin, spans)
    return spans


def _carry_piece(marks: Spans, origin: int, length: int, shift: int, spans: Spans) -> None:
    """Append the marks that lie within one copied piece of the base, moved by `shift`, to `spans`."""
    for i in range(bisect_left(marks, (origin, origin)), len(marks)):
        start, end = marks[i]
        if start >= origin + length:
            return
        if end <= origin + length:
            spans.append((start + shift, end + shift))
