"""What the first bytes of a file say about it."""

from __future__ import annotations

_BINARY_WINDOW = 8000  # bytes; FIRST_FEW_BYTES in Git's xdiff-interface.c

_LFS_VERSIONS = (
    b"version https://git-lfs.github.com/spec/v1\n",
    b"version https://hawser.github.com/spec/v1\n",
)
_LFS_LIMIT = 1024  # bytes; the specification: pointer files must be smaller


def is_binary(data: bytes | bytearray) -> bool:
    """Whether Git takes `data` for binary: a NUL within the first 8000 bytes."""
    return data.find(b"\0", 0, _BINARY_WINDOW) >= 0


def is_lfs_pointer(data: bytes | bytearray) -> bool:
    """Whether `data` is a Git LFS pointer file: the content itself is not in the repository.

    Source: the Git LFS specification, ``docs/spec.md`` ("The Pointer"): smaller than 1024 bytes, the
    first key is ``version``, and ``oid`` and ``size`` follow.
    """
    return (
        len(data) < _LFS_LIMIT and data.startswith(_LFS_VERSIONS) and b"\noid " in data and b"\nsize " in data
    )
