"""Which of many literal words occur in a text: one Aho-Corasick automaton, one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import ahocorasick


class Words:
    """A set of words to look for, byte for byte.

    pyahocorasick works on `str`; decoding as Latin-1 maps each byte to one character and back, so bytes
    can be searched as they are.
    """

    def __init__(self, words: Iterable[bytes]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in words:
            if word:  # an empty word occurs nowhere, as in Gitleaks
                self._automaton.add_word(word.decode("latin-1"), word)
        if self._automaton:
            self._automaton.make_automaton()

    def found(self, text: bytes) -> Iterator[bytes]:
        """Each occurrence of a word in `text`, in order of its end."""
        if self._automaton:
            for _, word in self._automaton.iter(text.decode("latin-1")):
                yield word

    def any(self, text: bytes) -> bool:
        """Whether at least one word occurs in `text`."""
        return next(self.found(text), None) is not None


def encoded(words: Iterable[str]) -> tuple[bytes, ...]:
    """Words of a config as they occur in text."""
    return tuple(word.encode("utf-8", "surrogatepass") for word in words)


def lower(text: bytes) -> bytes:
    """`text` in lower case: all of Unicode, so that KELVIN SIGN finds ``k``; what is not UTF-8 stays."""
    if text.isascii():
        return text.lower()
    return text.decode("utf-8", "surrogateescape").lower().encode("utf-8", "surrogateescape")
