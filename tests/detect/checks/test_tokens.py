"""Tokens that say something of themselves."""

from __future__ import annotations

import base64
import json
import os

import pytest

from scanner.detect.checks import MALFORMED, check


def b64(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


FACTS = [
    ("aws", "ASIA" + "Y34FZKBOKMUTVV7A", {"kind": "temporary key", "account": "609629065308"}),
    ("aws", "AKIA" + "IOSFODNN7EXAMPL2", {"kind": "long-term key"}),  # made before ids held accounts
    ("slack", "xoxb" + "-123456789012-123", {"kind": "bot token"}),
    ("slack", "xapp" + "-1-A0123456789-12", {"kind": "app-level token", "app": "A0123456789"}),
    (
        "slack",
        "https://hooks.slack.com/" + "services/T01234567/B01",
        {"kind": "webhook", "team": "T01234567"},
    ),
    ("stripe", "sk_" + "test_abc", {"kind": "secret key", "mode": "test"}),
    ("stripe", "rk_" + "live_abc", {"kind": "restricted key", "mode": "live"}),
    ("stripe", "pk_live_abc", {}),
    ("discord", "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ.x", {"bot": "198622483471925248"}),
    ("discord", "!.x.y", {}),
    ("telegram", "123456789" + ":AAF", {"bot": "123456789"}),
    ("telegram", "x", {}),
    ("mapbox", "sk." + b64({"u": "moritz", "a": "c"}) + ".x", {"account": "moritz"}),
    ("mapbox", "sk", {}),
    (
        "grafana-cloud",
        "glc_" + b64({"o": "1234", "n": "ci", "k": "x", "m": {"r": "eu"}}),
        {"organization": "1234", "name": "ci", "region": "eu"},
    ),
    (
        "sentry",
        "sntrys_" + b64({"org": "acme", "region_url": "https://us.sentry.io", "iat": 1.5}) + "_x",
        {"organization": "acme", "region": "https://us.sentry.io"},
    ),
    (
        "1password",
        "ops_" + b64({"email": "a@b.example", "signInAddress": "x.1password.com"}),
        {"user": "a@b.example", "server": "x.1password.com"},
    ),
    ("1password", "ops_" + b64([1]), {}),
]


@pytest.mark.parametrize(("name", "secret", "facts"), FACTS)
def test_facts(name: str, secret: str, facts: dict[str, str]) -> None:
    checked = check(name, secret.encode())
    assert (checked.valid, dict(checked.facts)) == (None, facts)


def test_azure_storage() -> None:
    key = base64.b64encode(os.urandom(64))
    assert check("azure-storage", key).valid is None
    for wrong in (key[:-3] + b"B==", base64.b64encode(os.urandom(63)), b"!", b"a"):
        checked = check("azure-storage", wrong)
        assert (checked.valid, checked.reason) == (False, MALFORMED)
