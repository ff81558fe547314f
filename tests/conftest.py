"""Fixtures that every test may use: repositories made by the real Git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

CLEAN = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Dev One",
    "GIT_AUTHOR_EMAIL": "dev1@example.com",
    "GIT_COMMITTER_NAME": "Dev One",
    "GIT_COMMITTER_EMAIL": "dev1@example.com",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "TZ": "UTC",
}
FIRST_DATE = 1_704_096_000  # 2024-01-01T08:00:00Z; every commit is a minute later than the one before


class GitRepository:
    """A work tree (or bare repository) to build history in; no configuration but its own applies.

    Attributes:
        path: the work tree's root, or the bare repository's folder.
        environment: what Git runs with: the test's own, without ``GIT_*``, with fixed identities.
    """

    def __init__(self, path: Path, *init_options: str) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        self.environment = kept | CLEAN | {"HOME": str(path)}
        self._clock = FIRST_DATE
        self.git("init", "-q", *init_options)
        self.git("symbolic-ref", "HEAD", "refs/heads/main")

    def git(
        self,
        *arguments: str | bytes | Path,
        stdin: bytes = b"",
        check: bool = True,
        environment: dict[str, str] | None = None,
    ) -> bytes:
        """Standard output of ``git <arguments>`` run in the repository; `environment` is added."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin,
            capture_output=True,
            env=self.environment | (environment or {}),
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"git {arguments!r}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def write(self, path: str | bytes, content: str | bytes) -> Path:
        """Write a file of the work tree, folders included; returns its path on disk."""
        file = self.path / os.fsdecode(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(
        self,
        files: dict[str, str | bytes] | dict[bytes, str | bytes] | None = None,
        message: str | bytes = "change",
        *,
        remove: Iterable[str | bytes] = (),
        **environment: str,
    ) -> str:
        """Write `files`, remove others, commit everything there is (an empty commit too); its id."""
        for path, content in (files or {}).items():
            self.write(path, content)
        for path in remove:
            (self.path / os.fsdecode(path)).unlink()
        self.git("add", "-A", ".")
        raw = message.encode() if isinstance(message, str) else message
        self.git(
            *("commit", "-q", "--allow-empty", "--allow-empty-message", "--no-verify"),
            *("--cleanup=verbatim", "-F", "-"),
            stdin=raw,
            environment=self.tick() | environment,
        )
        return self.head()

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Create branch `name` at `start` and check it out."""
        self.git("checkout", "-q", "-B", name, start)

    def checkout(self, name: str) -> None:
        """Check out a branch or commit."""
        self.git("checkout", "-q", name)

    def merge(
        self,
        *others: str,
        files: dict[str, str | bytes] | None = None,
        message: str = "merge",
    ) -> str:
        """Merge `others` into HEAD and commit; `files` is the resolution written over the result; its id."""
        options = ("--no-ff", "--no-commit", "-q", "--allow-unrelated-histories")
        self.git("merge", *options, *others, check=False, environment=self.tick())
        return self.commit(files, message)

    def head(self, revision: str = "HEAD") -> str:
        """Full object name of `revision`."""
        return self.git("rev-parse", "--verify", revision).decode().strip()

    def blob(self, content: bytes) -> str:
        """Store a blob that no tree holds; its id."""
        return self.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def tick(self) -> dict[str, str]:
        """Dates for the next commit, a minute after the last."""
        self._clock += 60
        return {"GIT_AUTHOR_DATE": f"{self._clock} +0000", "GIT_COMMITTER_DATE": f"{self._clock} +0000"}


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., GitRepository]:
    """Make a repository: ``make_repo()``, ``make_repo("name")``, ``make_repo("name", "--bare")``.

    The options are those of ``git init``. Each is a `GitRepository` in a folder of its own.
    """

    def make(name: str = "repo", *init_options: str) -> GitRepository:
        return GitRepository(tmp_path / name, *init_options)

    return make
