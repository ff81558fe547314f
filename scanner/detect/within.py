"""Where patterns occur in a whole text, and which allowlists hold since the secret stands within one.

A line does not tell that it is part of an encrypted block; the text around it does. The text is looked
through only once something was found in it that nothing else allows.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Sequence

from scanner.detect.allowlist import Verdict, judge_content
from scanner.detect.shape import necessary
from scanner.detect.words import lower
from scanner.model import Allowlist
from scanner.regexp import compile_pattern


class Enclosures:
    """Where patterns occur in `text`, which is valid UTF-8; each is looked for when first asked of."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._found: dict[str, tuple[list[int], list[int]]] = {}

    def hold(self, patterns: Sequence[str], start: int, end: int) -> bool:
        """Whether the bytes from `start` to `end` lie in one occurrence of one of `patterns`."""
        return any(self._holds(pattern, start, end) for pattern in patterns)

    def _holds(self, pattern: str, start: int, end: int) -> bool:
        if pattern not in self._found:
            self._found[pattern] = self._search(pattern)
        starts, ends = self._found[pattern]
        before = bisect_right(starts, start)
        return before > 0 and end <= ends[before - 1]

    def _search(self, pattern: str) -> tuple[list[int], list[int]]:
        if not all(any(word in self._lowered for word in words) for words in _words(pattern)):
            return [], []
        spans = list(compile_pattern(pattern).spans(self._text))
        return [start for start, _ in spans], [end for _, end in spans]

    @functools.cached_property
    def _lowered(self) -> bytes:
        return lower(self._text)


@functools.cache
def _words(pattern: str) -> tuple[tuple[bytes, ...], ...]:
    """Sets of words of which each text with a match has one of each."""
    return tuple(tuple(word.encode() for word in sorted(words)) for words in necessary(pattern))


def allowed_within(
    allowlists: Sequence[Allowlist],
    enclosures: Enclosures,
    place: tuple[int, int],
    texts: tuple[bytes, bytes, bytes],
) -> tuple[Allowlist, ...] | None:
    """Allowlists that now hang on the place alone; None when one holds by content.

    Args:
        allowlists: those with ``within``.
        enclosures: of the text before any decoding.
        place: start and end of the secret there.
        texts: the secret, the match and its lines, as for `judge_content`.
    """
    by_place = []
    for allowlist in allowlists:
        verdict = judge_content(allowlist, *texts, lambda patterns: enclosures.hold(patterns, *place))
        if verdict is Verdict.YES:
            return None
        if verdict is Verdict.PLACE:
            by_place.append(allowlist)
    return tuple(by_place)
