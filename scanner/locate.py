"""From matches in blobs to findings at places: which commits added the line, on which path.

This is what decides what `leakscan history` and `leakscan staged` report. A change brings a finding in
when the new version of the file has a secret that the old one had not, or when a line that the secret
stands on was added. The lines added are also read on their own, as Gitleaks reads them, because a match
in the whole file can swallow one that the lines alone would show.
"""

from __future__ import annotations

import io
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

from scanner.detect import Detector, Scan
from scanner.git import (
    Change,
    ObjectError,
    Repository,
    added_lines,
    added_text,
    is_binary,
    is_lfs_pointer,
    work_tree_content,
)
from scanner.identity import gitleaks_fingerprint, identify
from scanner.model import Commit, Finding, Fragment, Match, Reason, Rule, Skipped
from scanner.sources.chunks import LIMIT, Peeked, fragments
from scanner.sources.magic import archive_kind

NOTHING = Scan((), False, ())


@dataclass(frozen=True, slots=True)
class Place:
    """Where findings are made: a file, and in history the commit that changed it."""

    path: bytes
    symlink: bytes = b""
    commit: Commit | None = None
    merge: bool = False
    link: Callable[[int, int], str] = lambda start_line, end_line: ""
    identity_key: bytes = b""

    def finding(self, match: Match) -> Finding:
        """The finding that `match` is here."""
        finding = replace(
            self._blank(match.rule, match.start_line, match.secret),
            match=match.text,
            line=match.line,
            end_line=match.end_line,
            start_column=match.start_column,
            end_column=match.end_column,
            entropy=match.entropy,
            tags=match.tags,
            open_ended=match.open_ended,
            link=self.link(match.start_line, match.end_line),
            companions=tuple(other for group in match.companions for other in group),
        )
        if not match.rule.check:
            return finding
        from scanner.detect.checks import judged  # for findings alone

        return judged(finding)

    def on_path(self, rule: Rule) -> Finding:
        """The finding of a rule on the path alone."""
        finding = self._blank(rule, 0, b"")
        return replace(finding, match=b"file detected: " + self.path, link=self.link(0, 0))

    @property
    def commit_id(self) -> str:
        """The commit's full name; empty outside history."""
        return self.commit.id if self.commit else ""

    def _blank(self, rule: Rule, start_line: int, secret: bytes) -> Finding:
        return Finding(
            rule=rule,
            path=self.path,
            match=b"",
            secret=secret,
            start_line=start_line,
            tags=rule.tags,
            symlink=self.symlink,
            commit=self.commit,
            fingerprint=gitleaks_fingerprint(self.commit_id, self.path, rule.id, start_line),
            id=identify(rule.id, secret, self.path, key=self.identity_key),
            merge=self.merge,
        )


