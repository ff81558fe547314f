"""Where in a repository a secret can be seen: since when, until when, in which branches and tags.

The secret goes to Git on standard input only, never as an argument.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanner.git import ObjectError, Repository
from scanner.git.program import GitFailed
from scanner.model import Commit, Finding

_VERSIONS = 5_000  # of a file, newest first, in which its last one with the secret is looked for
_COMMITS = 200  # that refs are asked for at once


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who can see a secret.

    Attributes:
        places: the findings of it, oldest first.
        last: the newest commit with a version of one of the files that holds it; None where none was found.
        in_head: the files of HEAD that hold it.
        branches, remotes, tags, others: short names of the refs that lead to a commit which added it.
    """

    places: tuple[Finding, ...]
    last: Commit | None
    in_head: tuple[bytes, ...]
    branches: tuple[str, ...]
    remotes: tuple[str, ...]
    tags: tuple[str, ...]
    others: tuple[str, ...]


def exposure(repository: Repository, findings: Sequence[Finding]) -> Exposure:
    """The exposure of the secret that all of `findings` are of; each has a commit."""
    places = sorted(
        findings, key=lambda finding: (finding.commit.date if finding.commit else "", finding.path)
    )
    refs = _refs(repository, {place.commit.id for place in places if place.commit})
    kinds = ("refs/heads/", "refs/remotes/", "refs/tags/")
    named = [tuple(ref.removeprefix(kind) for ref in refs if ref.startswith(kind)) for kind in kinds]
    others = tuple(ref for ref in refs if not ref.startswith(kinds))
    return Exposure(
        tuple(places),
        _last(repository, places),
        _in_head(repository, places),
        named[0],
        named[1],
        named[2],
        others,
    )


def needles(finding: Finding) -> bytes:
    """What a file that holds the secret has in it: of several lines the longest. Empty where nothing can be
    looked for, because it was found in decoded text or by its path alone."""
    if any(tag.startswith("decoded:") for tag in finding.tags):
        return b""
    return max(finding.secret.splitlines(), key=len, default=b"")


def _refs(repository: Repository, commits: Iterable[str]) -> list[str]:
    """The refs that lead to one of `commits`."""
    options = [f"--contains={commit}" for commit in sorted(commits)[:_COMMITS]]
    try:
        listed = repository.program.output("for-each-ref", *options, "--format=%(refname)")
    except GitFailed:
        return []
    return sorted(set(listed.decode(errors="replace").split()))


def _in_head(repository: Repository, places: Sequence[Finding]) -> tuple[bytes, ...]:
    """The files of HEAD with the secret, also such that it was never reported in, as after a rename."""
    needle = needles(places[0])
    options = ("grep", "-z", "-l", "-F", "--text", "--no-textconv", "--full-name", "-f", "-")
    try:
        if not needle:
            paths = {place.path for place in places}
            listed = repository.program.output("ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD")
            return tuple(sorted(paths.intersection(listed.split(b"\0"))))
        listed = repository.program.output(*options, "HEAD", "--", ":/", stdin=needle + b"\n")
    except GitFailed:  # nothing was found, or there is no HEAD
        return ()
    return tuple(name.removeprefix(b"HEAD:") for name in listed.split(b"\0") if name)


def _last(repository: Repository, places: Sequence[Finding]) -> Commit | None:
    """The newest commit that has a version with the secret, among those that changed one of the files."""
    needle = needles(places[0])
    newest: tuple[int, str] | None = None
    for path in sorted({place.path for place in places}):
        for when, commit in _versions(repository, path):
            if newest is not None and when <= newest[0]:
                break
            if _holds(repository, commit, path, needle):
                newest = when, commit
                break
    return repository.commit(newest[1]) if newest else None


def _versions(repository: Repository, path: bytes) -> Iterable[tuple[int, str]]:
    """Time and name of the commits that changed `path`, newest first."""
    options = ("--all", "--full-history", "--date-order", f"--max-count={_VERSIONS}", "--timestamp")
    try:
        listed = repository.program.output("rev-list", *options, "--", b":(top,literal)" + path)
    except GitFailed:
        return []
    rows = (line.split() for line in listed.decode("ascii").splitlines())
    return sorted(((int(when), commit) for when, commit in rows), reverse=True)


def _holds(repository: Repository, commit: str, path: bytes, needle: bytes) -> bool:
    try:
        id = repository.program.output("rev-parse", "--quiet", "--verify", os.fsencode(f"{commit}:") + path)
        content = repository.read_blob(id.decode("ascii").strip())
    except (GitFailed, ObjectError):  # it was deleted in this commit, or cannot be read
        return False
    return needle in content
