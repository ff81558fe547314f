"""Whether an allowlist holds, in its two halves: by content, and by the place (path and commit).

The halves are apart because a blob is scanned once, wherever it occurs, and its places come later.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable

from scanner.detect.words import Words, encoded, lower
from scanner.errors import PatternError
from scanner.model import Allowlist
from scanner.regexp import Pattern, compile_pattern, searchable


class Verdict(enum.Enum):
    """What the content alone says of an allowlist."""

    NO = "it does not hold by its content"
    YES = "it holds, wherever the text comes from"
    PLACE = "it holds where its paths and commits hold"


def judge_content(
    allowlist: Allowlist,
    secret: bytes,
    match: bytes,
    line: bytes,
    inside: Callable[[tuple[str, ...]], bool] = lambda patterns: False,
) -> Verdict:
    """Judge a match; an empty text is never allowed.

    Args:
        inside: whether the secret stands inside an occurrence of one of some patterns in the whole text.
            Where that is not at hand it does not, so that at most too little is allowed.
    """
    if not allowlist.regexes and not allowlist.stopwords and not allowlist.within:
        return Verdict.NO
    target = {"secret": secret, "match": match, "line": line}[allowlist.regex_target]
    checks = []
    if allowlist.regexes:
        text = searchable(target).text  # a match may begin or end inside a character
        checks.append(bool(text) and _any_occurs(allowlist.regexes, text))
    if allowlist.stopwords and (allowlist.match_all or not any(checks)):
        checks.append(bool(secret) and _words(allowlist.stopwords).any(lower(secret)))
    if allowlist.within and (all(checks) if allowlist.match_all else not any(checks)):
        checks.append(bool(secret) and inside(allowlist.within))
    if not allowlist.match_all:
        return Verdict.YES if any(checks) else Verdict.NO
    if not all(checks):
        return Verdict.NO
    return Verdict.PLACE if allowlist.paths or allowlist.commits else Verdict.YES


def holds_at(allowlist: Allowlist, path: bytes, commit: str) -> bool:
    """Whether the paths and commits of `allowlist` hold: any for condition OR, all given ones for AND.

    Args:
        path: as reported; empty for none, which no pattern allows.
        commit: full object name; empty outside history.
    """
    checks = []
    if allowlist.commits:
        checks.append(commit.lower() in allowlist.commits)
    if allowlist.paths:
        checks.append(bool(path) and path_matches(allowlist.paths, path))
    return all(checks) if checks and allowlist.match_all else any(checks)


def drops_all(allowlist: Allowlist, path: bytes, commit: str) -> bool:
    """Whether everything at that place is allowed, whatever the content."""
    if allowlist.match_all and (allowlist.regexes or allowlist.stopwords or allowlist.within):
        return False
    return holds_at(allowlist, path, commit)


@functools.lru_cache(maxsize=65536)
def path_matches(patterns: tuple[str, ...], path: bytes) -> bool:
    """Whether any of `patterns` occurs in `path`; remembered, since histories name a path many times."""
    return _any_occurs(patterns, searchable(path).text)


def _any_occurs(patterns: tuple[str, ...], text: bytes) -> bool:
    return any(pattern.search(text) for pattern in _compiled(patterns))


@functools.cache
def _compiled(patterns: tuple[str, ...]) -> tuple[Pattern, ...]:
    """All in one pattern: lists are long, and what they are asked for is short."""
    try:
        return (compile_pattern("|".join(f"(?:{pattern})" for pattern in patterns)),)
    except PatternError:  # such as two groups of one name
        return tuple(compile_pattern(pattern) for pattern in patterns)


@functools.cache
def _words(words: tuple[str, ...]) -> Words:
    return Words(encoded(words))
