"""Which commits of a clone a build is to scan, and whether the clone has them all."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.ci.build import Build, Kind
from scanner.errors import IncompleteError
from scanner.git import Repository, Selection
from scanner.git.program import GitFailed


@dataclass(frozen=True, slots=True)
class Span:
    """What is scanned.

    Attributes:
        what: in words, for the log.
    """

    selection: Selection
    what: str


def span_of(build: Build, repository: Repository, allow_incomplete: bool = False) -> Span:
    """The commits that `build` is to scan.

    A pull request or a push is what its head reaches and its base does not, which is right after a forced
    push, too. Where a push's base is not told, or was forced away, the default branch stands in, unless it is
    the one that was pushed: then all that the head reaches is scanned. So is a tag's history.

    Args:
        allow_incomplete: take what there is where the clone lacks a part.

    Raises:
        IncompleteError: the clone has not all of these commits; the message says what to set.
    """
    if build.kind is Kind.NOTHING:
        return Span(Selection(range="HEAD..HEAD"), "nothing: the ref was deleted")
    if build.kind is Kind.FULL:
        span = Span(Selection(), "the full history of all refs")
    else:
        head = _id(repository, build.head)
        if not head and not allow_incomplete:
            raise _incomplete(build, f"commit {build.head} is not in this clone")
        span = _since(build, repository, head or "HEAD", allow_incomplete)
    if not allow_incomplete and _is_cut(repository, span.selection):
        raise _incomplete(build, f"this is a shallow clone that lacks a part of {span.what}")
    return span


def _since(build: Build, repository: Repository, head: str, allow_incomplete: bool) -> Span:
    """What `head` adds to what is known."""
    base = _base(build, repository)
    if build.kind is Kind.PULL_REQUEST and not base and not allow_incomplete:
        raise _incomplete(build, f"{build.base or 'the base of the pull request'} is not in this clone")
    if not base:
        return Span(Selection(branches=(head,)), f"all that {head[:12]} reaches")
    return Span(Selection(range=f"{base}..{head}"), f"{base[:12]}..{head[:12]}")


def _base(build: Build, repository: Repository) -> str:
    """The commit that is known already; empty for none."""
    if build.kind is Kind.TAG:
        return ""
    if build.base and (base := _id(repository, build.base, branch=build.kind is Kind.PULL_REQUEST)):
        return base
    if build.kind is Kind.PULL_REQUEST:
        return ""
    default = build.default_branch or _default_branch(repository)
    return _id(repository, default, branch=True) if default and default != build.branch else ""


def _default_branch(repository: Repository) -> str:
    """The default branch as the clone knows it; empty where it does not."""
    try:
        name = repository.program.output("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    except GitFailed:
        return ""
    return name.decode(errors="replace").strip().removeprefix("refs/remotes/origin/")


def _id(repository: Repository, revision: str, branch: bool = False) -> str:
    """Full name of a commit that is there; empty for none.

    Args:
        branch: `revision` may be a branch, whose remote's version counts before a local one.
    """
    names = [f"refs/remotes/origin/{revision}", f"refs/heads/{revision}"] if branch else []
    for name in [*names, revision]:
        if name.startswith("-") or "\0" in name:
            continue
        try:
            found = repository.program.output("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
        except GitFailed:
            continue
        return found.decode("ascii").strip()
    return ""


def _is_cut(repository: Repository, selection: Selection) -> bool:
    """Whether a shallow clone's boundary lies among the selected commits, so that some are not there."""
    if not repository.shallow_commits:
        return False
    which = selection.range or "".join(selection.branches) or "--all"
    listed = repository.program.output("rev-list", which, "--").decode("ascii").split()
    return not repository.shallow_commits.isdisjoint(listed)


def _incomplete(build: Build, why: str) -> IncompleteError:
    return IncompleteError(f"{build.kind.value} on {build.system.name}: {why}; {build.system.deepen}")
