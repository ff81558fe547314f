from __future__ import annotations

import pytest

from scanner.git import is_binary, is_lfs_pointer

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a" * 16 + b"\nsize 12345\n"


def test_binary_is_a_nul_in_the_first_8000_bytes():
    assert is_binary(b"a" * 7999 + b"\0")
    assert not is_binary(b"a" * 8000 + b"\0")
    assert not is_binary(b"")
    assert not is_binary(bytes(range(1, 256)))


def test_git_draws_the_same_line(make_repo):
    repo = make_repo()
    repo.commit({"in": b"a" * 7999 + b"\0", "out": b"a" * 8000 + b"\0"})
    numbers = repo.git("show", "--numstat", "--format=")
    assert numbers == b"-\t-\tin\n1\t0\tout\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (POINTER, True),
        (POINTER.replace(b"git-lfs.github.com", b"hawser.github.com"), True),
        (POINTER.replace(b"\noid", b"\next-0-foo sha256:00\noid"), True),
        (POINTER.replace(b"spec/v1", b"spec/v2"), False),
        (POINTER.replace(b"oid", b"iod"), False),
        (b" " + POINTER, False),
        (POINTER + b"x" * 1024, False),
        (b"", False),
    ],
)
def test_lfs_pointer(data, expected):
    assert is_lfs_pointer(data) is expected
