"""What the verifiers of OAuth have in common: forms, and tokens signed by a private key (RFC 7515)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


def form(**fields: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a form."""
    return {"content-type": "application/x-www-form-urlencoded"}, urlencode(fields).encode()


def signed_rs256(claims: bytes, key: PrivateKeyTypes) -> str:
    """A JSON Web Token.

    Args:
        claims: JSON.

    Raises:
        ValueError: the key is not RSA, or its numbers are wrong.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not RSA")
    text = _base64(b'{"alg":"RS256","typ":"JWT"}') + b"." + _base64(claims)
    return (text + b"." + _base64(key.sign(text, PKCS1v15(), SHA256()))).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
