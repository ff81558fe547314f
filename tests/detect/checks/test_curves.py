"""Keys of curves: made by age, and by cryptography in each encoding, and each with one character changed."""

from __future__ import annotations

import base64
import binascii

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.checks import check

pyrage = pytest.importorskip("pyrage")
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def test_age() -> None:
    identity = pyrage.x25519.Identity.generate()
    checked = check("age", str(identity).encode())
    assert checked.valid is True
    assert dict(checked.facts) == {"recipient": str(identity.to_public())}


@given(at=st.integers(16, 73), letter=st.sampled_from(BECH32))
def test_age_notices_a_change(at: int, letter: str) -> None:
    key = str(pyrage.x25519.Identity.generate())
    changed = key[:at] + letter + key[at + 1 :]
    assert check("age", changed.encode()).valid is (changed == key)


def test_nostr() -> None:
    """The key of NIP-19's text."""
    key = "nsec1" + "vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
    assert check("nostr", key.encode()).valid is True
    assert check("nostr", key[:-1].encode() + b"q").valid is False
    assert check("nostr", b"NSEC1" + key[5:].encode()).valid is False


def test_stellar() -> None:
    """The pair of SEP-23 and of Stellar's own tests is made the same way."""
    seed = Ed25519PrivateKey.generate()
    body = bytes([18 << 3]) + seed.private_bytes_raw()
    text = base64.b32encode(body + binascii.crc_hqx(body, 0).to_bytes(2, "little"))
    checked = check("stellar", text)
    assert checked.valid is True
    account = base64.b32decode(dict(checked.facts)["account"])
    assert account[1:33] == seed.public_key().public_bytes_raw()
    assert dict(checked.facts)["account"].startswith("G")
    wrong = text[:20] + (b"A" if text[20:21] != b"A" else b"B") + text[21:]
    assert check("stellar", wrong).valid is False
    assert check("stellar", b"SAAA").valid is None
    assert check("stellar", b"A" * 56).valid is None


def test_near() -> None:
    key = Ed25519PrivateKey.generate()
    pair = key.private_bytes_raw() + key.public_key().public_bytes_raw()
    number, text = int.from_bytes(pair, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    assert check("near", f"ed25519:{text}".encode()).valid is True
    assert check("near", f"ed25519:{text[:-1]}{'1' if text[-1] != '1' else '2'}".encode()).valid is False
    assert check("near", b"ed25519:" + b"z" * 88).valid is None


def test_wireguard() -> None:
    key = X25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    assert check("wireguard", base64.b64encode(key.private_bytes_raw())).facts == (("public key", public),)
    assert check("wireguard", b"AAAA").facts == ()
    assert check("wireguard", b"!").facts == ()
