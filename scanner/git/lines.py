"""Which lines of a file's new version Git shows as added.

The diff is libgit2's, with the indent heuristic, which is Git's default, after Git's own trimming of the
common end: `git diff -U0` shows the same. The library is imported where it is first needed: that takes as
long as all else that a scan of few changes does.
"""

from __future__ import annotations

_TAIL_BLOCK = 1024  # bytes; blk in trim_common_tail() of Git's xdiff-interface.c
_SPACE = b"\v\f"  # to libgit2's heuristic, and not to Git's (sane_ctype in its ctype.c)


def added_lines(old: bytes, new: bytes) -> list[range]:
    """Line numbers (from 1) of `new` that ``git diff -U0`` shows as added, one range for each hunk."""
    if not new or old == new:
        return []
    if not old:
        return [range(1, new.count(b"\n") + (not new.endswith(b"\n")) + 1)]
    between = _only_hunk(old, new)
    if between is not None:
        return [between] if between else []
    import pygit2
    from pygit2.enums import DiffOption

    flags = DiffOption.INDENT_HEURISTIC | DiffOption.FORCE_TEXT
    tail = _common_tail(old, new)
    old, new = _unspaced(old[: len(old) - tail], new[: len(new) - tail])
    patch = pygit2.Patch.create_from(old, new, flag=flags, context_lines=0, interhunk_lines=0)
    return [range(h.new_start, h.new_start + h.new_lines) for h in patch.hunks if h.new_lines]


def _only_hunk(old: bytes, new: bytes) -> range | None:
    """The added lines where every diff must show the same ones, which most small changes are; else None.

    That is what is between the lines that both begin with and those that both end with, if no line there
    is in both, and the place is certain: a block of lines that begins as what follows it, or ends as what
    precedes it, could be shown further down or up.
    """
    if not old.endswith(b"\n") or not new.endswith(b"\n"):
        return None
    before, after = old.split(b"\n"), new.split(b"\n")
    most = min(len(before), len(after))
    start = next((n for n in range(most) if before[n] != after[n]), most)
    end = next((n for n in range(most - start) if before[-1 - n] != after[-1 - n]), most - start)
    block = after[start : len(after) - end]
    if not set(block).isdisjoint(before[start : len(before) - end]):
        return None
    if block and (after[start - 1 : start] == block[-1:] or after[len(after) - end :][:1] == block[:1]):
        return None
    return range(start + 1, start + 1 + len(block))


def added_text(old: bytes, new: bytes) -> list[tuple[int, bytes]]:
    """The text that each hunk adds, with the line number (from 1) of its first line.

    These are the fragments that Gitleaks scans: the added lines of a hunk, joined.
    """
    ranges = added_lines(old, new)
    lines = new.split(b"\n") if ranges else []
    return [(added.start, _joined(lines, added)) for added in ranges]


def _unspaced(*texts: bytes) -> tuple[bytes, ...]:
    """The same texts with bytes that do not occur in them for those that are white space to libgit2 alone."""
    if not any(space in text for space in (b"\v", b"\f") for text in texts):
        return texts
    unused = sorted(set(range(0x21, 0x100)).difference(*texts))
    if len(unused) < len(_SPACE):
        return texts
    table = bytes.maketrans(_SPACE, bytes(unused[: len(_SPACE)]))
    return tuple(text.translate(table) for text in texts)


def _joined(lines: list[bytes], some: range) -> bytes:
    """Some of all `lines`, numbered from 1, with their newlines, which the last of all has not."""
    text = b"\n".join(lines[some.start - 1 : some.stop - 1])
    return text if some.stop > len(lines) else text + b"\n"


def _common_tail(old: bytes, new: bytes) -> int:
    """How many bytes at the end Git leaves out of a diff without context, because they are the same.

    Whole blocks, less the rest of the line that the first of them begins in. Without this the diff would
    be as correct, but where lines repeat it would show others of them as added.
    """
    tail = 0
    while _TAIL_BLOCK + tail <= min(len(old), len(new)):
        block = slice(len(old) - tail - _TAIL_BLOCK, len(old) - tail)
        if not new.endswith(old[block], 0, len(new) - tail):
            break
        tail += _TAIL_BLOCK
    start = len(new) - tail
    line_end = new.find(b"\n", start)
    return len(new) - line_end - 1 if line_end >= 0 else 0
