"""The ``.sops.yaml`` that is for a file: the nearest above it, as for SOPS, but inside what is scanned."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from posixpath import dirname, join, normpath, relpath

from scanner.detect.sops import NAME, CreationRule, creation_rules

_MOST_BYTES = 1 << 18
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY

Found = tuple[bytes, tuple[CreationRule, ...]]
"""The folder of a config, and its rules."""

_NONE: Found = (b"", ())


class SopsConfigs:
    """Finds them; each folder is looked into once.

    Args:
        roots: the folders that are scanned. What is above them is not read.
    """

    def __init__(self, roots: Iterable[bytes] = ()) -> None:
        self._roots = {normpath(root) for root in roots}
        self._found: dict[bytes, Found] = {}

    def of(self, place: bytes) -> tuple[tuple[CreationRule, ...], bytes]:
        """The rules for the file at `place`, and its path from the folder of their config."""
        if not self._roots:  # single files, of which nobody knows what is around
            return (), place
        folder, rules = self._above(normpath(dirname(place) or b"."))
        return rules, relpath(place, folder) if rules else place

    def _above(self, folder: bytes) -> Found:
        """What is for the files in `folder`."""
        passed = []
        found: Found | None = None
        while found is None:
            found = self._found.get(folder)
            if found is None:
                passed.append(folder)
                text = _read(join(folder, NAME))
                parent = dirname(folder) or b"."
                if text is not None:
                    found = folder, creation_rules(text)
                elif folder in self._roots or parent == folder:
                    found = _NONE
                folder = parent
        self._found.update(dict.fromkeys(passed, found))
        return found


def _read(path: bytes) -> bytes | None:
    """The text of a regular file; None where there is none, or it is not to be read."""
    try:
        descriptor = os.open(path, _OPEN)
    except OSError:
        return None
    try:
        return os.read(descriptor, _MOST_BYTES) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(descriptor)
