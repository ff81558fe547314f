"""Regular expressions with Go's syntax and meaning, in linear time, on bytes.

Gitleaks' patterns are Go RE2 syntax; google-re2 is the same engine. It reads text as UTF-8 and, unlike
Go, never matches a byte that is not valid UTF-8, so such text goes through `searchable` first, which
does what Go does: each such byte counts as U+FFFD.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Protocol

import re2

from scanner.errors import PatternError
from scanner.model import RegexEngine

Spans = tuple[tuple[int, int], ...]
"""Byte spans of a match: the whole, then each group; (-1, -1) for a group that took no part."""

# RE2 refuses programs that need more memory than this. Go has no such limit, but its limit on repetition
# keeps programs small: the largest that it allows, \pL{1000}, fits, and stock rules need far less.
_MAX_PROGRAM_BYTES = 32 << 20

LOOK_AROUND_SECONDS = 2.0
"""How long a look-around pattern may search one text; RE2 needs no limit, it is linear."""


class Pattern(Protocol):
    """A compiled pattern."""

    @property
    def groups(self) -> int:
        """Number of capturing groups."""

    def search(self, text: bytes) -> bool:
        """Whether it matches anywhere in `text`, which is valid UTF-8 (see `searchable`)."""

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Start and end of what `finditer` finds, which takes less time without the groups."""

    def finditer(self, text: bytes) -> Iterator[Spans]:
        """All leftmost, non-overlapping matches in `text`, which is valid UTF-8.

        Raises:
            TimeoutError: a look-around pattern took longer than `LOOK_AROUND_SECONDS`.
        """


class _Linear:
    """A pattern run by RE2."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern.encode("utf-8", "surrogatepass")
        try:
            self._compiled: Any = re2.compile(self._text, _options())
        except re2.error as error:
            reason = error.args[0] if error.args else "refused"
            raise PatternError(
                reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            ) from None

    @property
    def groups(self) -> int:
        return int(self._compiled.groups)

    @functools.cached_property
    def _without_groups(self) -> Any:
        """Finding out what groups hold is slow, and not always asked for."""
        return re2.compile(self._text, _options(never_capture=True)) if self.groups else self._compiled

    def search(self, text: bytes) -> bool:
        return self._without_groups.search(text) is not None

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        for match in self._without_groups.finditer(text):
            yield match.span()

    def finditer(self, text: bytes) -> Iterator[Spans]:
        groups = range(self.groups + 1)
        for match in self._compiled.finditer(text):
            yield tuple(match.span(group) for group in groups)


class _LookAround:
    """A pattern run by the `regex` package, for what RE2 refuses; it backtracks, hence the time limit."""

    def __init__(self, pattern: str) -> None:
        import regex

        try:
            self._compiled: Any = regex.compile(pattern.encode("utf-8", "surrogatepass"), regex.VERSION0)
        except (regex.error, RecursionError, OverflowError) as error:
            raise PatternError(str(error)) from None

    @property
    def groups(self) -> int:
        return int(self._compiled.groups)

    def search(self, text: bytes) -> bool:
        return self._compiled.search(text, timeout=LOOK_AROUND_SECONDS) is not None

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        return (spans[0] for spans in self.finditer(text))

    def finditer(self, text: bytes) -> Iterator[Spans]:
        groups = range(self.groups + 1)
        for match in self._compiled.finditer(text, timeout=LOOK_AROUND_SECONDS):
            yield tuple(match.span(group) for group in groups)


@functools.cache
def compile_pattern(pattern: str, engine: RegexEngine = "re2") -> Pattern:
    """Compile `pattern`; the same pattern is compiled once.

    Args:
        pattern: RE2 syntax, or that of the `regex` package where `engine` says so.
        engine: which of the two runs it.

    Raises:
        PatternError: with the engine's reason.
    """
    return _LookAround(pattern) if engine == "regex" else _Linear(pattern)


@functools.cache
def _options(*, never_capture: bool = False) -> Any:
    options = re2.Options()
    options.never_capture = never_capture
    options.max_mem = _MAX_PROGRAM_BYTES
    options.log_errors = False
    return options


class Searchable:
    """Text made valid UTF-8, and the way back from its offsets to those of the original bytes."""

    __slots__ = ("_replaced", "original", "text")

    def __init__(self, original: bytes, text: bytes) -> None:
        self.original, self.text = original, text
        self._replaced: list[int] | None = [] if text is original else None

    def offset(self, position: int) -> int:
        """The offset in the original of `position` in the text; inside a U+FFFD, that of its end."""
        if self._replaced is None:  # few texts have anything whose place is asked for
            self._replaced = _replaced(self.original)
        before = bisect_left(self._replaced, position)
        if before:
            position = max(position, self._replaced[before - 1] + len(_REPLACEMENT))
        return position - 2 * before


def searchable(data: bytes) -> Searchable:
    """`data` as RE2 can read it: each byte that is not part of valid UTF-8 becomes U+FFFD, as in Go."""
    if data.isascii():
        return Searchable(data, data)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Searchable(data, _INVALID.sub("\ufffd", data.decode("utf-8", "surrogateescape")).encode())
    return Searchable(data, data)


def _replaced(data: bytes) -> list[int]:
    """Where in the repaired text of `data` each replacement stands."""
    replaced: list[int] = []
    length = -len(_REPLACEMENT)
    for piece in _INVALID.split(data.decode("utf-8", "surrogateescape")):
        length += len(_REPLACEMENT) + len(piece.encode())
        replaced.append(length)
    return replaced[:-1]


_INVALID = re.compile("[\udc80-\udcff]")
_REPLACEMENT = "\ufffd".encode()
