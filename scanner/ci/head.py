"""Where a finding is in the commit that a build is about: hosts show annotations on that version's lines."""

from __future__ import annotations

import os
from functools import lru_cache

from scanner.git import ObjectError, Repository
from scanner.git.program import GitFailed
from scanner.model import Finding

_MAX_BYTES = 5_000_000  # of a file that is looked into


class HeadVersion:
    """Files as they are in one commit.

    Args:
        repository: stays open for as long as this is used.
        commit: a revision.
    """

    def __init__(self, repository: Repository, commit: str) -> None:
        self._repository, self._commit = repository, commit
        self._content = lru_cache(maxsize=8)(self._read)

    def line_of(self, finding: Finding) -> int | None:
        """The line on which the finding's secret begins in this version, the nearest to where it was
        added; where that cannot be told, the line on which it was added. None where it is not there."""
        content = self._content(finding.path)
        if content is None:
            return None
        if not finding.secret or any(tag.startswith("decoded:") for tag in finding.tags):
            return finding.start_line
        lines: list[int] = []
        at = content.find(finding.secret)
        while at >= 0 and len(lines) < 100:
            lines.append(content.count(b"\n", 0, at) + 1)
            at = content.find(finding.secret, at + 1)
        return min(lines, key=lambda line: abs(line - finding.start_line), default=None)

    def _read(self, path: bytes) -> bytes | None:
        try:
            name = os.fsencode(f"{self._commit}:") + path
            id = (
                self._repository.program.output("rev-parse", "--quiet", "--verify", name)
                .decode("ascii")
                .strip()
            )
            if self._repository.blob_size(id) > _MAX_BYTES:
                return b""
            return self._repository.read_blob(id)
        except (GitFailed, ObjectError):
            return None
