from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.git import added_lines, added_text


def of_git(repo, old: bytes, new: bytes) -> list[range]:
    """The added lines that ``git diff -U0`` shows between two blobs."""
    output = repo.git("diff", "-U0", "--text", repo.blob(old), repo.blob(new))
    found = []
    for match in re.finditer(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", output, re.MULTILINE):
        start, count = int(match[1]), int(match[2] or 1)
        if count:
            found.append(range(start, start + count))
    return found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"", b"", []),
        (b"a\n", b"", []),
        (b"a\n", b"a\n", []),
        (b"", b"a", [range(1, 2)]),
        (b"", b"a\nb\n", [range(1, 3)]),
        (b"", b"\n", [range(1, 2)]),
        (b"a\nb\n", b"a\nx\nb\n", [range(2, 3)]),
        (b"a", b"a\n", [range(1, 2)]),
        (b"a\n", b"a", [range(1, 2)]),
        (b"a\r\nb\r\n", b"a\nb\r\n", [range(1, 2)]),
        (b"a\nb\nc\n", b"a\nc\n", []),
        (b"a\nb\nc\nd\ne\n", b"A\nb\nC\nd\nE", [range(1, 2), range(3, 4), range(5, 6)]),
        (b"\0\n", b"\0\n\0\n", [range(2, 3)]),
        (b"\v\n x\n}", b"\v\n x\n}\v\n x\n}", [range(3, 5)]),
    ],
)
def test_added_lines(make_repo, old, new, expected):
    assert added_lines(old, new) == expected
    assert of_git(make_repo(), old, new) == expected


def test_added_text_is_the_lines_as_they_are():
    assert added_text(b"a\nb\n", b"a\r\nb\nc\nd") == [(1, b"a\r\n"), (3, b"c\nd")]
    assert added_text(b"a\n", b"a\n") == []
    assert added_text(b"", b"x\xff\n") == [(1, b"x\xff\n")]


LINES = st.one_of(
    st.sampled_from(
        [
            b"a\n",
            b"b\n",
            b"\n",
            b"  \n",
            b"  }\n",
            b"{\n",
            b"a\r\n",
            b"\xff\xfe\n",
            b"\x01\x02\n",
            b"}\v\n",
            b"\f\n",
        ]
    ),
    st.binary(min_size=0, max_size=6).map(lambda data: data.replace(b"\0", b"0") + b"\n"),
    st.integers(1, 5).map(lambda n: b"long" * 800 * n + b"\n"),
)
TEXT = st.builds(
    lambda lines, repeat, tail: b"".join(lines) * repeat + tail,
    st.lists(LINES, max_size=30),
    st.sampled_from([1, 1, 1, 2, 60]),
    st.sampled_from([b"", b"", b"end", b"\r", b"\xff"]),
)


@st.composite
def pairs(draw) -> tuple[bytes, bytes]:
    """A text and an edited copy of it, or another text."""
    old = draw(TEXT)
    if draw(st.booleans()):
        return old, draw(TEXT)
    lines = old.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 3))] = draw(st.lists(LINES, max_size=3))
    return old, b"".join(lines)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=pairs())
def test_added_lines_are_those_of_git(tmp_path_factory, make_repo, texts):
    repo = make_repo(Path(tmp_path_factory.getbasetemp()) / "lines")
    assert added_lines(*texts) == of_git(repo, *texts)
    old, new = texts
    lines = new.split(b"\n")
    lines = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    expected = [(r.start, b"".join(lines[r.start - 1 : r.stop - 1])) for r in added_lines(old, new)]
    assert added_text(old, new) == expected
