"""Tokens that end in a CRC32 of what comes before: GitHub, GitLab, Grafana, npm, Vercel, Zuplo."""

from __future__ import annotations

import re
import zlib

from scanner.detect.checks import Checked, Facts
from scanner.detect.checks.tokens import decoded

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE36 = b"0123456789abcdefghijklmnopqrstuvwxyz"


def github(secret: bytes) -> Checked:
    """``ghX_``, 30 characters, and their CRC32 in 6 of base 62.

    GitHub's post of 2021-04-05, "Behind GitHub's new authentication token formats"; the prefix is not part of
    what is summed, as public samples show. Installation tokens (``ghs_``) are seen without it.
    """
    kind = _GITHUB.get(secret[:4], "")
    right = _ends_in_base62(secret, b"_", 30)
    return Checked(None if right is False and secret[:4] == b"ghs_" else right, (("kind", kind),))


_GITHUB = {
    b"ghp_": "personal access token",
    b"gho_": "OAuth access token",
    b"ghu_": "app's token for a user",
    b"ghs_": "app's installation token",
    b"ghr_": "refresh token",
}


def npm(secret: bytes) -> Checked:
    """``npm_``, 30 characters, and their CRC32 as GitHub's, as two published tokens show."""
    return Checked(_ends_in_base62(secret, b"_", 30))


def vercel(secret: bytes) -> Checked:
    """``vcX_``, 50 characters, and their CRC32 as GitHub's, as a published token shows."""
    kind = _VERCEL.get(secret[:4], "")
    return Checked(_ends_in_base62(secret, b"_", 50), (("kind", kind),))


_VERCEL = {
    b"vcp_": "personal access token",
    b"vci_": "integration token",
    b"vca_": "app's access token",
    b"vcr_": "app's refresh token",
    b"vck_": "AI gateway key",
}


def _ends_in_base62(secret: bytes, after: bytes, length: int) -> bool | None:
    """Whether `length` characters after the first `after` are followed by their CRC32 in six characters of
    base 62; None where it is built otherwise."""
    body = secret.partition(after)[2]
    if len(body) != length + 6 or not body.isalnum():
        return None
    return _in_base(_BASE62, zlib.crc32(body[:length]), 6) == body[length:]


def _in_base(digits: bytes, number: int, width: int) -> bytes:
    """`number` in as many of `digits` as there are, filled up on the left."""
    out = bytearray()
    while number or len(out) < width:
        number, digit = divmod(number, len(digits))
        out.append(digits[digit])
    return bytes(reversed(out))


def zuplo(secret: bytes) -> Checked:
    """``zpka_``, 32 hexadecimal digits, ``_`` and their CRC32 in 8 more, as a published key shows."""
    shape = re.fullmatch(rb"zpka_([0-9a-z]{32})_([0-9a-f]{8})", secret)
    return Checked(f"{zlib.crc32(shape[1]):08x}".encode() == shape[2] if shape else None)


def grafana(secret: bytes) -> Checked:
    """``glsa_``, 32 characters, ``_`` and the CRC32 of all before that ``_``, its bytes the last one first.

    Grafana's package ``satokengen``; checked against the token that its documents show.
    """
    shape = re.fullmatch(rb"(glsa_[0-9A-Za-z]{32})_([0-9a-f]{8})", secret)
    return Checked(zlib.crc32(shape[1]).to_bytes(4, "little").hex().encode() == shape[2] if shape else None)


def gitlab(secret: bytes) -> Checked:
    """Routable tokens: a prefix, base64, ``.``, perhaps a version and ``.``, the base64's length in 2 digits
    of base 36, and the CRC32 of everything before in 7. Older tokens have no checksum.

    GitLab's design document "Routable tokens", and its class ``RoutableToken``.
    """
    shape = re.fullmatch(rb"([\w-]+)(?:\.[0-9a-z]{2})?\.([0-9a-z]{2})([0-9a-z]{7})", secret)
    if not shape:
        return Checked()
    right = _in_base(_BASE36, zlib.crc32(secret[:-7]), 7) == shape[3]
    return Checked(right, _routing(shape[1][-int(shape[2], 36) :]) if right else ())


def _routing(payload: bytes) -> Facts:
    """Whom a token is of: lines such as ``o:1`` in base 36, with random bytes before or behind, whose number
    is the last byte."""
    data = decoded(payload)
    size, data = data[-1] if data else 0, data[:-1]
    for lines in (data[:-size], data[size:]):
        if size and re.fullmatch(rb"[a-z]:[0-9a-z]{1,13}(?:\n[a-z]:[0-9a-z]{1,13})*", lines):
            pairs = (line.split(b":") for line in lines.split(b"\n"))
            return tuple((_ROUTES[key], str(int(id, 36))) for key, id in pairs if key in _ROUTES)
    return ()


_ROUTES = {b"c": "cell", b"g": "group", b"o": "organization", b"p": "project", b"u": "user"}
