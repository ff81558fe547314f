"""The fast prefilter: every rule's regex in one Hyperscan database.

Hyperscan reads PCRE syntax, which means the same as RE2's for nearly all patterns. Where it might not,
the rule (or the text) goes by its keywords instead, so that no match is lost. So do rules that reach over
many lines: their patterns are the largest, and their keywords tell as much.
"""

from __future__ import annotations

import hashlib
import platform
import re
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import hyperscan

from scanner.detect.edges import relaxed
from scanner.detect.prefilter import DatabaseStore, KeywordPrefilter
from scanner.detect.shape import FAR, always_holds, line_reach
from scanner.detect.words import encoded, lower
from scanner.model import Rule

# Read UTF-8, allow patterns that match the empty string; and report each rule once a text, or not.
_EACH: int = hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_ALLOWEMPTY
_ONCE: int = _EACH | hyperscan.HS_FLAG_SINGLEMATCH
_MOST_ENDS = 1_000  # of one rule's matches in a text; a pattern with an open end has one at each byte

# Unicode properties and case folding come from tables of different ages; \v is one character in RE2 but a
# class in PCRE; what follows \1 may be a group or octal; and a pattern ends at its first NUL.
_MEANS_SOMETHING_ELSE = re.compile(r"\\[pPv0-9]|\\x[{89a-fA-F]|[^\x01-\x7f]")

# PCRE counts VERTICAL TAB as white space and RE2 does not, so \S and [^\s] differ where it occurs; and
# LATIN SMALL LETTER LONG S and KELVIN SIGN are s and k in other case, which counts differently in [^\W].
_ODD_CHARACTERS = tuple(character.encode() for character in "\u017f\u212a")


def _is_odd(text: bytes) -> bool:
    if b"\v" in text:
        return True
    return not text.isascii() and any(character in text for character in _ODD_CHARACTERS)


_COUNTS = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MANY = 64


class _Scanner:
    """A database, and the rules that go by keyword because they are not in it."""

    def __init__(self, rules: Sequence[Rule], flags: int, store: DatabaseStore | None) -> None:
        self._rules = rules
        self._by_keywords = KeywordPrefilter(rules)
        self._database, scanned = _database(rules, flags, store)
        self._unscanned = [index for index in range(len(rules)) if index not in scanned]
        self._rest = KeywordPrefilter([rules[index] for index in self._unscanned])

    def _scan(self, text: bytes, collect: Callable[..., bool | None], hits: Collection[int]) -> None:
        if self._database is not None:
            self._database.scan(text, match_event_handler=collect, context=hits)

    def _by_rest(self, text: bytes) -> list[int]:
        """Which of the rules that are not in the database may match."""
        return [self._unscanned[index] for index in self._rest.candidates(text)] if self._unscanned else []


class HyperscanPrefilter(_Scanner):
    """Names the rules whose regex occurs in a text, or in some run of its lines (see `edges`).

    A rule that reaches over many lines (see `shape`) is named where one of its keywords occurs.
    """

    def __init__(self, rules: Sequence[Rule], store: DatabaseStore | None = None) -> None:
        super().__init__(rules, _ONCE, store)

    def candidates(self, text: bytes) -> list[int]:
        """See `scanner.detect.prefilter.Prefilter`."""
        if _is_odd(text):
            return self._by_keywords.candidates(text)
        hits: list[int] = []
        self._scan(text, _collect, hits)
        if hits:
            hits = _with_keyword(hits, self._rules, text)
        return sorted(hits + self._by_rest(text))

    def expect_more(self) -> None:
        """See `scanner.detect.prefilter.Prefilter`; it is ready."""


class HyperscanLocator(_Scanner):
    """Tells where each rule's regex occurs in a text, as `HyperscanPrefilter` whether it does."""

    def __init__(self, rules: Sequence[Rule], store: DatabaseStore | None = None) -> None:
        super().__init__(rules, _EACH, store)

    def places(self, text: bytes) -> dict[int, list[int]]:
        """See `scanner.detect.prefilter.Locator`."""
        if _is_odd(text):
            return self._by_keywords.places(text)
        ends: dict[int, list[int]] = {}
        try:
            self._scan(text, _collect_ends, ends)
        except hyperscan.ScanTerminated:  # the rest of the text was not looked at
            return self._by_keywords.places(text)
        if ends:
            ends = {index: ends[index] for index in _with_keyword(list(ends), self._rules, text)}
        return ends | {index: [] for index in self._by_rest(text)}


