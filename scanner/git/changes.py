"""A change: one path that got new content; and how to read changes from Git's raw diff format."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from scanner.model import Reason, Skipped

GITLINK = 0o160000  # the mode of a submodule's entry
_CHUNK = 1 << 16  # bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One path that a commit, the index, or the work tree gave new content.

    The lines it adds are those that are new against each of ``olds`` (all lines where there is none).

    Attributes:
        commit: full object name; empty outside history.
        path: from the root of the work tree, ``/`` between parts.
        new: the new content's blob; empty where it is the file in the work tree.
        olds: the blobs to compare with: the path's, or its rename source's, in each parent that has one.
            Empty for an addition. A link that became a file (or the reverse) is an addition.
        mode: Git's file mode, such as ``0o100644``; ``0o120000`` is a symbolic link.
        merge: the commit has several parents.
    """

    commit: str
    path: bytes
    new: str
    olds: tuple[str, ...] = ()
    mode: int = 0o100644
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The line before a commit's entries, of the format `HEADER_FORMAT`."""

    commit: str
    merge: bool


HEADER_FORMAT = "--format=%H %P"


@dataclass(frozen=True, slots=True)
class Entry:
    """One raw entry. ``modes`` and ``ids`` are of each parent in turn, then of the result.

    An absent side has mode 0 and an id of zeros; content that is not in the object store has zeros too.
    """

    modes: tuple[int, ...]
    ids: tuple[str, ...]
    path: bytes

    def change(self, header: Header) -> Change | Skipped | None:
        """What the entry means in that commit; None where it adds nothing (deletion, rename, mode)."""
        mode, new = self.modes[-1], self.ids[-1]
        if mode == 0:
            return None
        if mode == GITLINK:
            return Skipped(Reason.SUBMODULE, path=self.path, object="" if _zero(new) else new)
        before = zip(self.modes[:-1], self.ids[:-1], strict=True)
        olds = tuple(id for old, id in before if stat.S_IFMT(old) == stat.S_IFMT(mode) and not _zero(id))
        if new in olds:
            return None
        return Change(header.commit, self.path, "" if _zero(new) else new, olds, mode, header.merge)


def _zero(id: str) -> bool:
    return not id.strip("0")


def split_tokens(stream: IO[bytes]) -> Iterator[bytes]:
    """The parts of `stream` that a NUL ends."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        first, *others = chunk.split(b"\0")
        rest += first
        for part in others:
            yield rest
            rest = part


def parse_relevant(
    tokens: Iterator[bytes], is_relevant: Callable[[bytes, bytes], bool]
) -> tuple[list[tuple[Header, list[Entry]]], int]:
    """The commits with relevant entries, and these; and how many commits there are in all.

    A history has many thousands of entries, and only few are relevant: they alone are parsed in full.

    Args:
        tokens: as for `parse_raw`, of a format without renames.
        is_relevant: is asked with the path and the new content's id, in hexadecimal.
    """
    commits: list[tuple[Header, list[Entry]]] = []
    count = told = 0
    header = b""
    for token in tokens:
        if token[:1] == b"\n":
            token = token[1:]
        if token[:1] != b":":
            if token:
                header = token
                count += 1
            continue
        path = next(tokens, None)
        if path is None:
            break
        mode, new = _new_side(token)
        if mode == b"000000" or not is_relevant(path, new):
            continue
        if told != count:
            told = count
            commits.append((_header(header), []))
        commits[-1][1].extend(item for item in parse_raw(iter((token, path))) if isinstance(item, Entry))
    return commits, count


def _new_side(text: bytes) -> tuple[bytes, bytes]:
    """Mode and id of an entry's result."""
    if text[1:2] != b":":  # ":100644 100644 <old> <new> M"
        length = (len(text) - 18) // 2
        return text[8:14], text[16 + length : 16 + 2 * length]
    fields = text.split(b" ")
    return fields[text.count(b":")], fields[-2]


def parse_raw(tokens: Iterator[bytes]) -> Iterator[Header | Entry]:
    """Headers and entries of ``--raw -z --no-abbrev`` with `HEADER_FORMAT`.

    Format: git-diff(1), "Raw output format" and "diff format for merges". A rename's entry has two paths,
    of which the second is the new one; an entry with several parents has one. An entry that was cut off
    is left out.
    """
    for token in tokens:
        text = token.lstrip(b"\n")
        if text.startswith(b":"):
            fields = text.lstrip(b":").decode("ascii").split(" ")
            parents = text.count(b":")
            path = next(tokens, None)
            if parents == 1 and fields[-1][0] in "RC":
                path = next(tokens, None)
            if path is None:
                return
            if fields[-1] == "U":  # unmerged: says only that other entries follow
                continue
            modes = tuple(int(mode, 8) for mode in fields[: parents + 1])
            yield Entry(modes, tuple(fields[parents + 1 : 2 * parents + 2]), path)
        elif text:
            yield _header(text)


def _header(text: bytes) -> Header:
    commit, *parents = text.decode("ascii").split()
    return Header(commit, merge=len(parents) > 1)