class Locator:
    """Turns changes of files into findings; each version of a file is scanned once.

    Args:
        repository: where the versions are read.
        detector: decides what is a secret.
        place: makes the `Place` of a change.
        is_clean: says of blobs, by full name, which are known to be text without anything to report.
        scans: what is known that blobs hold.
        max_megabytes: larger versions are not scanned whole; 0 for no limit. One MB is 10^6 bytes, and
            the rest of the division does not count, as in Gitleaks.
        max_archive_depth: how deep archives are unpacked; 0 for not at all.

    Attributes:
        detector: as given.
        blobs, bytes: how many versions were scanned, and their size.
    """

    def __init__(
        self,
        repository: Repository,
        detector: Detector,
        place: Callable[[Change], Place],
        *,
        is_clean: Callable[[str | bytes], bool] = lambda blob: False,
        scans: Mapping[str, Scan] | None = None,
        max_megabytes: int = 0,
        max_archive_depth: int = 0,
    ) -> None:
        self._repository, self.detector, self._place = repository, detector, place
        self._is_clean = is_clean
        self._max_megabytes, self._max_archive_depth = max_megabytes, max_archive_depth
        self._scans: dict[str, Scan] = dict(scans or {})
        self._plain_paths: dict[bytes, bool] = {}  # which are those that only the content matters on
        self._told: set[tuple[Reason, str, bytes, str]] = set()
        self.blobs = 0
        self.bytes = 0

    def within(self, repository: Repository, place: Callable[[Change], Place]) -> Locator:
        """A locator that knows the same, and reads elsewhere: in another process."""
        return Locator(
            repository,
            self.detector,
            place,
            is_clean=self._is_clean,
            scans=self._scans,
            max_megabytes=self._max_megabytes,
            max_archive_depth=self._max_archive_depth,
        )

    def holds_nothing(self, blob: str) -> bool:
        """Whether a blob that was looked at, by full name, holds nothing."""
        return self._is_clean(blob) or self._scans.get(blob) is NOTHING

    def is_relevant(self, path: bytes, new: bytes) -> bool:
        """Whether `findings` may have something to say of a change.

        Args:
            path: of the change.
            new: the new content's blob: its full name.
        """
        plain = self._plain_paths.get(path)
        if plain is None:
            plain = self._plain_paths[path] = self.detector.is_plain(path)
        return not (plain and self._is_clean(new))

    def findings(self, change: Change) -> Iterator[Finding | Skipped]:
        """What `change` brings in, and what of it could not be looked at (said once for each version)."""
        if self.detector.excludes(change.path, change.commit):
            yield from self._once(Skipped(Reason.ALLOWED_PATH, change.path))
            return
        rules = self.detector.path_rules(change.path, change.commit)
        if not rules and (self._scans.get(change.new) is NOTHING or self._is_clean(change.new)):
            return
        try:
            new = self._content(change)
        except ObjectError as error:
            yield from self._once(error.skipped(change.path))
            return
        except OSError as error:
            yield Skipped(Reason.UNREADABLE, change.path, detail=error.strerror or str(error))
            return
        if rules and (new or change.olds):  # as in Gitleaks, which also reports a file that was emptied
            place = self._place(change)
            yield from (place.on_path(rule) for rule in rules if self.detector.mentions(rule, new))
        if self._max_archive_depth and archive_kind(new):
            yield from self._unpacked(new, self._place(change))
        else:
            yield from self._in_file(change, new)

    def _in_file(self, change: Change, new: bytes) -> Iterator[Finding | Skipped]:
        """What `change` brings into a file that is no archive."""
        if is_lfs_pointer(new):  # its content is elsewhere; the pointer itself is text, and is scanned
            yield from self._once(Skipped(Reason.LFS_POINTER, change.path, change.new))
        reason = self._unscannable(new, change.path)
        if reason:
            yield from self._once(Skipped(reason, change.path, change.new))
        if reason is Reason.TOO_LARGE:
            scan = NOTHING  # of the whole; what the change adds is still read
        elif reason:
            return
        else:
            scan = self._scan(change.new, new)
        yield from self._once(
            *(Skipped(Reason.REGEX_TIMEOUT, change.path, change.new, id) for id in scan.timed_out)
        )
        if scan.touched or reason:
            yield from self._entered(change, new, scan)

    def _entered(self, change: Change, new: bytes, scan: Scan) -> Iterator[Finding | Skipped]:
        """The findings among the matches of `scan` that `change` brought in."""
        matches = self.detector.at(scan.matches, change.path, change.commit)
        if not change.olds:
            if matches:
                yield from map(self._place(change).finding, matches)
            return
        olds = []
        for blob in change.olds:
            try:
                olds.append(self._old(blob, change.path))
            except ObjectError as error:  # noqa: PERF203 (a parent or two)
                yield from self._once(error.skipped(change.path))
        matches = [match for match in matches if all(old.lacks(match, new) for old in olds)]
        if len(olds) == 1:
            matches = _merged(matches, self._alone(change, olds[0], new))
        if matches:  # a place takes time to describe
            yield from map(self._place(change).finding, matches)

    def _content(self, change: Change) -> bytes:
        if change.new:
            return self._repository.read_blob(change.new)
        old = self._repository.read_blob(change.olds[0]) if change.olds else b""
        return work_tree_content(self._repository, change, old)

    def _old(self, blob: str, path: bytes) -> _Old:
        data = self._repository.read_blob(blob)
        if self._is_clean(blob):
            return _Old(data, NOTHING)
        reason = self._unscannable(data, path)
        if reason is Reason.TOO_LARGE:
            return _Old(data, None)
        return _Old(data, NOTHING if reason else self._scan(blob, data))

    def _alone(self, change: Change, old: _Old, new: bytes) -> list[Match]:
        """Matches in each hunk's added lines, read without the rest of the file."""
        found: list[Match] = []
        for first_line, text in added_text(old.data, new):
            if not self._too_large(text):
                matches = scan_text(self.detector, text).matches
                here = self.detector.at(matches, change.path, change.commit)
                found.extend(shifted(match, first_line) for match in here)
        return found

    def _unpacked(self, data: bytes, place: Place) -> Iterator[Finding | Skipped]:
        from scanner.sources.archive import unpack  # its libraries are many, and rarely needed

        told: set[str] = set()
        for item in unpack(data, place.path, self._max_archive_depth, self.detector.excludes):
            if isinstance(item, Skipped):
                yield from self._once(item)
            else:
                yield from fragment_findings(item, self.detector, replace(place, path=item.path), told)

    def _unscannable(self, data: bytes, path: bytes) -> Reason | None:
        if not data:
            return Reason.EMPTY
        if is_binary(data) and not self._repository.shown_as_text(path):
            return Reason.ARCHIVE if archive_kind(data) else Reason.BINARY
        return Reason.TOO_LARGE if self._too_large(data) else None

    def _too_large(self, data: bytes) -> bool:
        return 0 < self._max_megabytes < len(data) // 1_000_000

    def _scan(self, blob: str, data: bytes) -> Scan:
        scan = self._scans.get(blob) if blob else None
        if scan is None:
            scan = scan_text(self.detector, data)
            self.blobs += 1
            self.bytes += len(data)
            if blob:
                self._scans[blob] = scan if scan.touched or scan.timed_out else NOTHING
        return scan

    def _once(self, *skipped: Skipped) -> Iterator[Skipped]:
        for item in skipped:
            key = (item.reason, item.object, b"" if item.object else item.path, item.detail)
            if key not in self._told:
                self._told.add(key)
                yield item


