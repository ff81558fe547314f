"""One rule on one text: its matches, with the secret, entropy and allowlists decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from scanner.detect.allowlist import Verdict, judge_content
from scanner.detect.edges import relaxed
from scanner.detect.entropy import shannon
from scanner.detect.positions import whole_lines
from scanner.detect.shape import FAR, line_reach
from scanner.detect.windows import windows
from scanner.model import Allowlist, Rule
from scanner.regexp import Pattern, Spans, compile_pattern


@dataclass(frozen=True, slots=True)
class Hit:
    """A match of a rule in the text of one decoding pass.

    Attributes:
        start, end: of the match, without newlines at its ends.
        secret_start, secret_end: of the secret.
        entropy: of the secret, in bits.
        allowed_at: see `scanner.model.Match`.
    """

    start: int
    end: int
    secret_start: int
    secret_end: int
    entropy: float
    allowed_at: tuple[Allowlist, ...]


def may_touch(rule: Rule, text: bytes) -> bool:
    """Whether the regex of `rule`, which has one, may match some run of the lines of `text`.

    A look-around pattern may: what it must not see can be in the other lines.
    """
    return rule.regex_engine == "regex" or compile_pattern(relaxed(rule.regex)).search(text)


def may_touch_parts(rule: Rule, text: bytes) -> bool:
    """The same of a rule whose regex does not match `text` as a whole; most need no second look."""
    return not _is_whole(rule) and may_touch(rule, text)


def _is_whole(rule: Rule) -> bool:
    """Whether the regex matches a text wherever it matches some run of its lines."""
    return rule.regex_engine == "re2" and relaxed(rule.regex) == rule.regex


def _is_local(rule: Rule) -> bool:
    """Whether the lines around a match tell that it is one."""
    return _is_whole(rule) and line_reach(rule.regex) <= FAR


def occurrences(rule: Rule, text: bytes, points: Sequence[int] = ()) -> Iterator[Spans]:
    """Where the regex of `rule`, which has one, matches `text`, which is valid UTF-8.

    Args:
        points: where matches may be, from a prefilter: only the lines around are read. Empty for anywhere.

    Raises:
        TimeoutError: a look-around pattern took too long; the matches before that were yielded.
    """
    pattern = compile_pattern(rule.regex, rule.regex_engine)
    if points and _is_local(rule):
        found = _near(pattern, text, points, int(line_reach(rule.regex)) + 1)
        if found is not None:
            return iter(found)
    return pattern.finditer(text)


def _near(pattern: Pattern, text: bytes, points: Sequence[int], margin: int) -> list[Spans] | None:
    """The matches at some of `points`; None where a window's end may have let something match.

    A window holds all matches that touch it whole, so those in it are those of the whole text. With a
    line behind, what ends with the newline of its line does not end with the window.
    """
    found = []
    for begin, finish in windows(text, points, margin):
        for spans in pattern.finditer(text[begin:finish]):
            if spans[0][1] == finish - begin < len(text) - begin:
                return None
            found.append(tuple((begin + a, begin + b) if a >= 0 else (a, b) for a, b in spans))
    return found


def hits(rule: Rule, text: bytes, matches: Iterable[Spans], allowlists: Sequence[Allowlist]) -> Iterator[Hit]:
    """Those of a rule's matches in a text that it calls a secret.

    Args:
        matches: from `occurrences`, whose errors are passed on.
        allowlists: the global ones; the rule's own are added.
    """
    for spans in matches:
        start, end = _without_newlines(text, *spans[0])
        if start == end:
            continue  # an empty match is no secret
        secret_start, secret_end = _secret(rule, spans, start, end)
        secret = text[secret_start:secret_end]
        entropy = shannon(secret)
        if rule.entropy and entropy <= rule.entropy:
            continue
        allowed_at = _allowed_at((*allowlists, *rule.allowlists), text, start, end, secret)
        if allowed_at is not None:
            yield Hit(start, end, secret_start, secret_end, entropy, allowed_at)


def _without_newlines(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The span without ``\\n`` at its ends; other white space belongs to the match, as in Gitleaks."""
    while start < end and text[start] == 0x0A:
        start += 1
    while start < end and text[end - 1] == 0x0A:
        end -= 1
    return start, end


def _secret(rule: Rule, spans: Spans, start: int, end: int) -> tuple[int, int]:
    """The rule's secret group; where none is named, the first that is not empty; else the match.

    Newlines at the ends of the match are not part of the secret either.
    """
    if rule.secret_group:
        return _within(spans[rule.secret_group], spans[0], start, end)
    for span in spans[1:]:
        group_start, group_end = _within(span, spans[0], start, end)
        if group_end > group_start:
            return group_start, group_end
    return start, end


def _within(group: tuple[int, int], whole: tuple[int, int], start: int, end: int) -> tuple[int, int]:
    """The part of `group` from `start` to `end`; all of a group in a look-around, outside the match."""
    if group[0] < 0:
        return start, start
    if group[0] < whole[0] or group[1] > whole[1]:
        return group
    group_start = min(max(group[0], start), end)
    return group_start, max(group_start, min(group[1], end))


def _allowed_at(
    allowlists: Sequence[Allowlist], text: bytes, start: int, end: int, secret: bytes
) -> tuple[Allowlist, ...] | None:
    """Allowlists that now hang on the place alone; None when one holds by content."""
    by_place = []
    match = text[start:end]
    line = whole_lines(text, start, end)
    for allowlist in allowlists:
        verdict = judge_content(allowlist, secret, match, line)
        if verdict is Verdict.YES:
            return None
        if verdict is Verdict.PLACE:
            by_place.append(allowlist)
    return tuple(by_place)
