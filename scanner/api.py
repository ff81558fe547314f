"""The Python API: load a config, scan bytes, files and repositories, iterate over findings.

    from scanner.api import Scanner, load_config

    scanner = Scanner(load_config(".gitleaks.toml"))
    for finding in scanner.scan_repository("path/to/repository"):
        print(finding.rule.id, finding.commit.id, finding.path, finding.start_line)
    print(scanner.summary.skipped)

Findings are `scanner.model.Finding`: frozen, text and paths as bytes, secrets in clear. Nothing is printed,
no environment variable counts, and nothing is written to disk.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from scanner.config import load_default, load_file, load_text
from scanner.detect import ALLOW_MARKS, MAX_DECODE_DEPTH, Detector, make_prefilter, make_sieve, sought
from scanner.errors import ConfigError, LeakscanError, RepositoryError, UsageError
from scanner.git import Selection, open_repository
from scanner.locate import Place, fragment_findings
from scanner.model import (
    Allowlist,
    Commit,
    Config,
    Finding,
    Fragment,
    Reason,
    Required,
    Rule,
    Skipped,
    Summary,
)
from scanner.options import Item, Options
from scanner.pipeline import Known, reported, scan_paths
from scanner.repositories import scan_history, scan_staged, scan_unstaged

__all__ = [
    "Allowlist",
    "Commit",
    "Config",
    "ConfigError",
    "Finding",
    "LeakscanError",
    "Options",
    "Reason",
    "RepositoryError",
    "Required",
    "Rule",
    "Scanner",
    "Selection",
    "Skipped",
    "Summary",
    "UsageError",
    "load_config",
    "parse_config",
]


def load_config(path: str | Path | None = None) -> Config:
    """The config in a file in Gitleaks' format, with all that it extends; None for the default pack.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong.
    """
    return load_default() if path is None else load_file(Path(path), cwd=Path())


def parse_config(toml: str, name: str = "config") -> Config:
    """The config in a text; `name` is what errors call it.

    Raises:
        ConfigError: something in it is wrong.
    """
    return load_text(toml, name, cwd=Path())


class Scanner:
    """Scans with one config. Not for several threads at once.

    Args:
        config: what to look for; None for the default pack.
        engine: prefilter: ``auto``, ``hyperscan`` or ``ahocorasick``; all find the same.
        options: limits, symbolic links and archives, links, the key of identities, and how many processes
            scan (one, unless said otherwise; they are forked).
        max_decode_depth: how often decoded text is decoded again; 0 for not at all.
        allow_marks: comments that make a line's matches no leak.

    Attributes:
        summary: of the newest scan; complete when its iterator has ended.

    Raises:
        UsageError: the engine is not installed.
    """

    def __init__(
        self,
        config: Config | None = None,
        *,
        engine: str = "auto",
        options: Options | None = None,
        max_decode_depth: int = MAX_DECODE_DEPTH,
        allow_marks: tuple[bytes, ...] = ALLOW_MARKS,
    ) -> None:
        config = config if config is not None else load_default()
        self.summary = Summary()
        self._make_sieve = functools.partial(make_sieve, config, engine, max_decode_depth=max_decode_depth)
        self._options = options or Options()
        self._detector = Detector(
            config,
            make_prefilter(sought(config), engine),
            max_decode_depth=max_decode_depth,
            allow_marks=allow_marks,
        )

    def scan_bytes(self, data: bytes, path: bytes = b"") -> list[Finding]:
        """What leaks in `data`, were it the content of the file at `path` (empty for none)."""
        place = Place(path, identity_key=self._options.identity_key)
        self.summary = Summary(files=1, bytes=len(data))
        if self._detector.excludes(path):
            return list(self._reported([Skipped(Reason.ALLOWED_PATH, path)]))
        return list(self._reported(fragment_findings(Fragment(data, path), self._detector, place, set())))

    def scan_paths(self, *paths: str | Path) -> Iterator[Finding]:
        """What leaks in files and folders.

        Raises:
            UsageError: a path does not exist.
        """
        self.summary = Summary()
        found = scan_paths([Path(path) for path in paths], self._detector, self._options, self.summary)
        return self._reported(found)

    def scan_repository(self, path: str | Path, selection: Selection | None = None) -> Iterator[Finding]:
        """What leaked in the history of the repository at `path`.

        Args:
            path: a work tree, a folder in one, or a bare repository.
            selection: which commits; None for all of every ref.

        Raises:
            RepositoryError: there is no repository.
            UsageError: the selection names what does not exist.
        """
        self.summary = summary = Summary()
        with open_repository(Path(path)) as repository:
            items = scan_history(
                repository,
                selection or Selection(),
                self._detector,
                self._options,
                summary,
                make_sieve=self._make_sieve,
            )
            yield from self._reported(items)

    def scan_staged(self, path: str | Path) -> Iterator[Finding]:
        """What the next commit of the repository at `path` would add; raises `RepositoryError`."""
        self.summary = summary = Summary()
        with open_repository(Path(path)) as repository:
            yield from self._reported(scan_staged(repository, self._detector, self._options, summary))

    def scan_unstaged(self, path: str | Path) -> Iterator[Finding]:
        """What the work tree of the repository at `path` adds to its index; raises `RepositoryError`."""
        self.summary = summary = Summary()
        with open_repository(Path(path)) as repository:
            yield from self._reported(scan_unstaged(repository, self._detector, self._options, summary))

    def _reported(self, items: Iterable[Item]) -> Iterator[Finding]:
        return reported(items, self.summary, Known())
