"""Which part of the history to scan, as a user says it and as Git takes it."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass

from scanner.errors import UsageError
from scanner.git.program import GitFailed, Program


@dataclass(frozen=True, slots=True)
class Selection:
    """Which commits to scan; all of every ref unless limited.

    Attributes:
        since, until: dates of commits, in any form that ``git log --since`` takes; empty for no limit.
        branches: only commits that these branches, tags or other revisions reach.
        range: only commits of a range ``A..B`` or ``A...B``; an empty side is HEAD.
        max_commits: at most so many, the newest; None for all.
        log_opts: Gitleaks' ``--log-opts``: options and revisions for ``git log``, separated by single
            spaces without quoting, in place of all refs, and together with the other limits.
        known: full names of commits; they and what they reach are left out.
        commits: full names of commits; they and what they reach, in place of all refs.
        unless: refs whose commits, and what these reach, are left out then: ``--all``, or
            ``--remotes=NAME``.
    """

    since: str = ""
    until: str = ""
    branches: tuple[str, ...] = ()
    range: str = ""
    max_commits: int | None = None
    log_opts: str = ""
    known: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is all that some revisions reach, so that more revisions can only add to it."""
        limits = (self.since, self.until, self.range, self.log_opts, self.commits)
        return not any(limits) and self.max_commits is None


@dataclass(frozen=True, slots=True)
class Query:
    """A `Selection` as arguments of ``git log`` and ``git rev-list``.

    Attributes:
        arguments: options, revisions, and where known ``--`` and paths.
        revisions: those of them that name commits, for ``git rev-parse``.
        paths: the paths that limit it, where known.
        combine: merge commits are to be shown as the difference to all parents.
        free: free options of the user's are among the arguments: only Git knows what they select.
        max_commits, since, until: limits (commit dates, seconds since 1970), for those who walk without Git.
    """

    arguments: tuple[str, ...]
    revisions: tuple[str, ...]
    paths: tuple[str, ...] = ()
    combine: bool = True
    free: bool = False
    max_commits: int | None = None
    since: int | None = None
    until: int | None = None


# Options of git log that change what it prints (or where), so that its output could not be read.
_PRINTING = (
    *("--abbrev", "--abbrev-commit", "--binary", "--check", "--color", "--color-moved", "--color-words"),
    *("--combined-all-paths", "--compact-summary", "--cumulative", "--dirstat", "--dirstat-by-file"),
    *("--encoding", "--exit-code", "--expand-tabs", "--ext-diff", "--format", "--full-index", "--graph"),
    *("--help", "--line-prefix", "--log-size", "--name-only", "--name-status", "--no-patch", "--notes"),
    *("--numstat", "--oneline", "--output", "--patch-with-raw", "--patch-with-stat", "--pretty", "--quiet"),
    *("--raw", "--relative", "--shortstat", "--show-notes", "--show-signature", "--stat", "--submodule"),
    *("--summary", "--textconv", "--unified", "--word-diff", "--word-diff-regex", "--ws-error-highlight"),
)
_PRINTING_SHORT = r"-(?:[hsz]|[LRUX].*)\Z"
_HARMLESS = ("--not", "--text")  # which begin like one of those above
_REDUNDANT = ("-p", "-u", "--patch", "-U0", "--unified=0")  # Gitleaks passes these itself
_MERGES = r"-m|-c|--cc|--dd|--remerge-diff|--first-parent|--diff-merges(?:=.*)?|--no-diff-merges\Z"


def query_of(selection: Selection, program: Program) -> Query:
    """`selection` in the terms of the repository that `program` runs in.

    Raises:
        UsageError: a revision does not exist, a date is none, or an option cannot be used here.
    """
    since, until = (_seconds(program, date) for date in (selection.since, selection.until))
    limits = _limits(since, until, selection.max_commits)
    if selection.log_opts:
        options, paths = _log_opts(selection.log_opts)
        return Query(
            arguments=(*options, *limits, *(("--", *paths) if paths else ())),
            revisions=options,
            paths=paths,
            combine=not any(re.match(_MERGES, option) for option in options),
            free=True,
        )
    revisions = _revisions(selection, program)
    if left_out := (*selection.unless, *selection.known):
        revisions += ("--not", *left_out)
    return Query(
        arguments=("--full-history", *limits, *revisions, "--"),
        revisions=revisions,
        max_commits=selection.max_commits,
        since=since,
        until=until,
    )


