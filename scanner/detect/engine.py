"""The detector: prefilter, confirm, decode and again, on one text; then what holds at a place.

`Detector.scan` looks at content alone, so that a blob is scanned once wherever it occurs.
`Detector.at` then says which of the matches are leaks at one path and commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from scanner.detect import required
from scanner.detect.allowlist import drops_all, holds_at, path_matches
from scanner.detect.confirm import Hit, hits, may_touch_parts, occurrences
from scanner.detect.decode import CANDIDATE, Segment, decode, locate, origin
from scanner.detect.positions import Lines, whole_lines
from scanner.detect.prefilter import Prefilter
from scanner.detect.seen import Seen
from scanner.detect.within import Enclosures, allowed_within
from scanner.detect.words import Words, encoded, lower
from scanner.model import Config, Match, Rule
from scanner.regexp import Searchable, searchable

ALLOW_MARKS = (b"gitleaks:allow", b"leakscan:allow")
"""A comment with one of these on a line of the match says that it is no leak."""

OTHER_TOOLS_MARKS = (
    b"trufflehog:ignore",
    b"pragma: allowlist secret",
    b"betterleaks:allow",
    b"kingfisher:ignore",
)
"""The same of TruffleHog, detect-secrets, Betterleaks and Kingfisher."""

MAX_DECODE_DEPTH = 5
"""Gitleaks' default for ``--max-decode-depth``."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text holds.

    Attributes:
        matches: in order of rules, then of the text.
        touched: whether some run of the text's lines, read alone, may match a rule: if not, nothing
            can be found in a part of the text that is not found in the whole.
        timed_out: ids of look-around rules that took too long and may have missed something.
    """

    matches: tuple[Match, ...]
    touched: bool
    timed_out: tuple[str, ...]


_NOTHING = Scan((), False, ())
"""Of a text that no rule can match."""


@dataclass(slots=True)
class _Pass:
    """The text of one decoding pass, on its way from the original."""

    source: Searchable
    lines: Lines
    text: bytes
    segments: Sequence[Segment]
    depth: int


@dataclass(slots=True)
class _Found:
    """What the passes over one text have found so far, and where in it patterns of allowlists occur."""

    enclosures: Enclosures
    matches: list[Match] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)
    timed_out: dict[str, None] = field(default_factory=dict)
    touched: bool = False


class Detector:
    """Finds the secrets that a config describes.

    Args:
        config: complete and valid.
        prefilter: made from `sought(config)`; see `scanner.detect.make_prefilter`.
        max_decode_depth: how often decoded text is decoded again; 0 for not at all.
        allow_marks: comments that make a line's matches no leak; empty to report them all the same.

    Attributes:
        config: as given.
        allows_commits: some allowlist allows commits, so that not all commits are alike.
    """

    def __init__(
        self,
        config: Config,
        prefilter: Prefilter,
        *,
        max_decode_depth: int = MAX_DECODE_DEPTH,
        allow_marks: Sequence[bytes] = ALLOW_MARKS,
    ) -> None:
        self.config = config
        lists = (*config.allowlists, *(one for rule in config.rules for one in rule.allowlists))
        self._within = tuple(one for one in config.allowlists if one.within)
        self.allows_commits = any(one.commits for one in lists)
        self._prefilter = prefilter
        self._rules = reportable(config)
        self._by_id = {rule.id: rule for rule in config.rules}
        self._path_rules = tuple(rule for rule in config.rules if not rule.regex and not rule.skip_report)
        own = [rule.path for rule in self._path_rules]
        self._special_paths = tuple(path for one in config.allowlists for path in one.paths) + tuple(own)
        self._max_decode_depth = max_decode_depth
        self._allow_marks = tuple(allow_marks)

    @property
    def settings(self) -> tuple[object, ...]:
        """All that decides what it finds."""
        config = self.config
        return config.rules, config.allowlists, self._max_decode_depth, self._allow_marks

    def scan(self, data: bytes) -> Scan:
        """All matches in `data`, wherever it may come from."""
        source = searchable(data)
        places = self._prefilter.places(source.text)
        if not places:  # as for most texts
            return _NOTHING
        step = _Pass(source, Lines(data), source.text, (), 0)
        found = _Found(Enclosures(source.text))
        while True:
            new: list[Match] = []
            encoded = places.pop(len(self._rules), None) is not None and step.depth < self._max_decode_depth
            for index, points in sorted(places.items()):
                new.extend(self._matches(self._rules[index], step, found, points))
            found.matches.extend(found.seen.without_known(new))
            decoded = decode(step.text, step.segments) if encoded else None
            if decoded is None:
                return Scan(tuple(found.matches), found.touched, tuple(found.timed_out))
            step = _Pass(source, step.lines, decoded[0], decoded[1], step.depth + 1)
            places = self._prefilter.places(step.text)

    def expect_more(self) -> None:
        """Get ready for more than a little text, before work is spread over processes."""
        self._prefilter.expect_more()

    def is_plain(self, path: bytes) -> bool:
        """Whether no allowlist excludes a path, wherever it occurs, and no rule is on the path alone."""
        special = self._special_paths and path_matches(self._special_paths, path)
        return not self.allows_commits and not special

    def excludes(self, path: bytes, commit: str = "") -> bool:
        """Whether a global allowlist allows everything at that place, so that it need not be read."""
        if self.is_plain(path):  # one question for all patterns together
            return False
        return any(drops_all(allowlist, path, commit) for allowlist in self.config.allowlists)

    def at(self, matches: Iterable[Match], path: bytes, commit: str = "") -> list[Match]:
        """Those of `matches` (of one text) that are leaks at a place that is not excluded.

        Args:
            matches: from `scan`.
            path: as reported; empty for none.
            commit: full object name; empty outside history.
        """
        here = []
        for match in matches:
            if self._holds(match, path, commit):
                companions = tuple(
                    tuple(other for other in group if self._holds(other, path, commit))
                    for group in match.companions
                )
                if all(companions):
                    here.append(replace(match, companions=companions) if companions else match)
        return _without_generic_duplicates(here)

    def path_rules(self, path: bytes, commit: str = "") -> Sequence[Rule]:
        """The rules on the path alone that report a file at that place, where `mentions` holds of it."""
        if self.is_plain(path):
            return []
        return [rule for rule in self._path_rules if self._applies(rule, path, commit)]

    def mentions(self, rule: Rule, data: bytes) -> bool:
        """Whether one of the rule's keywords is in `data`, or it has none."""
        if not rule.keywords:
            return True
        text = lower(searchable(data).text)
        return any(keyword and keyword in text for keyword in encoded(rule.keywords))

    def _applies(self, rule: Rule, path: bytes, commit: str) -> bool:
        if rule.path and not path_matches((rule.path,), path):
            return False
        return not any(drops_all(allowlist, path, commit) for allowlist in rule.allowlists)

    def _holds(self, match: Match, path: bytes, commit: str) -> bool:
        if any(holds_at(allowlist, path, commit) for allowlist in match.allowed_at):
            return False
        return self._applies(match.rule, path, commit)

    def _matches(self, rule: Rule, step: _Pass, found: _Found, points: Sequence[int]) -> list[Match]:
        primaries = self._alone(rule, step, found, points)
        if not primaries or not rule.required:
            return primaries
        groups = []
        for requirement in rule.required:
            companion = self._by_id.get(requirement.id)
            groups.append((requirement, self._companions(companion, step, found) if companion else []))
        return required.attach(primaries, groups)

    def _companions(self, rule: Rule, step: _Pass, found: _Found) -> list[Match]:
        if rule.regex:
            return self._alone(rule, step, found)
        return [required.on_path(rule)] if step.depth == 0 else []

    def _alone(self, rule: Rule, step: _Pass, found: _Found, points: Sequence[int] = ()) -> list[Match]:
        """The rule's matches, without regard to companions.

        Args:
            points: where in the text they may be; empty for anywhere.
        """
        matches = []
        try:
            all_of_it = occurrences(rule, step.text, points)
            first = next(all_of_it, None)
            if first is None:
                found.touched = found.touched or may_touch_parts(rule, step.text)
                return []
            found.touched = True
            for hit in hits(rule, step.text, chain((first,), all_of_it), self.config.allowlists):
                match = self._match(rule, hit, step, found.enclosures)
                if match is not None:
                    matches.append(match)
        except TimeoutError:
            found.timed_out[rule.id] = None
        return matches

    def _match(self, rule: Rule, hit: Hit, step: _Pass, enclosures: Enclosures) -> Match | None:
        """`hit` at its place in the original; None where an allow comment or a pattern around it allows it,
        or outside what this pass decoded."""
        start, end, tags = hit.start, hit.end, rule.tags
        if step.depth:
            place = locate(hit.start, hit.end, step.segments)
            if place is None:
                return None
            start, end = place[0], place[1]
            tags = (*tags, *place[2], f"decode-depth:{step.depth}")
        start, end = step.source.offset(start), step.source.offset(end)
        data = step.source.original
        line = whole_lines(data, start, end)
        if any(mark in line for mark in self._allow_marks):
            return None
        if step.depth:
            text, secret = step.text[hit.start : hit.end], step.text[hit.secret_start : hit.secret_end]
        else:
            text = data[start:end]
            secret = data[step.source.offset(hit.secret_start) : step.source.offset(hit.secret_end)]
        within = (*self._within, *(one for one in rule.allowlists if one.within))
        inner = origin(hit.secret_start, hit.secret_end, step.segments)
        allowed_at = allowed_within(within, enclosures, inner, (secret, text, line))
        if allowed_at is None:
            return None
        return Match(
            rule,
            start,
            end,
            *step.lines.span(start, end),
            text,
            secret,
            line,
            hit.entropy,
            tags,
            open_ended=b"\n" in data[start:end] and data.find(b"\n", end) < 0,
            allowed_at=hit.allowed_at + allowed_at,
        )


