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
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import hyperscan

from scanner.detect.dialect import said
from scanner.detect.edges import relaxed
from scanner.detect.prefilter import DatabaseStore, KeywordPrefilter
from scanner.detect.shape import FAR, always_holds, begins_with, line_reach, necessary
from scanner.detect.words import encoded, lower
from scanner.model import Rule

_FLAGS: int = hyperscan.HS_FLAG_ALLOWEMPTY  # patterns may match the empty string

# Of one rule's matches in a text, before it is looked through for keywords instead: a pattern with an open
# end has one at each byte.
_MOST_ENDS = 1_000
_BYTES_AN_END = 64

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


_GAP = re.compile(r"\[\\t -~\]\{0,\d+\}\?")
_RARE = 4  # characters; longer words than that are rare, and these not frequent, but for some:
_COMMON = frozenset(
    {"password", "passwd", "secret", "token", "identified", "authorization", "_auth", "username"}
)

_COUNTS = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MANY = 64
_MOST_COUNTS = 260  # of all counted repetitions of a pattern; the usual rules have fewer


class HyperscanPrefilter:
    """Tells where each rule's regex occurs in a text, or in some run of its lines (see `edges`).

    A rule that reaches over many lines (see `shape`) may match wherever one of its keywords occurs.

    Args:
        rules: what is looked for.
        store: keeps the database between runs.
    """

    def __init__(self, rules: Sequence[Rule], store: DatabaseStore | None = None) -> None:
        self._rules = rules
        self._by_keywords = KeywordPrefilter(rules)
        self._database, scanned, self._anywhere = _database(rules, store)
        self._unscanned = sorted(set(range(len(rules))).difference(scanned))
        self._rest = KeywordPrefilter([rules[index] for index in self._unscanned])

    def places(self, text: bytes) -> dict[int, list[int]]:
        """See `scanner.detect.prefilter.Prefilter`."""
        if _is_odd(text):
            return self._by_keywords.places(text)
        ends: dict[int, list[int]] = {}
        if self._database is not None:
            most = max(_MOST_ENDS, len(text) // _BYTES_AN_END)
            try:
                self._database.scan(text, match_event_handler=_collect, context=(ends, most))
            except hyperscan.ScanTerminated:  # the rest of the text was not looked at
                return self._by_keywords.places(text)
        if ends:
            ends = {index: ends[index] for index in _with_keyword(list(ends), self._rules, text)}
            ends |= {index: [] for index in self._anywhere if index in ends}
        if self._unscanned:
            ends |= {self._unscanned[index]: [] for index in self._rest.places(text)}
        return ends

    def expect_more(self) -> None:
        """See `scanner.detect.prefilter.Prefilter`; it is ready."""


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


_MAKING = "5"  # of `_build`: to be changed with what it makes of the same rules
_VERSION = str(getattr(hyperscan, "__version__", ""))


def _collect(
    index: int, start: int, end: int, flags: int, context: tuple[dict[int, list[int]], int]
) -> bool | None:
    found, most = context
    ends = found.setdefault(index, [])
    ends.append(end)
    return True if len(ends) > most else None  # ends the scan


_Made = tuple[Any, list[int], list[int]]
"""A database, the rules in it, and those of them that may match anywhere when they occur."""


def _database(rules: Sequence[Rule], store: DatabaseStore | None) -> _Made:
    digest = _digest(rules)
    saved = store.load(digest) if store else None
    if saved is not None:
        try:
            return _unpack(saved)
        except (ValueError, hyperscan.error):
            pass  # damaged, or made for another library or processor: built anew below
    made = _build(rules)
    if store and made[0] is not None:
        store.save(digest, _pack(made))
    return made


def _build(rules: Sequence[Rule]) -> _Made:
    """A database of all rules that Hyperscan takes."""
    expressions = {index: found for index, rule in enumerate(rules) if (found := _expression(rule))}
    anywhere = [index for index in expressions if _is_anywhere(rules[index])]
    try:
        database = _compile(expressions, anywhere)
    except hyperscan.error:  # some pattern is too large all the same
        expressions = {index: found for index, found in expressions.items() if _compiles(found)}
        database = _compile(expressions, anywhere)
    return database, list(expressions), anywhere


def _expression(rule: Rule) -> str:
    """What to look for; empty where that cannot be said in Hyperscan's terms."""
    words = [word for word in rule.keywords if word]
    if _goes_by_keyword(rule):
        return "(?i)(?:" + "|".join(map(re.escape, words)) + ")" if words and "".join(words).isascii() else ""
    pattern = _beginning(rule.regex) or rule.regex
    plain = rule.regex_engine == "re2" and not _MEANS_SOMETHING_ELSE.search(pattern)
    return relaxed(pattern) if plain else ""


def _beginning(pattern: str) -> str:
    """What stands before a pattern's first gap, if that is long enough to be rare: most rules of the pack
    look for a value near a provider's name. The whole of them takes fifty times as long to compile."""
    gap = _GAP.search(pattern)
    if not gap:
        return ""
    beginning = pattern[: gap.start()]
    rare = any(_is_rare(words, _RARE) for words in necessary(beginning))
    return beginning if rare and begins_with(pattern, beginning) else ""


def _goes_by_keyword(rule: Rule) -> bool:
    """Whether a keyword is looked for in place of the regex, because that would be too large."""
    if rule.regex_engine != "re2" or not rule.keywords:
        return False
    if _is_far(rule):
        return True
    telling = _is_rare(rule.keywords, _RARE + 1) and always_holds(rule.regex, rule.keywords)
    return telling and _is_heavy(rule.regex)


def _is_rare(words: Iterable[str], least: int) -> bool:
    return all(len(word) >= least and word not in _COMMON for word in words)


def _is_anywhere(rule: Rule) -> bool:
    """Whether it does not matter where it occurs: the rule may match elsewhere, or never reports."""
    return _is_far(rule) or rule.skip_report


def _is_far(rule: Rule) -> bool:
    return line_reach(rule.regex) > FAR


def _is_heavy(pattern: str) -> bool:
    return sum(int(most or least) for least, most in _COUNTS.findall(pattern)) >= _MOST_COUNTS


def _compiles(expression: str) -> bool:
    try:
        _compile({0: expression}, ())
    except hyperscan.error:
        return False
    return True


def _compile(expressions: Mapping[int, str], anywhere: Collection[int]) -> Any:
    """A database; of the rules in `anywhere` it tells only whether they occur."""
    if not expressions:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    to_say = [said(expression) for expression in expressions.values()]
    database.compile(
        expressions=[expression.encode() for expression, _ in to_say],
        ids=list(expressions),
        flags=[
            _FLAGS
            | _counting(expression)
            | (hyperscan.HS_FLAG_UTF8 if utf8 else 0)
            | (hyperscan.HS_FLAG_SINGLEMATCH if index in anywhere else 0)
            for index, (expression, utf8) in zip(expressions, to_say, strict=True)
        ],
        elements=len(expressions),
    )
    return database


def _counting(expression: str) -> int:
    """Long counted repetitions make a pattern too large, unless Hyperscan may count roughly."""
    counts = (int(count) for found in _COUNTS.findall(expression) for count in found if count)
    return hyperscan.HS_FLAG_PREFILTER if max(counts, default=0) >= _MANY else 0


def _digest(rules: Sequence[Rule]) -> str:
    """Names the database: the same rules, library and machine give the same digest."""
    digest = hashlib.sha256()
    for part in (_MAKING, _VERSION, platform.machine()):
        digest.update(part.encode() + b"\0")
    for rule in rules:
        digest.update("\0".join((rule.regex, rule.regex_engine, *rule.keywords)).encode() + b"\1")
    return digest.hexdigest()


def _pack(made: _Made) -> bytes:
    """First the indices with their checksum, on one line, then the database, which has its own."""
    database, *indices = made
    listed = ";".join(",".join(map(str, some)) for some in indices).encode()
    return b"%d:%s\n" % (zlib.crc32(listed), listed) + bytes(hyperscan.dumpb(database))


def _unpack(data: bytes) -> _Made:
    """What `_pack` packed; raises ValueError or `hyperscan.error` when it is damaged."""
    head, _, database = data.partition(b"\n")
    checksum, _, listed = head.partition(b":")
    if int(checksum) != zlib.crc32(listed):
        raise ValueError("damaged")
    loaded: Any = hyperscan.loadb(database, hyperscan.HS_MODE_BLOCK)
    loaded.scratch = hyperscan.Scratch(loaded)  # unlike compiling, loading makes none
    scanned, anywhere = ([int(index) for index in some.split(b",") if index] for some in listed.split(b";"))
    return loaded, scanned, anywhere
