"""Decides whether bytes are a secret; pure, without I/O, Git or globals."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from scanner.detect.engine import ALLOW_MARKS, MAX_DECODE_DEPTH, OTHER_TOOLS_MARKS, Detector, Scan, sought
from scanner.detect.gradual import GradualPrefilter
from scanner.detect.prefilter import DatabaseStore, KeywordPrefilter, Prefilter
from scanner.errors import UsageError
from scanner.model import Config, Rule

if TYPE_CHECKING:
    from scanner.detect.sieve import Sieve

__all__ = [
    "ALLOW_MARKS",
    "ENGINES",
    "MAX_DECODE_DEPTH",
    "OTHER_TOOLS_MARKS",
    "DatabaseStore",
    "Detector",
    "Prefilter",
    "Scan",
    "make_prefilter",
    "make_sieve",
    "sought",
]

ENGINES = ("auto", "hyperscan", "ahocorasick")
"""Prefilters by name; ``auto`` is Hyperscan for more than a little text, where its package is installed."""


def make_prefilter(
    rules: Sequence[Rule], engine: str = "auto", store: DatabaseStore | None = None
) -> Prefilter:
    """The prefilter named `engine` for `rules` (see `sought`).

    Args:
        rules: what a detector looks for, in the same order.
        engine: one of `ENGINES`.
        store: keeps Hyperscan's compiled database between runs.

    Raises:
        UsageError: Hyperscan was asked for by name and is not installed.
    """
    if engine == "auto":
        return GradualPrefilter(rules, lambda: _prefilter(rules, engine, store))
    return _prefilter(rules, engine, store) or KeywordPrefilter(rules)


def _prefilter(rules: Sequence[Rule], engine: str, store: DatabaseStore | None) -> Prefilter | None:
    """The one that takes time to make; None where `engine` does not mean it, or it is not installed."""
    hyperscan = _hyperscan(engine)
    made: Prefilter | None = hyperscan.HyperscanPrefilter(rules, store) if hyperscan else None
    return made


def make_sieve(
    config: Config,
    engine: str = "auto",
    store: DatabaseStore | None = None,
    max_decode_depth: int = MAX_DECODE_DEPTH,
) -> Sieve:
    """The sieve for `config` by the engine of that name; arguments and errors as for `make_prefilter`."""
    from scanner.detect.sieve import Sieve  # for histories alone

    def prefilter(rules: Sequence[Rule]) -> Prefilter:
        return _prefilter(rules, engine, store) or KeywordPrefilter(rules)

    return Sieve(config, prefilter, max_decode_depth, store)


def _hyperscan(engine: str) -> ModuleType | None:
    """The module that needs Hyperscan, where `engine` means it."""
    if engine == "ahocorasick":
        return None
    try:
        return import_module("scanner.detect.hyperscan")
    except ImportError:
        if engine == "auto":
            return None
        raise UsageError("Hyperscan is not installed here: use --engine ahocorasick") from None
