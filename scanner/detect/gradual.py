"""The prefilter of ``--engine auto``: keywords for a little text, Hyperscan for more.

To import Hyperscan and load its database takes as long as looking for the keywords in a megabyte, and to
make the database as long as in twenty; a commit's changes are a few kilobytes. Both find the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scanner.detect.prefilter import KeywordPrefilter, Prefilter
from scanner.model import Rule

LITTLE = 1 << 20
"""Bytes of text that are looked through for keywords before the other prefilter is made."""


class GradualPrefilter:
    """Looks for keywords in the first `LITTLE` bytes, and then does as another prefilter.

    Args:
        rules: what is looked for.
        make: makes the other prefilter; None where it cannot be made here.
    """

    def __init__(self, rules: Sequence[Rule], make: Callable[[], Prefilter | None]) -> None:
        self._make: Callable[[], Prefilter | None] | None = make
        self._current: Prefilter = KeywordPrefilter(rules)
        self._left = LITTLE

    def places(self, text: bytes) -> dict[int, list[int]]:
        """See `scanner.detect.prefilter.Prefilter`."""
        if self._make:
            self._left -= len(text)
            if self._left < 0:
                self.expect_more()
        return self._current.places(text)

    def expect_more(self) -> None:
        """See `scanner.detect.prefilter.Prefilter`; makes the other one."""
        if self._make:
            self._current, self._make = self._make() or self._current, None
