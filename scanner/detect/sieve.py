"""Sieves what is new in the versions of a file: which versions may hold anything, and must be read whole.

Most versions of a file differ little from the one that Git stores them as a difference to. A match stands
either in what is new (with some of the lines around it), or in lines that the other version has as well.
So it is enough to look at what is new everywhere, and to remember of each version what comes down with it.

Three kinds of rules need more than what is new: those that reach over many lines, those whose keyword can
stand outside the match, and, together with these, encoded text. What is new only shows that they may match
(a `Trace`), and the whole version decides.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate

from scanner.detect.confirm import hits, may_touch, occurrences
from scanner.detect.decode import decode
from scanner.detect.edges import relaxed
from scanner.detect.engine import sought
from scanner.detect.prefilter import DatabaseStore, Prefilter
from scanner.detect.shape import FAR, always_holds, line_reach, necessary
from scanner.detect.windows import windows
from scanner.detect.words import encoded, lower
from scanner.model import Config, Rule
from scanner.regexp import compile_pattern, searchable

Trace = int
"""What a version and those it is based on have shown: one bit for each rule that the whole version decides,
and one for encoded text. Zero for most."""

SEPARATOR = b"\n\0\n"
"""Between parts of a version that are looked through together; a match across it counts for nothing."""

_SHAPES = 1  # to be changed with what `shape` says of the same pattern
_MOST_LINES = 6  # of one match; what spans more is a suspect without a closer look
_REMEMBERED = 20_000  # parts, whose verdicts are kept: versions of a file show the same lines again and again
_REMEMBERED_BYTES = 2_000  # of one part


@dataclass(frozen=True, slots=True)
class Sifted:
    """What the new parts of a version say.

    Attributes:
        suspect: a rule may report something in them.
        trace: what they add to the version's trace.
    """

    suspect: bool = False
    trace: Trace = 0


NOTHING = Sifted()


class Sieve:
    """Looks through new parts for what a `Detector` of the same config might report.

    Args:
        config: complete and valid.
        make_prefilter: makes the prefilter of some rules.
        max_decode_depth: as the detector's.
        store: keeps between runs what is known of the rules' patterns.

    Attributes:
        margin: how far a new part must be widened to either side, in bytes that are not blank, before it
            is widened to whole lines.
    """

    def __init__(
        self,
        config: Config,
        make_prefilter: Callable[[Sequence[Rule]], Prefilter],
        max_decode_depth: int,
        store: DatabaseStore | None = None,
    ) -> None:
        *rules, encoded_text = sought(config)
        self._allowlists = config.allowlists
        self._max_decode_depth = max_decode_depth
        shapes = list(zip(rules, _shapes(rules, store), strict=True))
        self._near = [rule for rule, (reach, _) in shapes if reach <= FAR]
        self.margin = int(max((reach for _, (reach, _) in shapes if reach <= FAR), default=0)) + 1
        self._words: dict[frozenset[str], Trace] = {}
        self._far = [(rule, self._trace_of(rule)) for rule, (reach, _) in shapes if reach > FAR]
        holding = [holds for _, (reach, holds) in shapes if reach <= FAR]
        self._apart = {
            index: 1 << (len(self._words) + index)
            for index, rule in enumerate(self._near)
            if rule.keywords and not holding[index]
        }
        self._encoded = len(self._near) + len(self._words)
        self._decoded: Trace = 1 << self._encoded
        reaches = (reach for _, (reach, _) in shapes if reach <= FAR)
        self._margins = dict(enumerate(int(reach) + 1 for reach in reaches)) | {self._encoded: self.margin}
        self._bits = {len(self._near) + n: bit for n, bit in enumerate(self._words.values())}
        self._prefilter = make_prefilter(
            (
                *(
                    replace(rule, keywords=() if n in self._apart else rule.keywords)
                    for n, rule in enumerate(self._near)
                ),
                *map(_occurrence, self._words),
                encoded_text,
            )
        )
        self._possible: dict[Trace, tuple[list[Rule], list[Rule]]] = {}
        self._verdicts: dict[tuple[int, bytes], bool] = {}

    def sift(self, parts: Sequence[bytes | bytearray]) -> Sifted:
        """What `parts` say: whole lines of a version, with the margin, each of them contiguous."""
        text = SEPARATOR.join(parts)
        source = searchable(text)
        places = self._prefilter.places(source.text)
        if not places:
            return NOTHING
        found = Sifted(trace=self._trace(places))
        near = {index: ends for index, ends in places.items() if index not in self._bits}
        if not near:
            return found
        if source.text is not text:  # ends are not those of the parts
            near = {index: [] for index in near}
        for piece, here in _pieces(parts, near, self._margins):
            found = self._sift(searchable(piece).text, here, found)
        return found

    def holds(self, trace: Trace, content: bytes | bytearray) -> bool:
        """Whether the rules that `trace` speaks of may report something in a whole version."""
        rules = self._possible.get(trace)
        if rules is None:
            rules = self._possible[trace] = self._rules_of(trace)
        far, apart = rules
        if not far and not apart:
            return False
        if far and trace & self._decoded:  # a rule's words may stand in the decoded text alone
            return True
        text = searchable(bytes(content)).text
        lowered = lower(text)
        if any(_has_one(lowered, encoded(rule.keywords)) for rule in apart):
            return True
        return any(
            may_touch(rule, text)
            for rule in far
            if not rule.keywords or _has_one(lowered, encoded(rule.keywords))
        )

    def _rules_of(self, trace: Trace) -> tuple[list[Rule], list[Rule]]:
        """Those over many lines all of whose words were seen, and those that wait for their keyword."""
        far = [rule for rule, words in self._far if trace & words == words]
        return far, [self._near[index] for index, bit in self._apart.items() if trace & bit]

    def _trace_of(self, rule: Rule) -> Trace:
        """The bits of words that occur wherever a rule over many lines matches."""
        sets = [frozenset(word for word in rule.keywords if word)] if rule.keywords else []
        trace = 0
        for words in (*sets, *necessary(rule.regex)):
            trace |= self._words.setdefault(words, 1 << len(self._words))
        return trace

    def _trace(self, places: Iterable[int]) -> Trace:
        trace = 0
        for index in places:
            trace |= self._bits.get(index, 0)
        return trace

    def _sift(self, text: bytes, indices: Iterable[int], so_far: Sifted) -> Sifted:
        """What one piece says about near rules and encoded text, added to what is known."""
        suspect, trace = so_far.suspect, so_far.trace
        for index in indices:
            if index == self._encoded:
                found = self._sift_decoded(text)
                suspect, trace = suspect or found.suspect, trace | found.trace
            elif self._survives(index, text):
                trace |= self._apart.get(index, 0)
                suspect = suspect or index not in self._apart
        return Sifted(suspect, trace)

    def _sift_decoded(self, text: bytes) -> Sifted:
        """What a piece says when it is decoded; there, a keyword anywhere counts."""
        suspect, trace = False, 0
        decoded = decode(text, ())
        for _ in range(self._max_decode_depth):
            if decoded is None:
                break
            places = self._prefilter.places(decoded[0])
            trace |= self._decoded | self._trace(places)
            suspect = suspect or any(
                self._survives(index, decoded[0]) for index in places if index < len(self._near)
            )
            decoded = decode(*decoded)
        return Sifted(suspect, trace)

    def _survives(self, index: int, text: bytes) -> bool:
        """Whether the rule reports something in `text`, or in the lines alone that a match of it touches."""
        key = (index, text)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._reports(self._near[index], text)
            if len(text) <= _REMEMBERED_BYTES:
                if len(self._verdicts) >= _REMEMBERED:
                    self._verdicts.clear()
                self._verdicts[key] = verdict
        return verdict

    def _reports(self, rule: Rule, text: bytes) -> bool:
        touched = list(compile_pattern(relaxed(rule.regex)).spans(text))
        if not touched:
            return False
        if self._hits(rule, text):
            return True
        # Lines may come in without those around them, and then another match shows than in all of them.
        pattern = compile_pattern(rule.regex)
        dropped = set(pattern.spans(text))
        runs: dict[tuple[int, int], None] = {}
        for start, end in touched:
            near = list(_runs(text, start, end))
            if not near:
                return True
            runs.update(dict.fromkeys(near))
        for start, end in runs:
            found = {(start + first, start + last) for first, last in pattern.spans(text[start:end])}
            if not found <= dropped and self._hits(rule, text[start:end]):
                return True
            dropped |= found
        return False

    def _hits(self, rule: Rule, text: bytes) -> bool:
        return any(True for _ in hits(rule, text, occurrences(rule, text), self._allowlists))


def _runs(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The runs of lines that share a line with a match, with a line around it; none for a long match."""
    first = text.rfind(b"\n", 0, start) + 1
    starts = [text.rfind(b"\n", 0, max(first - 1, 0)) + 1, first] if first else [0]
    ends: list[int] = []
    last = start
    while last < end and len(ends) < _MOST_LINES:
        last = text.find(b"\n", last) + 1 or len(text)
        ends.append(last)
        if last < end:
            starts.append(last)
    if last < end:
        return
    if last < len(text):
        ends.append(text.find(b"\n", last) + 1 or len(text))
    yield from ((a, b) for a in starts for b in ends if a < b)


