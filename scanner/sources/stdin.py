"""Standard input as a source: one text without a path."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.model import Fragment, Reason, Skipped
from scanner.sources.chunks import Peeked, Readable, fragments
from scanner.sources.magic import is_binary


def read(stream: Readable) -> Iterator[Fragment | Skipped]:
    """What `stream` holds. Nothing is unpacked: an archive counts as binary.

    A stream that fails ends with what came before, and `Reason.UNREADABLE`.
    """
    try:
        peeked = Peeked(stream)
        if not peeked.head:
            yield Skipped(Reason.EMPTY)
        elif is_binary(peeked.head):
            yield Skipped(Reason.BINARY)
        else:
            yield from fragments(peeked, b"")
    except OSError as error:
        yield Skipped(Reason.UNREADABLE, detail=error.strerror or "")
