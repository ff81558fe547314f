"""What the matches of a pattern can look like: how far they reach across lines, and what each of them holds.

The scan of a history reads only the parts of a file's version that are new, with some lines around them.
This is what says how many, and for which rules that is not enough.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from scanner.detect.syntax import Characters, Choice, Node, Repeat, Sequence, Unknown, parse

FAR = 256
"""A `line_reach` beyond which a rule is looked for by its keywords, and then in the whole text."""

_BLANK = frozenset(b"\t\n\v\f\r ")
_NEWLINE = ord("\n")
_UTF8_LENGTH = 4  # bytes of a character, at most
_MOST_TEXTS = 64
_CASELESS = re.compile(r"\(\?([msU]*)i([msU]*)")
_TELLING = 3  # characters; shorter words are nearly everywhere


@dataclass(frozen=True, slots=True)
class _Extent:
    """How long a node's texts can be, in bytes that are not blank.

    Attributes:
        length: of all of it.
        head, tail: of what stands before the last newline, and after the first; None where there is none.
        inner: of what stands between the first newline and the last.
    """

    length: float
    head: float | None = None
    tail: float | None = None
    inner: float = 0


@functools.cache
def line_reach(pattern: str) -> float:
    """The most bytes, blank ones not counted, that stand between two line ends inside a match of `pattern`.

    A newline that is the last character of the match does not count: it belongs to its line. Infinite where
    there is no limit, or where the pattern is not understood.
    """
    try:
        return _extent(parse(pattern), last=True).inner
    except Unknown:
        return inf


@functools.cache
def always_holds(pattern: str, words: tuple[str, ...]) -> bool:
    """Whether each match of `pattern` has one of `words`, in lower case, in its lower-case text."""
    try:
        return _holds(parse(pattern), frozenset(words))
    except Unknown:
        return False


@functools.cache
def reads_ascii(pattern: str) -> bool:
    """Whether matches of `pattern` are ASCII, but for LONG S and KELVIN SIGN where case does not count."""
    try:
        return not _reads_other(parse(_CASELESS.sub(r"(?\1\2", pattern)))
    except Unknown:
        return False


def necessary(pattern: str) -> tuple[frozenset[str], ...]:
    """Sets of words in lower case: each match of `pattern`, in lower case, has a word of each set.

    The words have no blanks in them; sets that tell little are left out.
    """
    try:
        sets = _necessary(parse(pattern))
    except Unknown:
        return ()
    words = (frozenset(max(text.split() or [""], key=len) for text in texts) for texts in sets)
    return tuple(dict.fromkeys(found for found in words if _shortest(found) >= _TELLING))


def begins_with(pattern: str, beginning: str) -> bool:
    """Whether each match of `pattern`, whose text begins with `beginning`, begins with a match of that."""
    try:
        whole, part = parse(pattern), parse(beginning)
    except Unknown:
        return False
    if isinstance(whole, Sequence):
        parts = part.parts if isinstance(part, Sequence) else (part,)
        return whole.parts[: len(parts)] == parts
    return False


def _reads_other(node: Node) -> bool:
    if isinstance(node, Characters):
        return node.other
    if isinstance(node, Repeat):
        return _reads_other(node.node)
    return any(map(_reads_other, node.parts if isinstance(node, Sequence) else node.options))


def _extent(node: Node, *, last: bool) -> _Extent:
    """`last`: nothing of the match follows the node."""
    if isinstance(node, Characters):
        return _of_characters(node, last=last)
    if isinstance(node, Choice):
        return functools.reduce(_either, (_extent(option, last=last) for option in node.options))
    if isinstance(node, Repeat):
        once = _extent(node.node, last=last and node.most == 1)
        return _times(once, inf if node.most is None else node.most)
    extent = _Extent(0)
    for part in reversed(node.parts):
        extent = _joined(_extent(part, last=last), extent)
        last = last and part == Sequence()
    return extent


def _of_characters(node: Characters, *, last: bool) -> _Extent:
    length = _UTF8_LENGTH if node.other else int(not node.ascii <= _BLANK)
    if last or _NEWLINE not in node.ascii:
        return _Extent(length)
    return _Extent(length, 0, 0)


def _joined(left: _Extent, right: _Extent) -> _Extent:
    """One after the other."""
    inner = max(left.inner, right.inner)
    if left.tail is not None and right.head is not None:
        inner = max(inner, left.tail + right.head)
    head = left.head if right.head is None else max(left.length + right.head, left.head or 0)
    tail = right.tail if left.tail is None else max(left.tail + right.length, right.tail or 0)
    return _Extent(left.length + right.length, head, tail, inner)


def _either(left: _Extent, right: _Extent) -> _Extent:
    heads = [head for head in (left.head, right.head) if head is not None]
    tails = [tail for tail in (left.tail, right.tail) if tail is not None]
    return _Extent(
        max(left.length, right.length),
        max(heads, default=None),
        max(tails, default=None),
        max(left.inner, right.inner),
    )


def _times(once: _Extent, most: float) -> _Extent:
    """Up to `most` times in a row."""
    if most == 0:
        return _Extent(0)
    if most == 1 or (once.head is None and not once.length):
        return once
    if once.head is None or once.tail is None:
        return _Extent(once.length * most)
    others = _product(once.length, most - 1)
    between = once.tail + once.head + _product(once.length, most - 2)
    return _Extent(
        _product(once.length, most), once.head + others, once.tail + others, max(once.inner, between)
    )


def _product(length: float, times: float) -> float:
    return length * times if length else 0  # nothing, any number of times, is nothing


def _holds(node: Node, words: frozenset[str]) -> bool:
    texts = _texts(node)
    if texts is not None:
        return all(any(word and word in text for word in words) for text in texts)
    if isinstance(node, Choice):
        return all(_holds(option, words) for option in node.options)
    if isinstance(node, Repeat):
        return node.least > 0 and _holds(node.node, words)
    if isinstance(node, Sequence):
        return any(_holds(part, words) for part in _pieces(node))
    return False


def _necessary(node: Node) -> list[frozenset[str]]:
    texts = _texts(node)
    if texts is not None:
        return [texts]
    if isinstance(node, Choice):
        options = [_necessary(option) for option in node.options]
        common = [words for words in options[0] if all(words in option for option in options)]
        others = [sorted(set(option) - set(common), key=_shortest, reverse=True) for option in options]
        return common + [frozenset().union(*sets) for sets in zip(*others, strict=False)]
    if isinstance(node, Repeat):
        return _necessary(node.node) if node.least else []
    return (
        [words for part in _pieces(node) for words in _necessary(part)] if isinstance(node, Sequence) else []
    )


def _shortest(words: frozenset[str]) -> int:
    return min(map(len, words))


def _pieces(node: Sequence) -> list[Node]:
    """The parts; those in a row whose texts are known together, as far as these are not too many."""
    pieces: list[Node] = []
    row: tuple[Node, ...] = ()
    for part in node.parts:
        longer = (*row, part)
        if _texts(Sequence(longer)) is not None:
            row = longer
            continue
        if row:
            pieces.append(Sequence(row))
        row = (part,) if _texts(part) is not None else ()
        if not row:
            pieces.append(part)
    return [*pieces, Sequence(row)] if row else pieces


@functools.lru_cache(maxsize=4096)
def _texts(node: Node) -> frozenset[str] | None:
    """All texts of a node in lower case; None where they are too many to list."""
    if isinstance(node, Characters):
        found: Iterable[str] = {chr(code).lower() for code in node.ascii}
        if node.other and not node.ascii <= frozenset(b"sSkK"):  # whose third case is lower-cased to them
            return None
        return _few(found) if node.ascii else None
    if isinstance(node, Choice):
        options = [_texts(option) for option in node.options]
        known = [texts for texts in options if texts is not None]
        return _few(text for texts in known for text in texts) if len(known) == len(options) else None
    if isinstance(node, Repeat):
        if node.most is None or node.most > _MOST_TEXTS:
            return None
        rows = [_row((node.node,) * times) for times in range(node.least, node.most + 1)]
        return _few(text for row in rows if row is not None for text in row) if None not in rows else None
    return _row(node.parts)


def _row(nodes: tuple[Node, ...]) -> frozenset[str] | None:
    """All texts of nodes one after the other."""
    rows: frozenset[str] | None = frozenset(("",))
    for node in nodes:
        texts = _texts(node)
        if rows is None or texts is None:
            return None
        rows = _few(row + text for row in rows for text in texts)
    return rows


def _few(texts: Iterable[str]) -> frozenset[str] | None:
    found: set[str] = set()
    for text in texts:
        found.add(text)
        if len(found) > _MOST_TEXTS:
            return None
    return frozenset(found)
