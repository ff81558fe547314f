"""The verifiers that are more than one HTTP request: for each ``kind`` of ``[rules.verify]`` its module."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from scanner.verify.base import Verifier

KINDS: dict[str, str] = {
    "aws": "scanner.verify.aws",
    "azure": "scanner.verify.azure",
    "database": "scanner.verify.databases",
    "gcp": "scanner.verify.gcp",
    "jwt": "scanner.verify.jwt",
    "kubernetes": "scanner.verify.kubernetes",
    "smtp": "scanner.verify.smtp",
    "ssh": "scanner.verify.ssh",
    "tls-key": "scanner.verify.tls_key",
}
"""Imported when first asked: some need heavy clients."""


def verifier(kind: str) -> Verifier:
    """The verifier of a kind in `KINDS`."""
    return cast(Verifier, import_module(KINDS[kind]))
