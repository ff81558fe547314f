from __future__ import annotations

import gzip
import io

import pytest

from scanner.model import Fragment, Reason, Skipped
from scanner.sources import stdin


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"one\ntwo", Fragment(b"one\ntwo")),
        (b"\0with NUL\xff", Fragment(b"\0with NUL\xff")),
        (b"", Skipped(Reason.EMPTY)),
        (b"%PDF-1.4\n", Skipped(Reason.BINARY)),
        (gzip.compress(b"not unpacked", mtime=0), Skipped(Reason.BINARY)),
    ],
)
def test_it_is_one_text_without_a_path(data: bytes, expected: Fragment | Skipped) -> None:
    assert list(stdin.read(io.BytesIO(data))) == [expected]


def test_what_came_before_a_failure_is_scanned() -> None:
    pieces = [b"one\n"]

    class Failing:
        def read(self, size: int, /) -> bytes:
            if not pieces:
                raise OSError(5, "Input/output error")
            return pieces.pop()

    expected = [Fragment(b"one\n"), Skipped(Reason.UNREADABLE, detail="Input/output error")]
    assert list(stdin.read(Failing())) == expected
