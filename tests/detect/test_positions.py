"""Where a match is: bytes, lines and true columns, and the lines that it touches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.positions import LINE_REACH, Lines, whole_lines
from scanner.model import Rule

TOKEN = Rule(id="tok", regex=r"tok_[a-z0-9]{4}")


def place(match) -> tuple[int, int, int, int]:
    return match.start_line, match.end_line, match.start_column, match.end_column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"tok_abcd", (1, 1, 1, 8)),
        (b"tok_abcd\n", (1, 1, 1, 8)),
        (b"x = tok_abcd", (1, 1, 5, 12)),
        (b"\ntok_abcd\n", (2, 2, 1, 8)),
        (b"a\n\n  tok_abcd", (3, 3, 3, 10)),
        ("é tok_abcd".encode(), (1, 1, 4, 11)),  # columns are bytes
        (b"\r\ntok_abcd\r\n", (2, 2, 1, 8)),
        (b"a\rtok_abcd", (1, 1, 3, 10)),  # a carriage return ends no line
        (b"\xff\xfe\n\xfftok_abcd", (2, 2, 2, 9)),  # bytes that are not UTF-8 count as one each
        (b"\xfftok_abcd\xff", (1, 1, 2, 9)),
    ],
)
def test_columns_are_true_bytes_on_every_line(find, text: bytes, expected: tuple[int, ...]) -> None:
    (match,) = find([TOKEN], text)
    assert place(match) == expected
    assert text[match.start : match.end] == match.text == match.secret == b"tok_abcd"


@pytest.mark.parametrize(
    ("regex", "text", "expected", "matched"),
    [
        (r"\s*tok_\w+", b"a\n\ntok_abcd", (3, 3, 1, 8), b"tok_abcd"),  # newlines at the start are trimmed
        (r"tok_\w+\s*", b"tok_abcd\n\nb", (1, 1, 1, 8), b"tok_abcd"),
        (r"tok_\w+\s*", b"tok_abcd \n\nb", (1, 1, 1, 9), b"tok_abcd "),  # other white space is not
        (r"\s*tok_\w+", b"a\r\ntok_abcd", (1, 2, 2, 8), b"\r\ntok_abcd"),
        (r"tok\n\w+", b"a\ntok\nabcd", (2, 3, 1, 4), b"tok\nabcd"),  # ends on an unterminated last line
        (r"tok\n\w+", b"a tok\nabcd\n", (1, 2, 3, 4), b"tok\nabcd"),
        (r"(?s)BEGIN.*END", b"BEGIN\nx\nEND;", (1, 3, 1, 3), b"BEGIN\nx\nEND"),
    ],
)
def test_newlines_at_the_ends_are_no_part_of_a_match(
    find, regex: str, text: bytes, expected: tuple[int, ...], matched: bytes
) -> None:
    (match,) = find([Rule(id="r", regex=regex)], text)
    assert place(match) == expected
    assert match.text == matched == text[match.start : match.end]


@pytest.mark.parametrize("text", [b"", b"\n", b"abc", b"a\n\nb"])
def test_an_empty_match_is_no_secret(find, text: bytes) -> None:
    assert find([Rule(id="r", regex="x*")], text) == []
    assert find([Rule(id="r", regex=r"\n+")], text) == []


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\x01", b"\n")), st.data())
def test_positions_agree_with_splitting_into_lines(text: bytes, data: st.DataObject) -> None:
    text += b"\n.\n"
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, len(text)))
    start_line, end_line, start_column, end_column = Lines(text).span(start, end)
    lines = text.split(b"\n")
    last = max(start, end - 1)
    assert sum(len(line) + 1 for line in lines[: start_line - 1]) + start_column - 1 == start
    assert sum(len(line) + 1 for line in lines[: end_line - 1]) + end_column - 1 == last
    if not text[start:end].startswith(b"\n"):
        expected = b"\n".join(lines[start_line - 1 : end_line])
        assert whole_lines(text, start, end) == expected


def test_the_line_is_whole_and_has_no_newline(find) -> None:
    (match,) = find([Rule(id="r", regex=r"tok\n\w+")], b"x\nab tok\nabcd ef\ny")
    assert match.line == b"ab tok\nabcd ef"


class Counting(bytes):
    """Text that counts how far it is searched, and how much of it is copied."""

    work = 0

    def find(self, sub, start=0, end=None):  # type: ignore[no-untyped-def,override]
        found = super().find(sub, start, len(self) if end is None else end)
        Counting.work += (found if found >= 0 else (len(self) if end is None else end)) - start
        return found

    def rfind(self, sub, start=0, end=None):  # type: ignore[no-untyped-def,override]
        found = super().rfind(sub, start, end)
        Counting.work += end - (found if found >= 0 else start)
        return found

    def __getitem__(self, index):  # type: ignore[no-untyped-def,override]
        Counting.work += index.stop - index.start
        return super().__getitem__(index)


def test_a_line_of_megabytes_is_looked_at_nearby_only() -> None:
    text = Counting(b"tok_abcd " * 500_000)
    Counting.work = 0
    for start in range(0, len(text), 90_000):
        line = whole_lines(text, start, start + 8)
        assert b"tok_abcd" in line and len(line) <= 2 * LINE_REACH + 8
    matches = len(range(0, len(text), 90_000))
    assert Counting.work <= matches * 4 * (LINE_REACH + 8)


def test_thousands_of_matches_on_one_line_are_all_found(find) -> None:
    text = b"tok_abcd " * 4_000
    matches = find([TOKEN], text)
    assert len(matches) == 4_000
    assert matches[-1].start_column == len(text) - 8
