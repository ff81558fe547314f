"""What is public of OpenPGP's secret keys (RFC 9580): fingerprint, user, whether they are encrypted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from scanner.detect.checks import Facts

_SECRET_KEY, _USER_ID = 5, 13  # types of packets (section 5)
# Of each public-key algorithm (section 9.1) its name, and what its public part is made of: m is a
# multi-precision integer, o a field after its length in one byte, a number so many bytes.
_ALGORITHMS: dict[int, tuple[str, tuple[str | int, ...]]] = {
    1: ("RSA", ("m", "m")),
    2: ("RSA", ("m", "m")),
    3: ("RSA", ("m", "m")),
    16: ("Elgamal", ("m", "m", "m")),
    17: ("DSA", ("m", "m", "m", "m")),
    18: ("ECDH", ("o", "m", "o")),
    19: ("ECDSA", ("o", "m")),
    22: ("EdDSA", ("o", "m")),
    25: ("X25519", (32,)),
    26: ("X448", (56,)),
    27: ("Ed25519", (32,)),
    28: ("Ed448", (57,)),
}


def facts(data: bytes) -> Facts:
    """What the first secret key says, and the first user's name.

    Raises:
        ValueError, IndexError: there is none, or it is malformed.
    """
    found: list[tuple[str, str]] = []
    for kind, body in _packets(data):
        if kind == _SECRET_KEY and not found:
            found += _key(body)
        elif kind == _USER_ID and found:
            return (*found, ("user", body.decode("utf-8", "replace")))
    if not found:
        raise ValueError
    return tuple(found)


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each packet (section 4.2); ends where the text was cut off."""
    at = 0
    while at < len(data):
        tag, first = data[at], data[at + 1]
        if not tag & 0x80:
            raise ValueError
        if tag & 0x40:
            kind, (size, at) = tag & 0x3F, _new_length(data, at + 1, first)
        else:
            width = 1 << (tag & 3)
            if width == 8:  # of no known length
                raise ValueError
            kind, size = tag >> 2 & 0xF, int.from_bytes(data[at + 1 : at + 1 + width], "big")
            at += 1 + width
        if at + size > len(data):
            raise ValueError
        yield kind, data[at : at + size]
        at += size


def _new_length(data: bytes, at: int, first: int) -> tuple[int, int]:
    """A packet's length, and where its content begins."""
    if first < 192:
        return first, at + 1
    if first < 224:
        return (first - 192 << 8) + data[at + 1] + 192, at + 2
    if first < 255:  # in parts, which keys are not
        raise ValueError
    return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5


def _key(body: bytes) -> Facts:
    """What a secret key's packet says (sections 5.5.2 and 5.5.3, version 4)."""
    if body[0] != 4:
        return (("key", f"OpenPGP version {body[0]}"),)
    name, parts = _ALGORITHMS.get(body[5], ("", ()))
    if not parts:
        return (("key", f"OpenPGP algorithm {body[5]}"),)
    at = 6
    for part in parts:
        if part == "m":
            at += 2 + (int.from_bytes(body[at : at + 2], "big") + 7) // 8
        else:
            at += 1 + body[at] if isinstance(part, str) else part
    usage, public = body[at], body[:at]
    # Implementations make old packets of it: 0x99 and the length in two bytes come before what is hashed.
    digest = hashlib.sha1(b"\x99" + len(public).to_bytes(2, "big") + public, usedforsecurity=False)
    encrypted = "no" if usage == 0 else "yes"
    if (
        body[at + 1 + (usage in (254, 255)) :][:1] == b"\x65" and usage
    ):  # GnuPG's mark: the secret is elsewhere
        encrypted = "no secret part"
    return (("key", f"OpenPGP {name}"), ("encrypted", encrypted), ("fingerprint", digest.hexdigest().upper()))
