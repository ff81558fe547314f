"""What every scan takes: its options, and whom it tells how it gets on."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from scanner.git.links import Platform
from scanner.model import Finding, Reason, Skipped

Item = Finding | Skipped
T = TypeVar("T")


class Progress(Protocol):
    """Is told how a scan gets on."""

    def start(self, unit: str, total: int | None) -> None:
        """Work begins: `total` units (``commits``, ``files``) of it, or None where that is not known."""

    def advance(self, units: int, size: int = 0) -> None:
        """So many more units are done, which have `size` bytes together."""


class NoProgress:
    """Tells nobody."""

    def start(self, unit: str, total: int | None) -> None:
        """See `Progress`."""

    def advance(self, units: int, size: int = 0) -> None:
        """See `Progress`."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a scan looks at and what it makes of it.

    Attributes:
        max_megabytes: larger files are skipped; 0 for no limit. One is 10^6 bytes.
        max_archive_depth: how deep archives are unpacked; 0 for not at all.
        follow_symlinks: scan the files that links in a folder lead to.
        own_files: files that belong to the scan (config, baseline) and are not scanned, nor are their
            earlier versions.
        outputs: files that reports are written to; what lies there on disk is not scanned.
        platform: whose page links go to; found out from the remote unless it is named.
        timeout: seconds after which a scan ends early, incomplete; 0 for no limit.
        identity_key: makes findings' ids keyed hashes (see `scanner.identity`).
        jobs: how many processes scan.
        max_memory: bytes that processes which look through packs may use for blobs together; 0 for what
            is usual.
    """

    max_megabytes: int = 0
    max_archive_depth: int = 0
    follow_symlinks: bool = False
    own_files: Collection[Path] = ()
    outputs: Collection[Path] = ()
    platform: Platform = Platform.UNKNOWN
    timeout: float = 0
    identity_key: bytes = b""
    jobs: int = 1
    max_memory: int = 0


def in_time(items: Iterable[T | Skipped], timeout: float) -> Iterator[T | Skipped]:
    """The same items, until `timeout` seconds have passed."""
    end = time.monotonic() + timeout
    try:
        for item in items:
            if time.monotonic() > end:
                yield Skipped(Reason.TIMEOUT)
                return
            yield item
    finally:
        if isinstance(items, Generator):  # what it holds open is not needed any more
            items.close()
