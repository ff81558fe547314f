"""Scans with every prefilter at once: what they name may differ, what is found may not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from scanner.detect import Detector, Scan, make_prefilter, sought
from scanner.model import Allowlist, Config, Match, Rule

Scanner = Callable[..., Scan]
Finder = Callable[..., list[Match]]


@pytest.fixture
def scan() -> Scanner:
    """``scan(rules, text, allowlists=(), **options of Detector)``."""

    def run(
        rules: Sequence[Rule], text: bytes, allowlists: Sequence[Allowlist] = (), **options: object
    ) -> Scan:
        config = Config(tuple(rules), tuple(allowlists))
        first, second = (
            Detector(config, make_prefilter(sought(config), engine), **options).scan(text)  # type: ignore[arg-type]
            for engine in ("ahocorasick", "hyperscan")
        )
        assert first.matches == second.matches
        return second

    return run


@pytest.fixture
def find(scan: Scanner) -> Finder:
    """``find(rules, text, path=b"", commit="", allowlists=(), **options)``: what are leaks at that place."""

    def run(
        rules: Sequence[Rule], text: bytes, path: bytes = b"", commit: str = "", **options: object
    ) -> list[Match]:
        allowlists = options.get("allowlists", ())
        config = Config(tuple(rules), tuple(allowlists))  # type: ignore[arg-type]
        detector = Detector(config, make_prefilter((), "ahocorasick"))
        if detector.excludes(path, commit):
            return []
        return detector.at(scan(rules, text, **options).matches, path, commit)

    return run