def _with_keyword(hits: list[int], rules: Sequence[Rule], text: bytes) -> list[int]:
    """Those of `hits` that have a keyword in `text`; most of their matches cannot be without."""
    lowered = b""
    found = []
    for index in hits:
        rule = rules[index]
        if rule.keywords and not always_holds(rule.regex, rule.keywords):
            lowered = lowered or lower(text)
            if not any(keyword and keyword in lowered for keyword in encoded(rule.keywords)):
                continue
        found.append(index)
    return found


_MAKING = "2"  # of `_build`: to be changed with what it makes of the same rules
_VERSION = str(getattr(hyperscan, "__version__", ""))


def _collect(index: int, start: int, end: int, flags: int, hits: list[int]) -> None:
    hits.append(index)


def _collect_ends(index: int, start: int, end: int, flags: int, hits: dict[int, list[int]]) -> bool | None:
    ends = hits.setdefault(index, [])
    ends.append(end)
    return True if len(ends) > _MOST_ENDS else None  # ends the scan


def _database(rules: Sequence[Rule], flags: int, store: DatabaseStore | None) -> tuple[Any, frozenset[int]]:
    """The database, and the indices of the rules in it."""
    digest = _digest(rules, flags)
    saved = store.load(digest) if store else None
    if saved is not None:
        try:
            return _unpack(saved)
        except (ValueError, hyperscan.error):
            pass  # damaged, or made for another library or processor: built anew below
    database, indices = _build(rules, flags)
    if store and database is not None:
        store.save(digest, _pack(database, indices))
    return database, frozenset(indices)


def _build(rules: Sequence[Rule], flags: int) -> tuple[Any, list[int]]:
    """A database of all rules that Hyperscan takes."""
    expressions = {index: found for index, rule in enumerate(rules) if (found := _expression(rule))}
    try:
        return _compile(expressions, flags), list(expressions)
    except hyperscan.error:
        pass  # some pattern is too large all the same
    expressions = {index: found for index, found in expressions.items() if _compiles(found, flags)}
    return _compile(expressions, flags), list(expressions)


def _expression(rule: Rule) -> str:
    """What to look for; empty where that cannot be said in Hyperscan's terms."""
    words = [word for word in rule.keywords if word]
    if rule.regex_engine == "re2" and rule.keywords and line_reach(rule.regex) > FAR:
        return "(?i)(?:" + "|".join(map(re.escape, words)) + ")" if words and "".join(words).isascii() else ""
    plain = rule.regex_engine == "re2" and not _MEANS_SOMETHING_ELSE.search(rule.regex)
    return relaxed(rule.regex) if plain else ""


def _compiles(expression: str, flags: int) -> bool:
    try:
        _compile({0: expression}, flags)
    except hyperscan.error:
        return False
    return True


def _compile(expressions: Mapping[int, str], flags: int) -> Any:
    if not expressions:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode() for expression in expressions.values()],
        ids=list(expressions),
        flags=[flags | _counting(expression) for expression in expressions.values()],
        elements=len(expressions),
    )
    return database


def _counting(expression: str) -> int:
    """Long counted repetitions make a pattern too large, unless Hyperscan may count roughly."""
    counts = (int(count) for found in _COUNTS.findall(expression) for count in found if count)
    return hyperscan.HS_FLAG_PREFILTER if max(counts, default=0) >= _MANY else 0


def _digest(rules: Sequence[Rule], flags: int) -> str:
    """Names the database: the same rules, library and machine give the same digest."""
    digest = hashlib.sha256()
    for part in (_MAKING, _VERSION, platform.machine(), str(flags)):
        digest.update(part.encode() + b"\0")
    for rule in rules:
        digest.update("\0".join((rule.regex, rule.regex_engine, *rule.keywords)).encode() + b"\1")
    return digest.hexdigest()


def _pack(database: Any, indices: list[int]) -> bytes:
    """First the indices with their checksum, on one line, then the database, which has its own."""
    listed = ",".join(map(str, indices)).encode()
    return b"%d:%s\n" % (zlib.crc32(listed), listed) + bytes(hyperscan.dumpb(database))


def _unpack(data: bytes) -> tuple[Any, frozenset[int]]:
    """What `_pack` packed; raises ValueError or `hyperscan.error` when it is damaged."""
    head, _, database = data.partition(b"\n")
    checksum, _, listed = head.partition(b":")
    if int(checksum) != zlib.crc32(listed):
        raise ValueError("damaged")
    loaded: Any = hyperscan.loadb(database, hyperscan.HS_MODE_BLOCK)
    loaded.scratch = hyperscan.Scratch(loaded)  # unlike compiling, loading makes none
    return loaded, frozenset(map(int, listed.split(b",")))
