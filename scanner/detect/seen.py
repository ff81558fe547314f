"""What earlier decoding passes found, so that one secret is reported once.

A pass sees all of the text again, with what it decoded in place: a secret beside a decoded part would be
found a second time. Where decoding makes the match begin on another line, it is another finding, as its
fingerprint says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from scanner.model import Match

_Key = tuple[str, bytes, int]


class Seen:
    """Where each secret was found, as spans of the original text that are sorted and do not overlap."""

    def __init__(self) -> None:
        self._spans: dict[_Key, list[tuple[int, int]]] = {}

    def without_known(self, matches: Sequence[Match]) -> list[Match]:
        """Those `matches` of one pass that no earlier pass found at an overlapping place; now known."""
        new = [match for match in matches if not self._knows(match)]
        for match in new:
            self._spans.setdefault(_key(match), []).append((match.start, match.end))
        for key in {_key(match) for match in new}:
            self._spans[key] = _merged(self._spans[key])
        return new

    def _knows(self, match: Match) -> bool:
        spans = self._spans.get(_key(match))
        if not spans:
            return False
        before = bisect_left(spans, (match.end, 0)) - 1
        return before >= 0 and spans[before][1] > match.start


def _key(match: Match) -> _Key:
    return match.rule.id, match.secret, match.start_line


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
