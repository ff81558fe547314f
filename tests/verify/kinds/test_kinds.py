"""Every kind is there."""

from __future__ import annotations

import pytest

from scanner.verify.kinds import KINDS, verifier


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str) -> None:
    assert callable(verifier(kind).verify)
