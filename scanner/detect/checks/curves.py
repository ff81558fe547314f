"""Keys that are 32 bytes of a curve in an encoding of their own, mostly with a checksum: age, Nostr, Stellar,
NEAR, WireGuard. The public key, where it is cheap to come by, tells whose a key is."""

from __future__ import annotations

import base64
import binascii
import re

from scanner.detect.checks import Checked


def age(secret: bytes) -> Checked:
    """``AGE-SECRET-KEY-1`` in Bech32 (BIP 173), of an X25519 key; its recipient is public."""
    key = _bech32(secret, b"AGE-SECRET-KEY-")
    if not key:
        return Checked(False)
    return Checked(True, (("recipient", _to_bech32("age", _x25519(key))),))


def nostr(secret: bytes) -> Checked:
    """``nsec1`` in Bech32 (NIP-19)."""
    return Checked(bool(_bech32(secret, b"nsec")))


_BECH32 = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _bech32(text: bytes, prefix: bytes) -> bytes:
    """The 32 bytes that `text` stands for; empty where it has another prefix or its checksum is wrong."""
    if not text.startswith(prefix + b"1") or text not in (text.lower(), text.upper()):
        return b""
    prefix, text = prefix.lower(), text[len(prefix) + 1 :].lower()
    values = [_BECH32.find(letter) for letter in text]
    if min(values, default=-1) < 0 or _polymod(_expanded(prefix) + values) != 1:
        return b""
    data = _regrouped(values[:-6], 5, 8)
    return bytes(data) if len(data) == 32 else b""


def _to_bech32(prefix: str, data: bytes) -> str:
    """`data` in Bech32."""
    values = _regrouped(list(data), 8, 5, pad=True)
    sum_ = _polymod([*_expanded(prefix.encode()), *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [sum_ >> 5 * (5 - i) & 31 for i in range(6)]
    return f"{prefix}1{bytes(_BECH32[value] for value in values).decode()}"


def _expanded(prefix: bytes) -> list[int]:
    return [letter >> 5 for letter in prefix] + [0] + [letter & 31 for letter in prefix]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check


def _regrouped(values: list[int], old: int, new: int, *, pad: bool = False) -> list[int]:
    """Numbers of `old` bits as numbers of `new` bits; bits that are left over are dropped unless `pad`."""
    bits = "".join(f"{value:0{old}b}" for value in values)
    bits += "0" * (-len(bits) % new) if pad else ""
    return [int(bits[at : at + new], 2) for at in range(0, len(bits) - new + 1, new)]


def stellar(secret: bytes) -> Checked:
    """A seed in base 32: a version, 32 bytes, and a CRC16 (SEP-23, "strkey"); its account is public."""
    try:
        data = base64.b32decode(secret)
    except (binascii.Error, ValueError):
        return Checked()
    body, sum_ = data[:-2], data[-2:]
    if len(data) != 35 or data[0] != _SEED:
        return Checked()
    if binascii.crc_hqx(body, 0).to_bytes(2, "little") != sum_:
        return Checked(False)
    account = bytes([_ACCOUNT]) + _ed25519(body[1:])
    account += binascii.crc_hqx(account, 0).to_bytes(2, "little")
    return Checked(True, (("account", base64.b32encode(account).decode()),))


_SEED, _ACCOUNT = 18 << 3, 6 << 3  # so that they begin with S and G


def near(secret: bytes) -> Checked:
    """``ed25519:`` and in base 58 the secret half and the public half, which must be its own."""
    shape = re.fullmatch(rb"ed25519:([1-9A-HJ-NP-Za-km-z]{80,90})", secret)
    number = 0
    for letter in shape[1] if shape else b"":
        number = number * 58 + _BASE58.index(letter)
    if not shape or number.bit_length() > 512:
        return Checked()
    pair = number.to_bytes(64, "big")
    return Checked(_ed25519(pair[:32]) == pair[32:])


_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def wireguard(secret: bytes) -> Checked:
    """32 bytes in base64; the public key is what other ends name it by."""
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return Checked()
    if len(key) != 32:
        return Checked()
    return Checked(None, (("public key", base64.b64encode(_x25519(key)).decode()),))


def _x25519(key: bytes) -> bytes:
    """The public key of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()


def _ed25519(seed: bytes) -> bytes:
    """The public key of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
