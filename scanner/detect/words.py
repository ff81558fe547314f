"""Which of many literal words occur in a text: one Aho-Corasick automaton, one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import ahocorasick


class Words:
    """A set of lower-case words to look for.

    pyahocorasick works on `str`; decoding as Latin-1 maps each byte to one character and back, so bytes
    can be searched as they are.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in words:
            if word:  # an empty word occurs nowhere, as in Gitleaks
                self._automaton.add_word(word.encode("utf-8", "surrogatepass").decode("latin-1"), word)
        if self._automaton:
            self._automaton.make_automaton()

    def found(self, lowered: bytes) -> Iterator[str]:
        """Each occurrence of a word in `lowered` (see `lower`), in order of its end."""
        if self._automaton:
            for _, word in self._automaton.iter(lowered.decode("latin-1")):
                yield word

    def any(self, lowered: bytes) -> bool:
        """Whether at least one word occurs in `lowered`."""
        return next(self.found(lowered), None) is not None


def lower(text: bytes) -> bytes:
    """`text`, which is valid UTF-8, in lower case: all of Unicode, so that KELVIN SIGN finds ``k``."""
    return text.lower() if text.isascii() else text.decode("utf-8").lower().encode("utf-8")