def _pieces(
    parts: Sequence[bytes | bytearray], near: Mapping[int, Sequence[int]], margins: Mapping[int, int]
) -> Iterator[tuple[bytes, list[int]]]:
    """The lines where something may match, with what may match there.

    Args:
        parts: see `Sieve.sift`.
        near: where what may match, counted in the joined parts.
        margins: how far a match of each may reach over lines.
    """
    anywhere = [index for index, points in near.items() if not points]
    if anywhere:
        yield from ((bytes(part), anywhere) for part in parts)
    starts = list(accumulate((len(part) + len(SEPARATOR) for part in parts), initial=0))
    for index, points in near.items():
        first = 0
        while first < len(points):
            number = max(bisect_left(starts, points[first]) - 1, 0)
            start, text = starts[number], bytes(parts[number])
            last = bisect_right(points, starts[number + 1], first)
            # A match may end with the newline of the separator where the part ends without one.
            here = [
                min(point - start, len(text))
                for point in points[first:last]
                if point - start <= len(text) + 1
            ]
            for begin, end in windows(text, here, margins[index]):
                yield text[begin:end], [index]
            first = last


def _shapes(rules: Sequence[Rule], store: DatabaseStore | None) -> list[tuple[float, bool]]:
    """Of each rule its line reach, and whether its matches always hold a keyword.

    To understand two thousand patterns takes a second.
    """
    digest = _digest(rules)
    saved = store.load(digest) if store else None
    with suppress(ValueError, TypeError):  # damaged: made anew
        shapes = [(float(reach), bool(holds)) for reach, holds in json.loads(saved or b"")]
        if len(shapes) == len(rules):
            return shapes
    shapes = [(line_reach(rule.regex), always_holds(rule.regex, rule.keywords)) for rule in rules]
    if store:
        store.save(digest, json.dumps(shapes).encode())
    return shapes


def _digest(rules: Sequence[Rule]) -> str:
    parts = [["shapes", _SHAPES], *([rule.regex, *rule.keywords] for rule in rules)]
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _occurrence(words: frozenset[str]) -> Rule:
    """A rule that matches where one of the words occurs; without words, nowhere. It reports nothing."""
    found = sorted(words)
    return Rule(
        id="words",
        regex="(?i)" + "|".join(map(re.escape, found)),
        keywords=tuple(found) or ("",),
        skip_report=True,
    )


def _has_one(text: bytes, words: Sequence[bytes]) -> bool:
    return any(word and word in text for word in words)