ENCODED = Rule(id="encoded", regex=CANDIDATE)
"""Stands for text that `decode` may change, so that a prefilter looks for it along with the rules."""


def reportable(config: Config) -> tuple[Rule, ...]:
    """The rules with a regex that report by themselves."""
    return tuple(rule for rule in config.rules if rule.regex and not rule.skip_report)


def sought(config: Config) -> tuple[Rule, ...]:
    """What a prefilter must look for: the reportable rules, and last `ENCODED`."""
    return (*reportable(config), ENCODED)


def _without_generic_duplicates(matches: list[Match]) -> list[Match]:
    """Drop a generic rule's match where a specific rule found a secret that contains it, on that line."""
    generic: dict[int, set[bytes]] = {}
    specific: dict[int, set[bytes]] = {}
    for match in matches:
        (generic if _generic(match.rule) else specific).setdefault(match.start_line, set()).add(match.secret)
    # All generic secrets of a line are looked for at once: a line of megabytes can have very many.
    known: set[tuple[int, bytes]] = set()
    for line in generic.keys() & specific.keys():
        words = Words(generic[line])
        known.update((line, word) for secret in specific[line] for word in (b"", *words.found(secret)))
    return [
        match for match in matches if not (_generic(match.rule) and (match.start_line, match.secret) in known)
    ]


def _generic(rule: Rule) -> bool:
    return "generic" in rule.id.lower()
