"""Scans files on disk: a few in this process, more in several, and reports them in the same order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice
from math import inf

from scanner.detect import Detector
from scanner.detect.sops import RULE_ID, lacks_encryption
from scanner.locate import Place, fragment_findings
from scanner.model import Finding, Reason, Skipped
from scanner.sources.file import File, Reader
from scanner.sources.sops import SopsConfigs
from scanner.spread import rules_and_allowlists, spread

FEW_BYTES = 1 << 20
"""Bytes scanned in this process: for a few files, starting others takes longer than scanning."""

_BATCH = 48  # files handed over at a time


@dataclass(slots=True)
class Outcome:
    """What came of some files.

    Attributes:
        items: in the files' order.
        files, size: how many held text that was scanned, and its bytes.
        late: the time was over before all were scanned.
    """

    items: list[Finding | Skipped] = field(default_factory=list)
    files: int = 0
    size: int = 0
    late: bool = False


class Examiner:
    """Scans batches of files.

    Args:
        reader: reads them.
        detector: looks for secrets.
        identity_key: see `scanner.identity`.
        end: when the scan ends early, by `time.monotonic`.
        roots: the folders that are scanned, below which configs of SOPS count.
    """

    def __init__(
        self,
        reader: Reader,
        detector: Detector,
        identity_key: bytes,
        end: float = inf,
        roots: Sequence[bytes] = (),
    ) -> None:
        self._reader, self._detector = reader, detector
        self._identity_key, self._end = identity_key, end
        self._must_be_encrypted = next((rule for rule in detector.config.rules if rule.id == RULE_ID), None)
        self._sops = SopsConfigs(roots)

    def examine(self, batch: Iterable[File | Skipped]) -> Outcome:
        """What the files of a batch hold."""
        outcome = Outcome()
        for entry in batch:
            if isinstance(entry, Skipped):
                outcome.items.append(entry)
            else:
                self._add(entry, outcome)
            if outcome.late:
                break
        return outcome

    def _add(self, file: File, outcome: Outcome) -> None:
        told: set[str] = set()
        for fragment in self._reader.read(file):
            if time.monotonic() > self._end:
                outcome.late = True
                outcome.items.append(Skipped(Reason.TIMEOUT))
                return
            if isinstance(fragment, Skipped):
                outcome.items.append(fragment)
                continue
            outcome.size += len(fragment.data) - fragment.known
            outcome.files += not fragment.known
            place = Place(fragment.path, fragment.symlink, identity_key=self._identity_key)
            if self._must_be_encrypted and not fragment.known and fragment.path == file.path:
                rules, path = self._sops.of(file.place)
                if rules and lacks_encryption(rules, path, fragment.data):
                    outcome.items.append(place.on_path(self._must_be_encrypted))
            outcome.items.extend(fragment_findings(fragment, self._detector, place, told))


def outcomes(
    entries: Iterable[File | Skipped], examiner: Examiner, detector: Detector, jobs: int
) -> Iterator[Outcome]:
    """What came of all `entries`, in their order, until the time is over.

    Args:
        entries: are asked for bit by bit.
        detector: the examiner's.
        jobs: how many processes scan.
    """
    entries = iter(entries)
    size = 0
    while size <= FEW_BYTES and (batch := list(islice(entries, 1))):
        outcome = examiner.examine(batch)
        yield outcome
        if outcome.late:
            return
        size += outcome.size
    batches = iter(lambda: list(islice(entries, _BATCH)), [])
    for first in islice(batches, 1):  # if there is more
        detector.expect_more()
        shared = rules_and_allowlists(detector.config)
        spreading = spread(examiner.examine, chain([first], batches), jobs, shared, ordered=True)
        with closing(spreading) as found:
            for outcome in found:
                yield outcome
                if outcome.late:
                    return
