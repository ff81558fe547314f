"""JSON Web Tokens: expired, and signed by their issuer's keys, or not (OpenID Connect Discovery, RFC 7517).

The issuer stands in the scanned text, so that it is asked only where the user allowed its host; and it is
asked for its public keys alone: the token is sent to nobody.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from scanner.detect.checks import check
from scanner.detect.checks.tokens import as_json, decoded, value_at
from scanner.model import State, Verdict
from scanner.verify import kubernetes
from scanner.verify.base import Answer, Client, NoAnswer, Question, Request

_HASHES = {"256": "SHA256", "384": "SHA384", "512": "SHA512"}


def verify(question: Question, client: Client) -> Verdict:
    """Compare with the issuer's keys.

    *Active* says that the issuer signed it and that it has not expired; whether it was revoked nobody says.

    Raises:
        NoAnswer: from the client, or where the issuer publishes no key of that name.
    """
    facts = dict(check("jwt", question.secret).facts)
    if facts.get("issuer") == "kubernetes/serviceaccount" or (question.endpoint and _is_account(question)):
        return kubernetes.verify(question, client)
    if facts.get("expired") == "yes":
        return Verdict(State.INACTIVE, "expired")
    header, _, signature = question.secret.rpartition(b".")
    described, issuer = as_json(decoded(header.partition(b".")[0])), urlsplit(facts.get("issuer", ""))
    algorithm = facts.get("algorithm", "")
    if algorithm[:2] not in ("RS", "PS", "ES") or algorithm[2:] not in _HASHES:
        return Verdict(State.UNVERIFIABLE, "signed by no key that is public")
    if issuer.scheme != "https" or not issuer.hostname or issuer.query or issuer.fragment:
        return Verdict(State.UNVERIFIABLE, "names no issuer")
    if not client.allows(issuer.hostname):
        return Verdict(State.UNVERIFIABLE, "its issuer stands in the scanned text (see --verify-host)")
    key = _key(_keys(issuer.geturl().rstrip("/"), issuer.hostname, client), value_at(described, "kid"))
    if not _is_signed(header, decoded(signature), key, algorithm):
        return Verdict(State.INACTIVE, "not signed by its issuer")
    return Verdict(
        State.ACTIVE, "", tuple(item for item in facts.items() if item[0] in ("issuer", "expires"))
    )


def _is_account(question: Question) -> bool:
    """Whether it is a token of Kubernetes, whose newer ones have a cluster's own address as issuer."""
    claims = as_json(decoded(question.secret.split(b".")[1])) if question.secret.count(b".") == 2 else None
    return value_at(claims, "sub").startswith("system:serviceaccount:")


def _keys(issuer: str, host: str, client: Client) -> list[Any]:
    """The issuer's keys: on its own host, or another that the user allowed."""
    about = _json(client.send(Request(f"{issuer}/.well-known/openid-configuration")))
    place = urlsplit(value_at(about, "jwks_uri"))
    if place.scheme != "https" or not (place.hostname == host or client.allows(place.hostname or "")):
        raise NoAnswer("its issuer's keys are on a host that was not allowed")
    keys = _json(client.send(Request(place.geturl()))).get("keys")
    return keys if isinstance(keys, list) else []


def _json(answer: Answer) -> dict[str, Any]:
    said = answer.json()
    if answer.status != 200 or not isinstance(said, dict):
        raise NoAnswer(f"HTTP {answer.status}" if answer.status != 200 else "unexpected answer")
    return said


def _key(keys: list[Any], name: str) -> dict[str, Any]:
    """The key of that name; the only one where it has none."""
    alike = [key for key in keys if isinstance(key, dict) and (not name or key.get("kid") == name)]
    if len(alike) != 1:
        raise NoAnswer("its issuer no longer publishes the key")
    found: dict[str, Any] = alike[0]
    return found


def _is_signed(text: bytes, signature: bytes, key: dict[str, Any], algorithm: str) -> bool:
    """Whether `signature` is the key's.

    Raises:
        NoAnswer: it is no key that RFC 7518 describes for the algorithm.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

    digest = getattr(hashes, _HASHES[algorithm[2:]])()
    try:
        if algorithm[0] == "E":
            curve = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}[key["crv"]]
            half = len(signature) // 2
            point = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), curve).public_key()
            pair = utils.encode_dss_signature(
                *(int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            )
            point.verify(pair, text, ec.ECDSA(digest))
        else:
            modulus = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
            filled = (
                padding.PSS(padding.MGF1(digest), digest.digest_size)
                if algorithm[0] == "P"
                else padding.PKCS1v15()
            )
            modulus.verify(signature, text, filled, digest)
    except InvalidSignature:
        return False
    except (KeyError, ValueError, TypeError):
        raise NoAnswer("its issuer's key cannot be read") from None
    return True


def _number(text: Any) -> int:
    """A number in base64 (RFC 7518, section 2).

    Raises:
        ValueError: it is none.
    """
    if not isinstance(text, str):
        raise ValueError
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
    except binascii.Error:
        raise ValueError from None
