"""Tokens that say something of themselves and have no checksum that is known."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from scanner.detect.checks import MALFORMED, Checked


def aws(secret: bytes) -> Checked:
    """A key's id holds the account that it is of, in 40 bits of its base 32.

    Only ids made since 2019 do, whose fifth character is Q or later. Worked out in public by Aidan Steele
    ("AWS Access Key ID formats", 2020) and checked against documented ids.
    """
    kind = _AWS.get(secret[:4], "")
    if not re.fullmatch(rb"A[KSBC][IC]A[Q-Z2-7][A-Z2-7]{15}", secret):
        return Checked(None, (("kind", kind),))
    number = int.from_bytes(base64.b32decode(secret[4:20])[:6], "big")
    return Checked(None, (("kind", kind), ("account", f"{(number & 0x7FFFFFFFFF80) >> 7:012}")))


_AWS = {
    b"AKIA": "long-term key",
    b"ASIA": "temporary key",
    b"ABIA": "bearer token",
    b"ACCA": "context-specific credential",
}


def azure_storage(secret: bytes) -> Checked:
    """64 bytes in base64, whose last character before ``==`` has four bits that must be 0."""
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return Checked(False, reason=MALFORMED)
    if len(key) != 64 or base64.b64encode(key) != secret:
        return Checked(False, reason=MALFORMED)
    return Checked()


def slack(secret: bytes) -> Checked:
    """The prefix tells the kind; app-level tokens and webhooks name an app or a workspace."""
    facts = [("kind", _SLACK.get(secret[:4].lower(), ""))]
    if app := re.match(rb"xapp-\d-(A[0-9A-Z]{6,20})-", secret):
        facts.append(("app", app[1].decode()))
    if team := re.search(rb"/(?:services|workflows|triggers)/(T[0-9A-Z]{6,20}|E[0-9A-Z]{6,20})/", secret):
        facts += [("kind", "webhook"), ("team", team[1].decode())]
    return Checked(None, tuple(facts))


_SLACK = {
    b"xoxb": "bot token",
    b"xoxp": "user token",
    b"xoxa": "workspace token",
    b"xoxr": "refresh token",
    b"xoxe": "configuration token",
    b"xoxs": "session token",
    b"xoxo": "legacy token",
    b"xoxc": "session token",
    b"xoxd": "session cookie",
    b"xapp": "app-level token",
}


def stripe(secret: bytes) -> Checked:
    """The prefix tells secret from restricted keys, and test mode from live."""
    shape = re.match(rb"(sk|rk)_(live|test|prod)_", secret)
    if not shape:
        return Checked()
    kind = "secret key" if shape[1] == b"sk" else "restricted key"
    return Checked(None, (("kind", kind), ("mode", "test" if shape[2] == b"test" else "live")))


def discord(secret: bytes) -> Checked:
    """The first part of a bot's token is its user's number in base64."""
    user = decoded(secret.partition(b".")[0])
    return Checked(None, (("bot", user.decode()),)) if re.fullmatch(rb"\d{17,20}", user) else Checked()


def telegram(secret: bytes) -> Checked:
    """A bot's token begins with its number."""
    bot = re.match(rb"(\d{6,12}):", secret)
    return Checked(None, (("bot", bot[1].decode()),)) if bot else Checked()


def mapbox(secret: bytes) -> Checked:
    """The second part is JSON with the account's name, ``u``."""
    return _said(secret.split(b".")[1:2], account="u")


def grafana_cloud(secret: bytes) -> Checked:
    """``glc_`` and JSON: the organization's number, the token's name, and its region."""
    return _said([secret.removeprefix(b"glc_")], organization="o", name="n", region="m.r")


def sentry(secret: bytes) -> Checked:
    """``sntrys_``, JSON that names organization and region, ``_`` and the secret."""
    return _said(secret.split(b"_")[1:2], organization="org", region="region_url")


def _1password(secret: bytes) -> Checked:
    """``ops_`` and JSON: the service account's address and the server to sign in at."""
    return _said([secret.removeprefix(b"ops_")], user="email", server="signInAddress")


def _said(encoded: list[bytes], **keys: str) -> Checked:
    """The values of a JSON object in base64 as facts: for each word its dotted key."""
    value = as_json(decoded(encoded[0])) if encoded else None
    facts = [(word, value_at(value, key)) for word, key in keys.items()]
    return Checked(None, tuple(fact for fact in facts if fact[1]))


def value_at(value: Any, key: str) -> str:
    """The text or number at a dotted key; empty where there is none."""
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def as_json(data: bytes) -> Any:
    """`data` as JSON; None where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def decoded(text: bytes) -> bytes:
    """Base64 of either alphabet, with or without padding; empty where it is none."""
    text = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
