"""Which rules can possibly match a text: the interface, and its implementation that runs everywhere.

A prefilter may name a rule that does not match, but never misses one that does. Every rule's keywords
are part of what a rule means (Gitleaks runs a rule only where one of them occurs), so a rule whose
keywords are absent is never named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from scanner.detect.words import Words, encoded, lower
from scanner.model import Rule


class Prefilter(Protocol):
    """Narrows all rules down to those worth confirming on a text, and the text to where."""

    def places(self, text: bytes) -> dict[int, list[int]]:
        """By index, the rules that may match `text`, which is valid UTF-8, and where.

        Places are ascending; each match that is possible, begin it where it may, ends at one of them or has
        one inside. An empty list means that there may be matches everywhere.
        """

    def expect_more(self) -> None:
        """Get ready for more than a little text, such as before work is spread over processes."""


class DatabaseStore(Protocol):
    """Where a prefilter keeps what is slow to make, between runs: Hyperscan compiles for a second, and
    loads what it compiled in a millisecond."""

    def load(self, digest: str) -> bytes | None:
        """What was saved under `digest` (hexadecimal), or None."""

    def save(self, digest: str, data: bytes) -> None:
        """Keep `data`; failing to is no error."""


class KeywordPrefilter:
    """All rules' keywords in one Aho-Corasick automaton."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._always = [index for index, rule in enumerate(rules) if not rule.keywords]
        self._rules_of: dict[bytes, list[int]] = {}
        for index, rule in enumerate(rules):
            for keyword in encoded(rule.keywords):
                self._rules_of.setdefault(keyword, []).append(index)
        self._words = Words(self._rules_of)

    def places(self, text: bytes) -> dict[int, list[int]]:
        """See `Prefilter`; keywords say nothing of places."""
        found: dict[int, list[int]] = {index: [] for index in self._always}
        for keyword in set(self._words.found(lower(text))):
            found.update((index, []) for index in self._rules_of[keyword])
        return found

    def expect_more(self) -> None:
        """See `Prefilter`; there is nothing to get ready."""
