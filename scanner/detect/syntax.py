"""RE2's syntax as a small tree: as much of a pattern as tells what its matches can look like.

Source: RE2's own description, https://github.com/google/re2/wiki/Syntax. Assertions (``^``, ``\\b``) are
the empty string here, and characters outside ASCII are not told apart. RE2 has compiled the pattern before,
so that what is not understood here is not refused but is `Unknown`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field


class Unknown(ValueError):
    """The pattern has something that this parser does not know."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of a set: the ASCII codes, and whether characters outside ASCII are in it."""

    ascii: frozenset[int]
    other: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """One node after the other; the empty string where there is none."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several nodes."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A node `least` to `most` times; `most` None for any number."""

    node: Node
    least: int
    most: int | None


Node = Characters | Sequence | Choice | Repeat

_ALL = frozenset(range(128))
_NEWLINE = frozenset(b"\n")
_DIGITS = frozenset(b"0123456789")
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SPACE = frozenset(b"\t\n\f\r ")
_WORD = _LETTERS | _DIGITS | frozenset(b"_")
_PUNCTUATION = frozenset(range(33, 127)) - _LETTERS - _DIGITS
_PERL = {"d": _DIGITS, "s": _SPACE, "w": _WORD}
_POSIX = {
    "alnum": _LETTERS | _DIGITS,
    "alpha": _LETTERS,
    "ascii": _ALL,
    "blank": frozenset(b"\t "),
    "cntrl": frozenset((*range(32), 127)),
    "digit": _DIGITS,
    "graph": frozenset(range(33, 127)),
    "lower": frozenset(b"abcdefghijklmnopqrstuvwxyz"),
    "print": frozenset(range(32, 127)),
    "punct": _PUNCTUATION,
    "space": _SPACE | {11},
    "upper": frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "word": _WORD,
    "xdigit": frozenset(b"0123456789abcdefABCDEF"),
}
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_EMPTY = ("A", "z", "b", "B")

_GROUP = re.compile(r"\(\?(?:P?<\w+>|([imsU]*)(?:-([imsU]+))?([:)]))")
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_QUANTIFIER = re.compile(r"[*+?]|\{\d")
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_CODE = re.compile(r"\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2}))")
_PROPERTY = re.compile(r"\\([pP])(?:\{(\^?)(\w+)\}|(\w))")
_NAMED = re.compile(r"\[:(\^?)(\w+):\]")


@functools.cache
def parse(pattern: str) -> Node:
    """The tree of a pattern that RE2 compiles; raises `Unknown`."""
    parser = _Parser(pattern)
    node = parser.choice(frozenset())
    if parser.at < len(pattern):
        raise Unknown(pattern[parser.at :])
    return node


