"""Decodes what is encoded inside a text, one layer a pass, and maps places in the result back.

What counts as encoded, and which of two neighbours goes first, is what Gitleaks does: percent escapes,
then Unicode escapes, then hexadecimal, then base64. A pass is linear in the text, and nearly free where
nothing is encoded: RE2 finds `CANDIDATE`, and only that is looked at further.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from scanner.regexp import compile_pattern

KINDS = ("percent", "unicode", "hex", "base64")
"""Kinds of encoding; of two neighbours that touch, the later one in this order waits for the next pass."""

_PERCENT, _UNICODE, _HEX, _BASE64 = range(4)

# Decoded bytes must be 0x09 to 0x7E. So each hexadecimal pair is in that range, and each base64 group of
# four has its first value in 2..31, bit 3 of its second clear, and bit 1 of its third clear. These rule out
# nearly every identifier and digest that merely looks encoded.
_PRINTABLE_PAIR = "(?:0[9A-Fa-f]|[1-6][0-9A-Fa-f]|7[0-9A-Ea-e])"
_PRINTABLE_GROUP = "[C-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][0-9A-Za-z_/+-]"

CANDIDATE = (
    r"%[0-9A-Fa-f]{2}(?:.*%[0-9A-Fa-f]{2})?"
    r"|(?:\\{1,2}[uU][0-9A-Fa-f]{4})+"
    r"|U\+[0-9A-Fa-f]{4}"
    rf"|(?:\A|[^0-9A-Za-z_/+-])(?:{_PRINTABLE_PAIR}{{8}}[0-9A-Fa-f]{{16}}|(?:{_PRINTABLE_GROUP}){{4}})"
)
"""RE2 pattern of where something encoded may begin: a text without a match of it is not changed by `decode`.

It has no look-around, so that any engine can run it."""

_CODE_POINTS = re.compile(rb"(?:U\+[0-9A-Fa-f]{4}(?:[\t\n\f\r ]|\Z))+")
_CODE_POINT_LENGTH = len("U+0041 ")
_RUN = re.compile(rb"([\w/+-]+)={0,2}")
_RUN_BYTES = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz/+-"
_RUN_LENGTH = 16
_HEX_DIGITS = re.compile(rb"[0-9A-Fa-f]{32,}")
_FOUR_HEX_DIGITS = re.compile(rb"[0-9A-Fa-f]{4}")
_UNPRINTABLE_ESCAPE = re.compile(rb"%(?:0[0-8]|7[Ff]|[89A-Fa-f][0-9A-Fa-f])")
_PRINTABLE = bytes(range(0x09, 0x7F))
_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")

# What goes first when it begins right where one of lower precedence ends.
_PERCENT_NEXT = re.compile(rb"%[0-9A-Fa-f]{2}")
_ESCAPE_NEXT = re.compile(rb"\\{1,2}[uU][0-9A-Fa-f]{4}")
_HIGHER_NEXT = re.compile(
    rb"%[0-9A-Fa-f]{2}|\\{1,2}[uU][0-9A-Fa-f]{4}|U\+[0-9A-Fa-f]{4}(?:[\t\n\f\r ]|\Z)|[0-9A-Fa-f]{32}"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a pass's text that was decoded in this pass. Spans are byte offsets, the end exclusive.

    Attributes:
        start, end: where it is in the decoded text.
        encoded_start, encoded_end: where it was in the text that was decoded.
        original_start, original_end: where all it came from was in the text before any decoding.
        kinds: the encodings that were removed here, in this pass and before, in the order of `KINDS`.
        before: all segments of the pass before.
    """

    start: int
    end: int
    encoded_start: int
    encoded_end: int
    original_start: int
    original_end: int
    kinds: tuple[str, ...]
    before: Sequence[Segment] = field(default=(), repr=False, compare=False)


class _Encoded(NamedTuple):
    """A span that looks encoded, and the index in `KINDS` of how."""

    start: int
    end: int
    kind: int


def decode(text: bytes, segments: Sequence[Segment]) -> tuple[bytes, list[Segment]] | None:
    """Decode one layer of everything in `text` that is encoded.

    Args:
        text: valid UTF-8: the original text, or what the pass before returned.
        segments: what the pass before returned; empty for the first.

    Returns:
        The decoded text and what was decoded in it, in order, or None where nothing is encoded.
    """
    pieces: list[bytes] = []
    found: list[Segment] = []
    copied = shift = 0
    for start, end, kind in _encoded(text):
        decoded = _decoded(text[start:end], kind)
        if not decoded:
            continue
        pieces += (text[copied:start], decoded)
        copied = end
        at = start + shift
        shift += len(decoded) - (end - start)
        original_start, original_end = origin(start, end, segments)
        kinds = _kinds(_touched(start, end, segments), KINDS[kind])
        found.append(
            Segment(at, at + len(decoded), start, end, original_start, original_end, kinds, segments)
        )
    return (b"".join((*pieces, text[copied:])), found) if found else None


def locate(start: int, end: int, segments: Sequence[Segment]) -> tuple[int, int, tuple[str, ...]] | None:
    """Where a match in a decoded text is in the original.

    Args:
        start, end: the match's span in the decoded text.
        segments: what `decode` returned with that text.

    Returns:
        Start and end in the original text and the ``decoded:<kind>`` tags; None where the match touches
        nothing that this pass decoded (even a shared border counts), so that it was there before. What
        lies inside one segment has the whole encoded span as its place.
    """
    touched = _touched(start, end, segments)
    if not touched:
        return None
    original_start, original_end = origin(start, end, segments)
    return original_start, original_end, tuple(f"decoded:{kind}" for kind in _kinds(touched))


