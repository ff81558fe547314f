"""Scans files and streams, and takes what a scan finds to what is known and to reports.

Each ``scan_*`` yields findings and what was skipped, as they come, and counts in a `Summary` what it
looked at; those of repositories are in `scanner.repositories`. `run` takes them to the reports.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from scanner.detect import Detector
from scanner.known.baseline import Baseline
from scanner.known.ignore import IgnoreList
from scanner.locate import Place, fragment_findings
from scanner.model import NOTABLE_LIMIT, Finding, Fragment, Skipped, Summary
from scanner.options import Item, NoProgress, Options, Progress, in_time
from scanner.report.base import Reporter

if TYPE_CHECKING:
    from scanner.sources.directory import IgnoredBelow
    from scanner.sources.file import File, Reader


def scan_paths(
    paths: Sequence[Path],
    detector: Detector,
    options: Options,
    summary: Summary,
    progress: Progress | None = None,
    ignored_below: IgnoredBelow | None = None,
) -> Iterator[Item]:
    """Scan files and folders as they are.

    Args:
        ignored_below: see `scanner.sources.directory.walk`.

    Raises:
        UsageError: a path does not exist.
    """
    from scanner.sources import directory
    from scanner.sources.file import Reader

    own_files = [*options.own_files, *options.outputs]
    reader = Reader(detector.excludes, own_files, options.max_megabytes, options.max_archive_depth)
    ignored = ignored_below or (lambda folder: ())
    entries = directory.walk(paths, reader, detector.excludes, options.follow_symlinks, ignored)
    roots = [os.fsencode(path) for path in paths if path.is_dir()]
    return _scan_files(entries, reader, detector, options, summary, progress or NoProgress(), roots)


def _scan_files(
    entries: Iterable[File | Skipped],
    reader: Reader,
    detector: Detector,
    options: Options,
    summary: Summary,
    progress: Progress,
    roots: Sequence[bytes],
) -> Iterator[Item]:
    from scanner.files import Examiner, outcomes

    progress.start("files", None)
    end = time.monotonic() + options.timeout if options.timeout else inf
    examiner = Examiner(reader, detector, options.identity_key, end, roots)
    for outcome in outcomes(entries, examiner, detector, options.jobs):
        summary.files += outcome.files
        summary.bytes += outcome.size
        progress.advance(outcome.files, outcome.size)
        yield from outcome.items


def scan_stdin(stream: BinaryIO, detector: Detector, options: Options, summary: Summary) -> Iterator[Item]:
    """Scan a stream that has no name."""
    from scanner.sources import stdin

    return _scan_fragments(stdin.read(stream), detector, options, summary, NoProgress())


def scan_bytes(
    data: bytes, path: bytes, detector: Detector, options: Options, summary: Summary
) -> Iterator[Item]:
    """Scan a text as the content of the file at `path`, which need not exist."""
    from io import BytesIO

    from scanner.sources.chunks import Peeked, fragments

    pieces = fragments(Peeked(BytesIO(data)), path)
    return _scan_fragments(pieces, detector, options, summary, NoProgress())


def _scan_fragments(
    fragments: Iterable[Fragment | Skipped],
    detector: Detector,
    options: Options,
    summary: Summary,
    progress: Progress,
) -> Iterator[Item]:
    progress.start("files", None)
    told: set[str] = set()
    for fragment in in_time(fragments, options.timeout or inf):
        if isinstance(fragment, Skipped):
            yield fragment
            continue
        summary.bytes += len(fragment.data) - fragment.known
        if not fragment.known:
            summary.files += 1
            progress.advance(1)
        place = Place(fragment.path, fragment.symlink, identity_key=options.identity_key)
        yield from fragment_findings(fragment, detector, place, told)


@dataclass(slots=True)
class Known:
    """What hides findings: they are counted, not reported.

    Attributes:
        list_unused: the summary shall list ignore entries that matched nothing.
    """

    ignored: IgnoreList = field(default_factory=IgnoreList)
    baseline: Baseline = field(default_factory=Baseline)
    list_unused: bool = False

    def hides(self, finding: Finding) -> str:
        """The name of what knows `finding`; empty where nothing does."""
        if self.ignored.hides(finding):
            return "ignore file"
        return "baseline" if self.baseline.hides(finding) else ""


def run(
    items: Iterable[Item],
    summary: Summary,
    reporters: Sequence[Reporter],
    known: Known | None = None,
) -> None:
    """Take findings to the reports and count everything in `summary`.

    The reports are finished whatever happens, in their order, so that an interrupted scan leaves valid
    ones, and so does one of which a report cannot be written.

    Args:
        items: of one of the ``scan_*``.
        summary: filled in.
        reporters: get each finding that is not known, and the summary at the end.
        known: what hides findings.
    """
    with ExitStack() as stack:
        for reporter in reversed(reporters):
            stack.callback(reporter.finish, summary)
        for finding in stack.enter_context(closing(reported(items, summary, known or Known()))):
            for reporter in reporters:
                reporter.add(finding)


def reported(items: Iterable[Item], summary: Summary, known: Known) -> Generator[Finding, None, None]:
    """The findings among `items` that are not `known`; counts everything in `summary`."""
    started = time.monotonic()
    summary.warnings += known.ignored.warnings + known.baseline.warnings
    try:
        for item in items:
            if isinstance(item, Skipped):
                _count_skipped(item, summary)
            elif name := known.hides(item):
                summary.hidden[name] = summary.hidden.get(name, 0) + 1
            else:
                summary.findings[item.rule.id] = summary.findings.get(item.rule.id, 0) + 1
                _count_refuted(item, summary)
                yield item
    except BaseException:
        summary.unfinished = True
        raise
    finally:
        summary.seconds += time.monotonic() - started
        if known.list_unused:
            summary.unused = known.ignored.unused()


def _count_refuted(finding: Finding, summary: Summary) -> None:
    """Count a finding that its rule's offline check refuted, by what refuted it."""
    if finding.rule.check and finding.verdict:
        from scanner.detect.checks import REASONS  # for few findings

        if finding.verdict.reason in REASONS:
            refuted = summary.stats.setdefault("refuted", {})
            refuted[finding.verdict.reason] = refuted.get(finding.verdict.reason, 0) + 1


def _count_skipped(skipped: Skipped, summary: Summary) -> None:
    summary.skipped[skipped.reason] = summary.skipped.get(skipped.reason, 0) + 1
    if len(summary.notable) < NOTABLE_LIMIT:
        summary.notable.append(skipped)
