"""Scans what a push brings: new commits, their messages, and tags of anything."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scanner.detect import Detector
from scanner.git import ObjectError, Repository, Selection, is_binary
from scanner.git.changes import split_tokens
from scanner.locate import Place, fragment_findings, scan_text
from scanner.model import Commit, Reason, Skipped, Summary
from scanner.options import Item, Options, Progress
from scanner.repositories import scan_history
from scanner.sources.chunks import Peeked, fragments

if TYPE_CHECKING:
    from scanner.detect.sieve import Sieve

COMMIT_MESSAGE = b"COMMIT_EDITMSG"
TAG_MESSAGE = b"TAG_EDITMSG"
"""The paths that findings in messages have: the files in which Git lets people write them."""

_FEW = 1_000  # messages
_TAG_DEPTH = 100  # tags of tags that are followed


@dataclass(frozen=True, slots=True)
class Update:
    """A ref and what a push makes of it.

    Attributes:
        ref: its full name on the receiving side.
        old, new: full object names; zeros where there was, or will be, none.
    """

    ref: str
    old: str
    new: str

    @property
    def deletes(self) -> bool:
        """Whether the ref is gone afterwards, so that there is nothing to scan."""
        return not self.new.strip("0")

    @property
    def creates(self) -> bool:
        """Whether the ref is new."""
        return not self.old.strip("0")


@dataclass(slots=True)
class Received:
    """What some refs lead to that was not there before.

    Attributes:
        selection: the new commits.
        messages: of each new commit, its full name and its message.
        tags: of each annotated tag, its full name and its content.
        loose: kind, full name and ref of blobs and trees that a ref or a tag names.
        unreadable: what could not be looked at.
    """

    selection: Selection = field(default_factory=Selection)
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    tags: list[tuple[str, bytes]] = field(default_factory=list)
    loose: list[tuple[str, str, str]] = field(default_factory=list)
    unreadable: list[Skipped] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to scan."""
        return not (self.messages or self.tags or self.loose or self.unreadable)


def received(
    repository: Repository,
    updates: Iterable[Update],
    unless: tuple[str, ...] = ("--all",),
    known: Iterable[str] = (),
) -> Received:
    """What `updates` bring into a repository.

    Args:
        repository: has the objects, in a push's quarantine or already.
        unless, known: what is there already; see `Selection`.

    Raises:
        GitFailed: Git cannot list the commits.
    """
    found = Received()
    tips: dict[str, None] = {}
    for update in updates:
        if not update.deletes and (commit := _followed(repository, update, found)):
            tips[commit] = None
    found.selection = Selection(commits=tuple(tips), unless=unless, known=tuple(known))
    if tips:
        found.messages = _messages(repository, found.selection)
    return found


def _followed(repository: Repository, update: Update, found: Received) -> str:
    """The commit that a ref leads to, through tags; empty for anything else, which is noted in `found`."""
    id = update.new
    try:
        for _ in range(_TAG_DEPTH):
            kind = repository.kind(id)
            if kind == "commit":
                return id
            if kind != "tag":
                found.loose.append((kind, id, update.ref))
                return ""
            content = repository.read(id)[1]
            found.tags.append((id, content))
            id = content.split(b"\n", 1)[0].removeprefix(b"object ").decode("ascii", "replace")
        found.unreadable.append(Skipped(Reason.CORRUPT_OBJECT, object=id, detail="too many tags of tags"))
    except ObjectError as error:
        found.unreadable.append(error.skipped())
    return ""


def _messages(repository: Repository, selection: Selection) -> list[tuple[str, bytes]]:
    excluded = ("--not", *selection.unless, *selection.known)
    arguments = ("log", "-z", "-s", "--no-color", "--format=%H%n%B", *selection.commits, *excluded, "--")
    with repository.program.start(*arguments) as process:
        records = [record for record in split_tokens(process.stdout) if record]
        process.check()
    parts = (record.partition(b"\n") for record in records)
    return [(id.decode("ascii"), message) for id, _, message in parts]


def scan_received(
    repository: Repository,
    brought: Received,
    detector: Detector,
    options: Options,
    summary: Summary,
    progress: Progress | None = None,
    make_sieve: Callable[[], Sieve] | None = None,
) -> Iterator[Item]:
    """Scan what a push brings; see `scan_history` for what comes and what the arguments are."""
    yield from brought.unreadable
    if len(brought.messages) > _FEW:
        detector.expect_more()
    for id, message in brought.messages:
        yield from _message(repository, id, message, detector, options, summary)
    for id, content in brought.tags:
        summary.bytes += len(content)
        place = Place(TAG_MESSAGE, commit=Commit(id), identity_key=options.identity_key)
        yield from _found(content, detector, place)
    for kind, id, ref in brought.loose:
        yield from _loose(repository, kind, id, ref, detector, options, summary)
    if brought.messages:
        yield from scan_history(
            repository, brought.selection, detector, options, summary, progress, make_sieve=make_sieve
        )


def _message(
    repository: Repository, id: str, message: bytes, detector: Detector, options: Options, summary: Summary
) -> Iterator[Item]:
    summary.bytes += len(message)
    if not scan_text(detector, message).matches:
        return
    place = Place(COMMIT_MESSAGE, commit=repository.commit(id), identity_key=options.identity_key)
    yield from _found(message, detector, place)


def _found(data: bytes, detector: Detector, place: Place) -> Iterator[Item]:
    """What a text of any size holds."""
    told: set[str] = set()
    for piece in fragments(Peeked(io.BytesIO(data)), place.path):
        yield from fragment_findings(piece, detector, place, told)


def _loose(
    repository: Repository,
    kind: str,
    id: str,
    ref: str,
    detector: Detector,
    options: Options,
    summary: Summary,
) -> Iterator[Item]:
    """What a blob, or each blob of a tree, holds that no commit has."""
    for path, blob in _blobs(repository, kind, id, ref):
        try:
            data = repository.read_blob(blob)
        except ObjectError as error:
            yield error.skipped(path)
            continue
        if reason := _unscannable(data, path, detector, options):
            yield Skipped(reason, path, blob)
            continue
        summary.blobs += 1
        summary.bytes += len(data)
        yield from _found(data, detector, Place(path, identity_key=options.identity_key))


def _blobs(repository: Repository, kind: str, id: str, ref: str) -> Iterator[tuple[bytes, str]]:
    """Path and full name of each blob; a blob without a path goes by the name of its ref."""
    if kind == "blob":
        yield ref.encode(errors="surrogateescape"), id
        return
    listed = repository.program.output("ls-tree", "-r", "-z", "--full-tree", id)
    for entry in listed.split(b"\0"):
        head, _, path = entry.partition(b"\t")
        fields = head.split()
        if len(fields) == 3 and fields[1] == b"blob":
            yield path, fields[2].decode("ascii")


def _unscannable(data: bytes, path: bytes, detector: Detector, options: Options) -> Reason | None:
    if not data:
        return Reason.EMPTY
    if detector.excludes(path):
        return Reason.ALLOWED_PATH
    if is_binary(data):
        return Reason.BINARY
    too_large = 0 < options.max_megabytes < len(data) // 1_000_000
    return Reason.TOO_LARGE if too_large else None
