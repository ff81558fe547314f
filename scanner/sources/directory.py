"""Files and folders as a source: every regular file under the given paths, once."""

# Paths are bytes here, as names on disk are; pathlib takes text.
# ruff: noqa: PTH112, PTH116, PTH123

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from posixpath import dirname, join, normpath

from scanner.errors import UsageError
from scanner.model import Fragment, Reason, Skipped, text_of
from scanner.sources.archive import unpack

MEGABYTE = 1_000_000
"""Bytes in the unit of ``--max-target-megabytes``."""

_Id = tuple[int, int]

# Never waits for a FIFO's writer, and never follows a link that was put there meanwhile.
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY


def walk(
    paths: Sequence[Path | str],
    *,
    excludes: Callable[[bytes], bool],
    own_files: Collection[Path] = (),
    follow_symlinks: bool = False,
    max_megabytes: int = 0,
    max_archive_depth: int = 0,
) -> Iterator[Fragment | Skipped]:
    """Everything under `paths` in a fixed order: of each folder by name, linked files last.

    A file given by name is reported by that name; what is in a folder begins with the folder's, ``.`` and
    ``./`` left out. What several of `paths` lead to is scanned under the first.

    Args:
        paths: files and folders; symbolic links among them are followed.
        excludes: whether a file, or a folder with all that is in it, is not to be scanned.
        own_files: files of this scan itself, such as its config and reports; they need not exist yet.
        follow_symlinks: scan files that symbolic links lead to, unless they are scanned anyway; links to
            folders are never followed.
        max_megabytes: larger files are skipped; 0 for no limit.
        max_archive_depth: as ``depth`` of `scanner.sources.archive.unpack`.

    Raises:
        UsageError: one of `paths` does not exist.
    """
    roots = [_root(path) for path in paths]
    return _Walk(excludes, own_files, follow_symlinks, max_megabytes * MEGABYTE, max_archive_depth).all(roots)


def _root(path: Path | str) -> bytes:
    raw = os.fsencode(path)
    try:
        os.stat(raw)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise UsageError(f"{text_of(raw)}: {reason}") from None
    if not os.path.isdir(raw):
        return raw
    clean = normpath(raw)
    return clean[1:] if clean.startswith(b"//") else clean


class _Walk:
    """One walk, and what it must not scan twice."""

    def __init__(
        self,
        excludes: Callable[[bytes], bool],
        own_files: Collection[Path],
        follow_symlinks: bool,
        max_bytes: int,
        max_archive_depth: int,
    ) -> None:
        self._excludes, self._follow_symlinks = excludes, follow_symlinks
        self._max_bytes, self._max_archive_depth = max_bytes, max_archive_depth
        self._own_files, self._own = own_files, set[_Id]()
        self._folders: set[_Id] = set()
        self._given: set[_Id] = set()
        self._scanned: set[_Id] = set()  # kept only where links are followed
        self._links: list[bytes] = []

    def all(self, roots: Sequence[bytes]) -> Iterator[Fragment | Skipped]:
        """What is under the roots, then what the links found there lead to."""
        # Only now: reports are made between the call and the first item.
        self._own = {id_ for file in self._own_files if (id_ := _id(os.fsencode(file)))}
        for root in roots:
            real = os.path.realpath(root)
            if self._excludes(root):
                yield Skipped(Reason.ALLOWED_PATH, root)
            elif os.path.isdir(root):
                yield from self._tree(root)
            elif _id(real) not in self._given and _id(dirname(real)) not in self._folders:
                self._given |= {id_} if (id_ := _id(real)) else set()
                yield from self._file(real, root)
        for link in self._links:
            yield from self._link(link)

    def _tree(self, root: bytes) -> Iterator[Fragment | Skipped]:
        """Everything in a folder; a stack, not recursion, as folders may be nested to any depth."""
        stack = [self._entries(root)]
        while stack:
            item = next(stack[-1], None)
            if item is None:
                stack.pop()
            elif isinstance(item, Skipped):
                yield item
            elif self._excludes(item[0]):
                yield Skipped(Reason.ALLOWED_PATH, item[0])
            elif item[1].is_dir(follow_symlinks=False):
                stack.append(self._entries(item[0]))
            elif not item[1].is_symlink():
                yield from self._walked(*item)
            elif self._follow_symlinks:
                self._links.append(item[0])
            else:
                yield Skipped(Reason.SYMLINK, item[0])

    def _entries(self, folder: bytes) -> Iterator[tuple[bytes, os.DirEntry[bytes]] | Skipped]:
        """The folder's entries with their paths, by name; none where it was seen before."""
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in self._folders:
                return
            self._folders.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield _unreadable(folder, error)
            return
        for entry in found:
            yield entry.name if folder == b"." else join(folder, entry.name), entry

    def _walked(self, path: bytes, entry: os.DirEntry[bytes]) -> Iterator[Fragment | Skipped]:
        if not entry.is_file(follow_symlinks=False):
            yield Skipped(Reason.NOT_REGULAR, path)
        elif not self._given or _id(path) not in self._given:
            yield from self._file(path, path)

    def _link(self, link: bytes) -> Iterator[Fragment | Skipped]:
        """The file at the end of a link, if it was not scanned under its own path."""
        real = os.path.realpath(link)
        try:
            status = os.stat(real)
        except OSError as error:
            nowhere = error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR)
            yield Skipped(Reason.SYMLINK, link, detail="broken") if nowhere else _unreadable(link, error)
            return
        if stat.S_ISDIR(status.st_mode):
            yield Skipped(Reason.SYMLINK, link, detail="to a folder")
        elif (status.st_dev, status.st_ino) not in self._scanned:
            here = os.fsencode(Path.cwd().resolve()) + b"/"
            inside = not link.startswith(b"/") and real.startswith(here)
            yield from self._file(real, real[len(here) :] if inside else real, link)

    def _file(self, file: bytes, path: bytes, symlink: bytes = b"") -> Iterator[Fragment | Skipped]:
        """What the file holds that is at `file` on disk, and at `path` in reports."""
        try:
            if not stat.S_ISREG(os.lstat(file).st_mode):  # opening a device may do something
                yield Skipped(Reason.NOT_REGULAR, path)
                return
            with open(os.open(file, _OPEN), "rb", buffering=0) as stream:
                status = os.fstat(stream.fileno())
                reason = self._unfit(status)
                if reason:
                    yield Skipped(reason, path)
                    return
                if self._follow_symlinks:
                    self._scanned.add((status.st_dev, status.st_ino))
                yield from unpack(stream, path, self._max_archive_depth, self._excludes, symlink)
        except OSError as error:
            yield _unreadable(path, error)

    def _unfit(self, status: os.stat_result) -> Reason | None:
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


def _id(path: bytes) -> _Id | None:
    """What tells a file or folder from every other, whatever the path to it; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _unreadable(path: bytes, error: OSError) -> Skipped:
    return Skipped(Reason.UNREADABLE, path, detail=error.strerror or "")
