"""What a file on disk holds: its text, or that of an archive's entries."""

# Paths are bytes here, as names on disk are; pathlib takes text.
# ruff: noqa: PTH116

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from scanner.model import Fragment, Reason, Skipped
from scanner.sources.chunks import LIMIT
from scanner.sources.magic import HEAD_BYTES, is_binary

MEGABYTE = 1_000_000
"""Bytes in the unit of ``--max-target-megabytes``."""

Id = tuple[int, int]
"""What tells a file or folder from every other: its device, and its number there."""

# Never waits for a FIFO's writer, and never follows a link that was put there meanwhile.
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY


class File(NamedTuple):
    """A file to scan: where it is on disk, and its path and the link to it as in `Fragment`.

    It was a regular file when it was found: to open a device may do something.
    """

    place: bytes
    path: bytes
    symlink: bytes = b""


class Reader:
    """Reads files.

    Args:
        excludes: whether a path inside an archive is not to be scanned.
        own_files: files of this scan itself, such as its config and reports; they need not exist yet.
        max_megabytes: larger files are skipped; 0 for no limit.
        max_archive_depth: as ``depth`` of `scanner.sources.archive.unpack`.
    """

    def __init__(
        self,
        excludes: Callable[[bytes], bool],
        own_files: Collection[Path] = (),
        max_megabytes: int = 0,
        max_archive_depth: int = 0,
    ) -> None:
        self._excludes, self._own_files = excludes, own_files
        self._max_bytes, self._depth = max_megabytes * MEGABYTE, max_archive_depth

    @cached_property
    def _own(self) -> set[Id]:
        # Only when the first file is read: reports are made shortly before.
        return {found for file in self._own_files if (found := id_of(os.fsencode(file)))}

    def read(self, file: File) -> Iterator[Fragment | Skipped]:
        """What the file holds, or why it is not read."""
        try:
            descriptor = os.open(file.place, _OPEN)
            try:
                yield from self._content(descriptor, file)
            finally:
                os.close(descriptor)
        except OSError as error:
            became_other = error.errno in (errno.ELOOP, errno.ENXIO)  # a link, a socket
            yield Skipped(Reason.NOT_REGULAR, file.path) if became_other else unreadable(file.path, error)

    def unfit(self, status: os.stat_result) -> Reason | None:
        """Why a file is not scanned, whatever it holds; None where it is."""
        if not stat.S_ISREG(status.st_mode):
            return Reason.NOT_REGULAR
        if (status.st_dev, status.st_ino) in self._own:
            return Reason.OWN_FILE
        if status.st_size == 0:
            return Reason.EMPTY
        if self._max_bytes and status.st_size > self._max_bytes:
            return Reason.TOO_LARGE
        return None

    def _content(self, descriptor: int, file: File) -> Iterator[Fragment | Skipped]:
        status = os.fstat(descriptor)
        reason = self.unfit(status)
        if reason:
            yield Skipped(reason, file.path)
            return
        text = _small_text(descriptor, status.st_size)
        if text:
            yield Fragment(text, file.path, file.symlink)
            return
        from scanner.sources.archive import unpack

        with open(descriptor, "rb", buffering=0, closefd=False) as stream:
            yield from unpack(stream, file.path, self._depth, self._excludes, file.symlink)


def _small_text(descriptor: int, size: int) -> bytes:
    """All of a file of `size` bytes, where that is text of one fragment, as most are: read in one go, without
    what archives need. Else empty, and nothing has been read."""
    if size > LIMIT:
        return b""
    try:
        data = os.read(descriptor, size + 1)
    except OSError:  # what comes before the part that cannot be read counts, too
        data = b""
    if len(data) == size and not is_binary(data[:HEAD_BYTES]):
        return data
    os.lseek(descriptor, 0, os.SEEK_SET)
    return b""


def id_of(path: bytes) -> Id | None:
    """What tells a file or folder from every other, whatever the path to it; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def unreadable(path: bytes, error: OSError) -> Skipped:
    """The record of a file or folder that cannot be read."""
    return Skipped(Reason.UNREADABLE, path, detail=error.strerror or "")