class _Old:
    """A file's version before a change; `scan` is None where it was too large to be scanned."""

    def __init__(self, data: bytes, scan: Scan | None) -> None:
        self.data = data
        self._secrets = (
            {(match.rule.id, match.secret) for match in scan.matches} if scan is not None else None
        )
        self._added: list[range] | None = None

    def lacks(self, match: Match, new: bytes) -> bool:
        """Whether `match`, of the version `new`, came in since: its secret, or a line it stands on."""
        if self._secrets is not None and (match.rule.id, match.secret) not in self._secrets:
            return True
        if self._added is None:
            self._added = added_lines(self.data, new)
        index = bisect_right(self._added, match.start_line, key=attrgetter("stop"))
        return index < len(self._added) and self._added[index].start <= match.end_line


def _merged(whole: list[Match], alone: list[Match]) -> list[Match]:
    """Matches of the whole file and of its added lines, each secret once.

    Where both show a secret, the reading of the added lines stays: its line is the one in Gitleaks'
    fingerprints.
    """
    lines: dict[tuple[str, bytes], list[int]] = {}
    for match in alone:
        insort(lines.setdefault((match.rule.id, match.secret), []), match.start_line)
    kept = []
    for match in whole:
        alike = lines.get((match.rule.id, match.secret), [])
        index = bisect_left(alike, match.start_line)
        if index == len(alike) or alike[index] > match.end_line:
            kept.append(match)
    return sorted(kept + alone, key=lambda match: (match.start_line, match.start_column, match.rule.id))


def scan_text(detector: Detector, data: bytes) -> Scan:
    """Scan content of any size, piece by piece where it is large."""
    if len(data) <= LIMIT:
        return detector.scan(data)
    scans = [(piece, detector.scan(piece.data)) for piece in fragments(Peeked(io.BytesIO(data)), b"")]
    return Scan(
        tuple(match for piece, scan in scans for match in _fresh(scan.matches, piece)),
        any(scan.touched for _, scan in scans),
        tuple({id for _, scan in scans for id in scan.timed_out}),
    )


def fragment_findings(
    fragment: Fragment, detector: Detector, place: Place, told: set[str]
) -> Iterator[Finding | Skipped]:
    """What a fragment holds, for sources that have no history.

    Args:
        told: ids of the rules on the path alone that this file was reported by; kept here from one
            fragment of the file to the next.
    """
    if not fragment.known:
        told.clear()
    scan = detector.scan(fragment.data)
    for rule in detector.path_rules(fragment.path, place.commit_id):
        if rule.id not in told and detector.mentions(rule, fragment.data):
            told.add(rule.id)
            yield place.on_path(rule)
    matches = _fresh(scan.matches, fragment)
    yield from map(place.finding, detector.at(matches, fragment.path, place.commit_id))
    for rule_id in scan.timed_out:
        yield Skipped(Reason.REGEX_TIMEOUT, fragment.path, detail=rule_id)


def _fresh(matches: Iterable[Match], fragment: Fragment) -> list[Match]:
    """Those that the piece before did not show, with the lines of the whole file."""
    return [shifted(match, fragment.first_line) for match in matches if match.end > fragment.known]


def shifted(match: Match, first_line: int) -> Match:
    """`match` of a text that begins on line `first_line` of its file."""
    if first_line == 1:
        return match
    return replace(
        match, start_line=match.start_line + first_line - 1, end_line=match.end_line + first_line - 1
    )
