"""Secrets that are small documents: JSON Web Tokens, macaroons, service accounts' JSON, UUIDs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from scanner.detect.checks import MALFORMED, Checked, Facts
from scanner.detect.checks.tokens import as_json, decoded, value_at


def jwt(secret: bytes) -> Checked:
    """A JSON Web Token (RFC 7519), perhaps in base64 once more: its header is JSON that names an algorithm.

    The claims of an encrypted one (RFC 7516) cannot be read.
    """
    if b"." not in secret:
        secret = decoded(secret)
    header, _, rest = secret.partition(b".")
    described = as_json(decoded(header))
    if not isinstance(described, dict) or not isinstance(described.get("alg"), str):
        return Checked(False, reason=MALFORMED)
    claims = as_json(decoded(rest.partition(b".")[0]))
    facts = [("algorithm", described["alg"]), ("issuer", value_at(claims, "iss"))]
    expires = _moment(claims.get("exp") if isinstance(claims, dict) else None)
    if expires:
        facts += [("expires", in_utc(expires)), ("expired", _yes(expires < datetime.now(timezone.utc)))]
    return Checked(None, tuple(facts))


def _moment(seconds: Any) -> datetime | None:
    """A time in seconds since 1970; None where it is none that a calendar has."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def in_utc(moment: datetime) -> str:
    """RFC 3339, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def pypi(secret: bytes) -> Checked:
    """``pypi-`` and a macaroon (version 2 in binary) whose location names the index.

    Its caveats say what it is limited to: JSON arrays of a number and what it means in Warehouse
    (``warehouse.macaroons.caveats``: 0 expiry and start, 1 projects' names, 2 their ids, 3 a user), or an
    object with ``permissions``. A long token may be cut off in the text, so that nothing refutes it.
    """
    facts: list[tuple[str, str]] = []
    for kind, data in _fields(decoded(secret.removeprefix(b"pypi-"))):
        if kind == _LOCATION and not facts:
            facts.append(("index", data.decode("utf-8", "replace")))
        elif kind == _IDENTIFIER:
            facts += _caveat(as_json(data))
    return Checked(None, tuple(facts))


_LOCATION, _IDENTIFIER = 1, 2  # a caveat's text is its identifier


def _fields(macaroon: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each field, after the version; ends where it is cut off."""
    at = 1
    while macaroon[:1] == b"\x02" and at < len(macaroon):
        kind = macaroon[at]
        at += 1
        if kind:  # 0 ends a section
            size, at = _varint(macaroon, at)
            if at + size > len(macaroon):
                return
            yield kind, macaroon[at : at + size]
            at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in 7 bits a byte, the lowest first, and where it ends."""
    number = shift = 0
    for end, byte in enumerate(data[at : at + 5], at + 1):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, end
    return len(data), at + 1  # no number: longer than what is left


def _caveat(caveat: Any) -> Facts:
    """What it limits the token to."""
    if isinstance(caveat, dict) and isinstance(caveat.get("permissions"), dict):
        return _projects(caveat["permissions"].get("projects"))
    if not isinstance(caveat, list) or len(caveat) < 2:
        return ()
    if caveat[0] == 0 and (expires := _moment(caveat[1])):
        return (("expires", in_utc(expires)), ("expired", _yes(expires < datetime.now(timezone.utc))))
    return _projects(caveat[1]) if caveat[0] == 1 else ()


def _projects(names: Any) -> Facts:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ()
    return (("projects", ", ".join(names)),)


def gcp(secret: bytes) -> Checked:
    """A service account's JSON, perhaps in base64, or the private key in it alone."""
    from scanner.detect.checks.keys import private_key  # it needs more than the rest here

    account = as_json(secret) or as_json(decoded(secret))
    if not isinstance(account, dict):
        return private_key(secret)
    facts = (("project", value_at(account, "project_id")), ("user", value_at(account, "client_email")))
    key = private_key(value_at(account, "private_key").encode("utf-8", "surrogatepass"))
    return Checked(None, facts + key.facts)


def uuid(secret: bytes) -> Checked:
    """A UUID's version, and when it was made where that is in it (RFC 9562, versions 1, 6 and 7)."""
    shape = re.fullmatch(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", secret)
    digits = secret.replace(b"-", b"").decode() if shape else ""
    if not digits or digits[16].lower() not in "89ab" or not "1" <= digits[12] <= "8":
        return Checked()
    version, time = int(digits[12]), None
    if version == 1:
        time = int(digits[13:16] + digits[8:12] + digits[:8], 16) / 1e7 - _GREGORIAN
    elif version == 6:
        time = int(digits[:12] + digits[13:16], 16) / 1e7 - _GREGORIAN
    elif version == 7:
        time = int(digits[:12], 16) / 1e3
    made = _moment(time)
    return Checked(None, (("UUID", f"version {version}"), ("made", in_utc(made) if made else "")))


_GREGORIAN = 12_219_292_800  # seconds from 1582-10-15 to 1970