def origin(start: int, end: int, segments: Sequence[Segment]) -> tuple[int, int]:
    """The span in the original text of a span in the text of the pass that has these segments."""
    while segments:
        touched = _touched(start, end, segments)
        for segment in touched:
            if segment.start <= start and end <= segment.end:
                return segment.original_start, segment.original_end
        if touched:
            first, last = touched[0], touched[-1]
            start = first.encoded_start + min(start - first.start, 0)
            end = last.encoded_end + max(end - last.end, 0)
        else:
            before = bisect_left(segments, start, key=_END)
            shift = segments[before - 1].encoded_end - segments[before - 1].end if before else 0
            start, end = start + shift, end + shift
        segments = segments[0].before
    return start, end


_START, _END = attrgetter("start"), attrgetter("end")


def _touched(start: int, end: int, segments: Sequence[Segment]) -> Sequence[Segment]:
    return segments[bisect_left(segments, start, key=_END) : bisect_right(segments, end, key=_START)]


def _kinds(segments: Sequence[Segment], *kinds: str) -> tuple[str, ...]:
    present = {*kinds, *(kind for segment in segments for kind in segment.kinds)}
    return tuple(kind for kind in KINDS if kind in present)


def _encoded(text: bytes) -> Iterator[_Encoded]:
    """What may be decoded in this pass, in order: those that touch one of higher precedence are left out."""
    higher = _Encoded(0, -1, _PERCENT)  # the last of the two kinds that may end where another begins
    for ((start, end),) in compile_pattern(CANDIDATE).finditer(text):
        if start < higher.end:
            continue
        encoded = _classify(text, start, end, max(higher.end, 0))
        if encoded is None:
            continue
        waits = higher.end == encoded.start and higher.kind < encoded.kind
        if encoded.kind <= _UNICODE:
            higher = encoded
        following = _PERCENT_NEXT if encoded.kind == _UNICODE else _HIGHER_NEXT
        if not waits and (encoded.kind == _PERCENT or not following.match(text, encoded.end)):
            yield encoded


def _classify(text: bytes, start: int, end: int, free: int) -> _Encoded | None:
    """The encoded span that a candidate begins, if it does; `free` is where the one before it ended."""
    if _PERCENT_NEXT.match(text, start):
        return _Encoded(start, end, _PERCENT)
    if _ESCAPE_NEXT.match(text, start):
        return _Encoded(start, end, _UNICODE)
    if text.startswith(b"U+", start):
        return _code_points(text, start, free)
    run = _RUN.search(text, start)
    if run is None:
        return None
    digits = _HEX_DIGITS.match(text, run.start())
    if digits:
        return _Encoded(digits.start(), digits.end(), _HEX)
    return _Encoded(run.start(), run.end(), _BASE64)


def _code_points(text: bytes, start: int, free: int) -> _Encoded | None:
    """The run of ``U+0041 ``… at `start`, less its first one where that ends what looks like base64."""
    points = _CODE_POINTS.match(text, start)
    if points is None:
        return None
    run = _run_start(text, start, free)
    digits = _HEX_DIGITS.match(text, run, start)
    if start + _CODE_POINT_LENGTH - 1 - (digits.end() if digits else run) < _RUN_LENGTH:
        return _Encoded(start, points.end(), _UNICODE)
    start += _CODE_POINT_LENGTH
    return _Encoded(start, points.end(), _UNICODE) if start < points.end() else None


def _run_start(text: bytes, end: int, lowest: int) -> int:
    """Where the bytes that may be base64 begin that stand before `end`, looking back in growing steps."""
    step = 64
    while True:
        low = max(lowest, end - step)
        rest = text[low:end].rstrip(_RUN_BYTES)
        if rest or low == lowest:
            return low + len(rest)
        step *= 2


def _decoded(encoded: bytes, kind: int) -> bytes:
    """`encoded` decoded, or nothing where it is no such encoding of printable ASCII."""
    return (_from_percent, _from_unicode, _from_hex, _from_base64)[kind](encoded)


def _from_percent(encoded: bytes) -> bytes:
    return b"" if _UNPRINTABLE_ESCAPE.search(encoded) else unquote_to_bytes(encoded)


def _from_unicode(encoded: bytes) -> bytes:
    # As in Go, half a surrogate pair becomes U+FFFD.
    points = (int(digits, 16) for digits in _FOUR_HEX_DIGITS.findall(encoded))
    return "".join("\ufffd" if 0xD800 <= point < 0xE000 else chr(point) for point in points).encode()


def _from_hex(encoded: bytes) -> bytes:
    return b"" if len(encoded) % 2 else _printable(bytes.fromhex(encoded.decode("ascii")))


def _from_base64(encoded: bytes) -> bytes:
    """Padded standard alphabet, or unpadded URL alphabet; words without a digit or sign are just words."""
    body = encoded.rstrip(b"=")
    standard = len(encoded) % 4 == 0 and b"-" not in body and b"_" not in body
    url = body == encoded and len(body) % 4 != 1 and b"+" not in body and b"/" not in body
    if body.isalpha() or not (standard or url):
        return b""
    return _printable(a2b_base64(body.translate(_STANDARD_ALPHABET) + b"=" * (-len(body) % 4)))


def _printable(decoded: bytes) -> bytes:
    return b"" if decoded.translate(None, _PRINTABLE) else decoded
