"""Decides whether bytes are a secret; pure, without I/O, Git or globals."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.detect.engine import ALLOW_MARKS, MAX_DECODE_DEPTH, OTHER_TOOLS_MARKS, Detector, Scan, sought
from scanner.detect.prefilter import DatabaseStore, KeywordPrefilter, Prefilter
from scanner.detect.sieve import Sieve
from scanner.errors import UsageError
from scanner.model import Rule

__all__ = [
    "ALLOW_MARKS",
    "ENGINES",
    "MAX_DECODE_DEPTH",
    "OTHER_TOOLS_MARKS",
    "DatabaseStore",
    "Detector",
    "Prefilter",
    "Scan",
    "Sieve",
    "make_prefilter",
    "sought",
]

ENGINES = ("auto", "hyperscan", "ahocorasick")
"""Prefilters by name; ``auto`` is Hyperscan where its package is installed."""


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
    if engine == "ahocorasick":
        return KeywordPrefilter(rules)
    try:
        from scanner.detect.hyperscan import HyperscanPrefilter
    except ImportError:
        if engine == "auto":
            return KeywordPrefilter(rules)
        raise UsageError("Hyperscan is not installed here: use --engine ahocorasick") from None
    return HyperscanPrefilter(rules, store)