def _limits(since: int | None, until: int | None, max_commits: int | None) -> tuple[str, ...]:
    limits = (("--max-age", since), ("--min-age", until), ("--max-count", max_commits))
    return tuple(f"{option}={value}" for option, value in limits if value is not None)


def _seconds(program: Program, date: str) -> int | None:
    """`date` in seconds since 1970. Git takes text that is no date for "now", which would select nothing."""
    if not date:
        return None
    seconds = int(program.output("rev-parse", f"--since={date}").decode().strip().removeprefix("--max-age="))
    if abs(seconds - time.time()) < 5 and not any(character.isdigit() for character in date):
        raise UsageError(f"not a date: {date!r}; use one such as 2024-12-31 or 2.weeks.ago")
    return seconds


def _revisions(selection: Selection, program: Program) -> tuple[str, ...]:
    """Ids of the commits to start and to stop at; ids cannot be taken for options or files."""
    if selection.commits:
        return selection.commits
    if not selection.branches and not selection.range:
        return ("--all",)
    revisions = [_id(program, branch) for branch in selection.branches]
    if selection.range:
        dots = "..." if "..." in selection.range else ".."
        start, found, end = selection.range.partition(dots)
        if not found:
            raise UsageError(f"not a range: {selection.range!r}; write A..B")
        ids = _id(program, start or "HEAD"), _id(program, end or "HEAD")
        revisions += [dots.join(ids)]
    return tuple(revisions)


def tips(selection: Selection, program: Program) -> tuple[str, ...]:
    """Full names of the objects that a selection starts at: commits, or tags of commits.

    Raises:
        UsageError: a revision does not exist.
    """
    if selection.branches:
        return _revisions(selection, program)
    names = program.output("for-each-ref", "--format=%(objectname)").decode("ascii").split()
    with contextlib.suppress(GitFailed):  # of a branch without commits
        names += program.output("rev-parse", "--quiet", "--verify", "HEAD").decode("ascii").split()
    return tuple(sorted(set(names)))


def reach(program: Program, new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Whether the objects `new` lead to all of `old`, none of which is missing."""
    lines = [*old, *(f"^{name}" for name in new)]
    try:
        answer = program.output("rev-list", "--max-count=1", "--stdin", stdin="\n".join(lines).encode())
    except GitFailed:
        return False
    return not answer


def _id(program: Program, revision: str) -> str:
    """Full name of the commit that `revision` names."""
    problem = f"no such branch, tag or commit: {revision!r}"
    if revision.startswith("-") or "\0" in revision:
        raise UsageError(problem)
    try:
        return program.output("rev-parse", "--quiet", "--verify", f"{revision}^{{commit}}").decode().strip()
    except GitFailed:
        raise UsageError(problem) from None


def _log_opts(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Options and paths of Gitleaks' ``--log-opts``; paths only where a ``--`` sets them off."""
    words = [word for word in text.split(" ") if word]
    split = words.index("--") if "--" in words else len(words)
    options = tuple(word for word in words[:split] if word not in _REDUNDANT)
    for option in options:
        name = option.partition("=")[0]
        # Git takes abbreviations: any beginning of a long option.
        long = name.startswith("--") and any(known.startswith(name) for known in _PRINTING)
        long = long and name not in _HARMLESS
        if "\0" in option or long or re.match(_PRINTING_SHORT, option):
            raise UsageError(f"--log-opts: {name!r} changes what git log prints and cannot be used")
    return options, tuple(words[split + 1 :])
