"""Offline checks: what a secret says of itself, without asking anybody.

Pure functions of a secret's bytes, which are hostile, a module for each family of formats. A rule names its
own by ``check``; they run when a finding is made, not while texts are searched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import cast

from scanner.model import Finding, State, Verdict

Facts = tuple[tuple[str, str], ...]
"""Pairs of a word and a text."""

CHECKSUM = "checksum does not match"
MALFORMED = "malformed"
REASONS = (CHECKSUM, MALFORMED)
"""Why a check refutes a secret."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check says.

    Attributes:
        valid: True where a checksum holds; False where the text cannot be such a secret, which only formats
            that are certain allow to say; else None.
        facts: what the secret says, such as the account that it is of.
        reason: one of `REASONS`, where ``valid`` is False.
    """

    valid: bool | None = None
    facts: Facts = ()
    reason: str = CHECKSUM


CHECKS = {
    "1password": "tokens",
    "age": "curves",
    "aws": "tokens",
    "azure-storage": "tokens",
    "discord": "tokens",
    "gcp": "documents",
    "github": "checksums",
    "gitlab": "checksums",
    "grafana": "checksums",
    "grafana-cloud": "tokens",
    "jwt": "documents",
    "mapbox": "tokens",
    "near": "curves",
    "nostr": "curves",
    "npm": "checksums",
    "private-key": "keys",
    "pypi": "documents",
    "sentry": "tokens",
    "slack": "tokens",
    "stellar": "curves",
    "stripe": "tokens",
    "telegram": "tokens",
    "uuid": "documents",
    "vercel": "checksums",
    "wireguard": "curves",
    "zuplo": "checksums",
}
"""The module of each check, imported when it is first used; its function has the check's name, with ``_`` for
``-`` and before a digit."""

_LONGEST = 200  # characters of a fact: it is decoded from text that anybody may have written


def check(name: str, secret: bytes) -> Checked:
    """What the check `name` (of `CHECKS`) says of `secret`."""
    module = import_module(f"scanner.detect.checks.{CHECKS[name]}")
    function = name.replace("-", "_")
    function = f"_{function}" if function[0].isdigit() else function
    checked = cast(Callable[[bytes], Checked], getattr(module, function))(secret)
    return replace(checked, facts=tuple((word, text[:_LONGEST]) for word, text in checked.facts if text))


def judged(finding: Finding) -> Finding:
    """`finding` with the facts of its rule's check.

    What the check refutes is kept, since samples and documents hold made-up values and somebody may want to
    see them, but demoted: low severity where the rule has one, and inactive, so that nobody is asked.
    """
    if not finding.rule.check or not finding.secret:
        return finding
    checked = check(finding.rule.check, finding.secret)
    if checked.valid is not False:
        return replace(finding, facts=checked.facts)
    rule = replace(finding.rule, severity="low") if finding.rule.severity else finding.rule
    return replace(finding, rule=rule, facts=checked.facts, verdict=Verdict(State.INACTIVE, checked.reason))