@dataclass(slots=True)
class _Parser:
    text: str
    at: int = 0
    _ended: list[int] = field(default_factory=list)

    def choice(self, flags: frozenset[str]) -> Node:
        """Up to the end of the group or the pattern; `flags` are those on where it begins."""
        options: list[Node] = []
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
                options.append(Sequence(tuple(parts)))
                parts = []
            elif (changed := self._flags(flags)) is not None:
                flags = changed
            else:
                parts.extend(self._item(flags))
        options.append(Sequence(tuple(parts)))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _flags(self, flags: frozenset[str]) -> frozenset[str] | None:
        """The flags after a ``(?i)`` that begins here; None where none does."""
        match = _GROUP.match(self.text, self.at)
        if match is None or match[3] != ")":
            return None
        self.at = match.end()
        if _QUANTIFIER.match(self.text, self.at):  # RE2 repeats what stands before the flags
            raise Unknown(self.text[self.at :])
        return flags.union(match[1]) - frozenset(match[2] or "")

    def _item(self, flags: frozenset[str]) -> Iterator[Node]:
        """An atom and its repetition; each character of a quoted text is one."""
        if quoted := _QUOTED.match(self.text, self.at):
            self.at = quoted.end()
            atoms: list[Node] = [_folded(_one(character), flags) for character in quoted[1]]
        else:
            atoms = [self._atom(flags)]
        yield from atoms[:-1]
        if atoms:
            yield self._repeated(atoms[-1])

    def _repeated(self, node: Node) -> Node:
        while self.at < len(self.text):
            least, most = 0, None
            character = self.text[self.at]
            if character in "*+?":
                self.at += 1
                least, most = int(character == "+"), 1 if character == "?" else None
            elif count := _COUNT.match(self.text, self.at):
                self.at = count.end()
                least = int(count[1])
                most = (int(count[3]) if count[3] else None) if count[2] else least
            else:
                break
            if self.text[self.at : self.at + 1] == "?":  # lazy: the same strings
                self.at += 1
            node = Repeat(node, least, most)
        return node

    def _atom(self, flags: frozenset[str]) -> Node:
        character = self.text[self.at]
        if character == "(":
            return self._group(flags)
        if character == "[":
            return _folded(self._class(), flags)
        if character == "\\":
            return Sequence() if self._assertion() else _folded(self._escape(), flags)
        self.at += 1
        if character == ".":
            return Characters(_ALL if "s" in flags else _ALL - _NEWLINE, other=True)
        if character in "^$":
            return Sequence()
        return _folded(_one(character), flags)

    def _assertion(self) -> bool:
        if self.text[self.at + 1 : self.at + 2] not in _EMPTY:
            return False
        self.at += 2
        return True

    def _group(self, flags: frozenset[str]) -> Node:
        match = _GROUP.match(self.text, self.at)
        if match is None and self.text.startswith("(?", self.at):
            raise Unknown(self.text[self.at :])
        if match is None:
            self.at += 1
        else:
            self.at = match.end()
            flags = flags.union(match[1] or "") - frozenset(match[2] or "")
        node = self.choice(flags)
        if self.text[self.at : self.at + 1] != ")":
            raise Unknown("missing )")
        self.at += 1
        return node

    def _escape(self) -> Characters:
        """The characters that the escape here stands for, in a class or outside."""
        if code := _CODE.match(self.text, self.at):
            self.at = code.end()
            digits = code[1] or code[2]
            return _one(chr(int(digits, 16) if digits else int(code[3], 8)))
        if named := _PROPERTY.match(self.text, self.at):
            self.at = named.end()
            letters = (named[1] == "p") is not bool(named[2]) and (named[3] or named[4])[0] in "LMNPS"
            return Characters(_ALL - _NEWLINE if letters else _ALL, other=True)
        letter = self.text[self.at + 1 : self.at + 2]
        if not letter or (letter.isalnum() and letter not in "dDsSwWaftnrvC"):
            raise Unknown(self.text[self.at :])
        self.at += 2
        if letter.lower() in _PERL:
            members = _PERL[letter.lower()]
            return Characters(members) if letter.islower() else Characters(_ALL - members, other=True)
        if letter == "C":
            return Characters(_ALL, other=True)
        return Characters(frozenset((_CONTROL[letter],))) if letter in _CONTROL else _one(letter)

    def _class(self) -> Characters:
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        members: set[int] = set()
        other = False
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            part = self._range()
            members |= part.ascii
            other = other or part.other
        self.at += 1
        return Characters(_ALL - members, other=True) if negated else Characters(frozenset(members), other)

    def _range(self) -> Characters:
        """A member of a class, or a range of them."""
        if self.at >= len(self.text):
            raise Unknown("missing ]")
        if named := _NAMED.match(self.text, self.at):
            self.at = named.end()
            members = _POSIX.get(named[2], _ALL)
            return Characters(_ALL - members, other=True) if named[1] else Characters(members)
        low = self._member()
        if self.text[self.at : self.at + 1] != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return low
        self.at += 1
        high = self._member()
        if not low.ascii:
            return Characters(frozenset(), other=True)
        return Characters(frozenset(range(min(low.ascii), max(high.ascii or {127}) + 1)), high.other)

    def _member(self) -> Characters:
        if self.text.startswith("\\", self.at):
            return self._escape()
        self.at += 1
        return _one(self.text[self.at - 1])


def _one(character: str) -> Characters:
    code = ord(character)
    return Characters(frozenset((code,))) if code < 128 else Characters(frozenset(), other=True)


def _folded(characters: Characters, flags: frozenset[str]) -> Characters:
    """The same in both cases, where case does not count. Two letters have a third case outside ASCII."""
    if "i" not in flags:
        return characters
    text = "".join(map(chr, characters.ascii))
    both = frozenset(map(ord, text.lower() + text.upper()))
    return Characters(both, characters.other or not both.isdisjoint(b"sk"))
