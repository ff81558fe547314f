"""Which lines of a file's new version Git shows as added.

The diff is libgit2's, with the indent heuristic, which is Git's default: `git diff -U0` shows the same.
"""

from __future__ import annotations

import pygit2
from pygit2.enums import DiffOption

_FLAGS = DiffOption.INDENT_HEURISTIC | DiffOption.FORCE_TEXT


def added_lines(old: bytes, new: bytes) -> list[range]:
    """Line numbers (from 1) of `new` that ``git diff -U0`` shows as added, one range for each hunk."""
    if not new or old == new:
        return []
    if not old:
        return [range(1, new.count(b"\n") + (not new.endswith(b"\n")) + 1)]
    patch = pygit2.Patch.create_from(old, new, flag=_FLAGS, context_lines=0, interhunk_lines=0)
    return [range(h.new_start, h.new_start + h.new_lines) for h in patch.hunks if h.new_lines]


def added_text(old: bytes, new: bytes) -> list[tuple[int, bytes]]:
    """The text that each hunk adds, with the line number (from 1) of its first line.

    These are the fragments that Gitleaks scans: the added lines of a hunk, joined.
    """
    ranges = added_lines(old, new)
    if not ranges:
        return []
    starts = _line_starts(new)
    return [(lines.start, new[starts[lines.start - 1] : starts[lines.stop - 1]]) for lines in ranges]


def _line_starts(data: bytes) -> list[int]:
    """Offset of each line's first byte; then the end of the data, where a line would start."""
    starts = [0]
    position = data.find(b"\n")
    while position >= 0:
        starts.append(position + 1)
        position = data.find(b"\n", position + 1)
    if starts[-1] != len(data):
        starts.append(len(data))
    return starts
