"""Files and folders as a source: every regular file under the given paths, once."""

# Paths are bytes here, as names on disk are; pathlib takes text.
# ruff: noqa: PTH112, PTH116

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from posixpath import dirname, join, normpath

from scanner.errors import UsageError
from scanner.model import Reason, Skipped, text_of
from scanner.sources.file import File, Id, Reader, id_of, unreadable

IgnoredBelow = Callable[[bytes], Iterable[bytes]]


def walk(
    paths: Sequence[Path | str],
    reader: Reader,
    excludes: Callable[[bytes], bool],
    follow_symlinks: bool = False,
    ignored_below: IgnoredBelow = lambda folder: (),
) -> Iterator[File | Skipped]:
    """Every file under `paths` in a fixed order: of each folder by name, linked files last.

    A file given by name is reported by that name; what is in a folder begins with the folder's, ``.`` and
    ``./`` left out. What several of `paths` lead to is scanned under the first.

    Args:
        paths: files and folders; symbolic links among them are followed.
        reader: will read the files.
        excludes: whether a file, or a folder with all that is in it, is not to be scanned.
        follow_symlinks: scan files that symbolic links lead to, unless they are scanned anyway; links to
            folders are never followed.
        ignored_below: the files and folders, by their paths from a folder of `paths`, that are not to be
            scanned there.

    Raises:
        UsageError: one of `paths` does not exist.
    """
    roots = [_root(path) for path in paths]
    return _Walk(reader, excludes, follow_symlinks, ignored_below).all(roots)


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


def _within(folder: bytes) -> bytes:
    """What the path of anything in a folder begins with."""
    return b"" if folder == b"." else join(folder, b"")


class _Walk:
    """One walk, and what it must not scan twice."""

    def __init__(
        self,
        reader: Reader,
        excludes: Callable[[bytes], bool],
        follow_symlinks: bool,
        ignored_below: IgnoredBelow,
    ) -> None:
        self._reader, self._excludes, self._follow_symlinks = reader, excludes, follow_symlinks
        self._ignored_below, self._ignored = ignored_below, frozenset[bytes]()
        self._folders: set[Id] = set()
        self._given: set[Id] = set()
        self._scanned: set[Id] = set()  # kept only where links are followed
        self._links: list[bytes] = []

    def all(self, roots: Sequence[bytes]) -> Iterator[File | Skipped]:
        """What is under the roots, then what the links found there lead to."""
        for root in roots:
            real = os.path.realpath(root)
            if self._excludes(root):
                yield Skipped(Reason.ALLOWED_PATH, root)
            elif os.path.isdir(root):
                self._ignored = frozenset(_within(root) + name for name in self._ignored_below(root))
                yield from self._tree(root)
            elif id_of(real) not in self._given and id_of(dirname(real)) not in self._folders:
                self._given |= {id_} if (id_ := id_of(real)) else set()
                yield self._file(real, root)
        for link in self._links:
            yield from self._link(link)

    def _tree(self, root: bytes) -> Iterator[File | Skipped]:
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
            elif item[0] in self._ignored:
                yield Skipped(Reason.IGNORED, item[0])
            elif item[1].is_file(follow_symlinks=False):
                if not self._given or id_of(item[0]) not in self._given:
                    yield self._file(item[0], item[0]) if self._follow_symlinks else File(item[0], item[0])
            elif item[1].is_dir(follow_symlinks=False):
                stack.append(self._entries(item[0]))
            elif not item[1].is_symlink():
                yield Skipped(Reason.NOT_REGULAR, item[0])
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
                found = sorted(entries, key=_NAME)
        except OSError as error:
            yield unreadable(folder, error)
            return
        prefix = _within(folder)
        for entry in found:
            yield prefix + entry.name, entry

    def _link(self, link: bytes) -> Iterator[File | Skipped]:
        """The file at the end of a link, if it was not scanned under its own path."""
        real = os.path.realpath(link)
        try:
            status = os.stat(real)
        except OSError as error:
            nowhere = error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR)
            yield Skipped(Reason.SYMLINK, link, detail="broken") if nowhere else unreadable(link, error)
            return
        if stat.S_ISDIR(status.st_mode):
            yield Skipped(Reason.SYMLINK, link, detail="to a folder")
        elif (status.st_dev, status.st_ino) not in self._scanned:
            here = os.fsencode(Path.cwd().resolve()) + b"/"
            inside = not link.startswith(b"/") and real.startswith(here)
            yield self._file(real, real[len(here) :] if inside else real, link)

    def _file(self, place: bytes, path: bytes, symlink: bytes = b"") -> File | Skipped:
        """The file, or why it is none; it is noted where links may lead to it, too."""
        try:
            status = os.lstat(place)
        except OSError as error:
            return unreadable(path, error)
        if not stat.S_ISREG(status.st_mode):
            return Skipped(Reason.NOT_REGULAR, path)
        if self._follow_symlinks and not self._reader.unfit(status):
            self._scanned.add((status.st_dev, status.st_ino))
        return File(place, path, symlink)


_NAME = attrgetter("name")
