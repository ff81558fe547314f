"""JSON Web Tokens, PyPI's macaroons, service accounts and UUIDs."""

from __future__ import annotations

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization as to
from cryptography.hazmat.primitives.asymmetric import rsa

from scanner.detect.checks import MALFORMED, check


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(claims: object, header: object = None) -> bytes:
    return f"{part(header or {'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl".encode()


def test_jwt() -> None:
    past, future = 1_700_000_000, int(time.time()) + 3600
    facts = dict(check("jwt", token({"iss": "https://id.example", "exp": past})).facts)
    assert facts == {
        "algorithm": "RS256",
        "issuer": "https://id.example",
        "expires": "2023-11-14T22:13:20Z",
        "expired": "yes",
    }
    assert dict(check("jwt", token({"exp": future})).facts)["expired"] == "no"


def test_jwt_in_base64() -> None:
    twice = base64.b64encode(token({"iss": "x"}))
    assert dict(check("jwt", twice).facts) == {"algorithm": "RS256", "issuer": "x"}


@pytest.mark.parametrize("exp", [1e300, -(10**30), True, "soon", float("nan"), float("inf"), None])
def test_times_that_no_calendar_has(exp: object) -> None:
    assert dict(check("jwt", token({"exp": exp})).facts) == {"algorithm": "RS256"}


@pytest.mark.parametrize(
    "secret",
    [
        b"eyJhbGci.eyJ.x",
        token({}, ["alg"]),
        token({}, {"typ": "JWT"}),
        token({}, {"alg": 1}),
        b"",
        b"\xff.\xff",
    ],
)
def test_no_jwt(secret: bytes) -> None:
    checked = check("jwt", secret)
    assert (checked.valid, checked.reason, checked.facts) == (False, MALFORMED, ())


def field(kind: int, data: bytes) -> bytes:
    size = len(data)
    return bytes([kind, size & 0x7F | 0x80, size >> 7]) + data if size > 127 else bytes([kind, size]) + data


def macaroon(*caveats: object) -> bytes:
    packed = b"\x02" + field(1, b"pypi.org") + field(2, b"id") + b"\0"
    for caveat in caveats:
        packed += field(2, json.dumps(caveat).encode()) + b"\0"
    packed += b"\0" + field(6, bytes(32))
    return b"pypi-" + base64.urlsafe_b64encode(packed).rstrip(b"=")


def test_pypi() -> None:
    caveats = (
        [1, ["one", "two"]],
        [0, 1_700_000_000, 0],
        [3, "user"],
        [0],
        {"version": 1, "permissions": "user"},
    )
    assert dict(check("pypi", macaroon(*caveats)).facts) == {
        "index": "pypi.org",
        "projects": "one, two",
        "expires": "2023-11-14T22:13:20Z",
        "expired": "yes",
    }
    old = {"version": 1, "permissions": {"projects": ["p" * 150]}}
    assert dict(check("pypi", macaroon(old)).facts)["projects"] == "p" * 150


def test_pypi_cut_off_anywhere() -> None:
    whole = macaroon([1, ["one"]])
    for end in range(len(whole)):
        assert check("pypi", whole[:end]).valid is None
    assert check("pypi", b"pypi-" + base64.b64encode(b"\x02\x01" + b"\xff" * 9)).facts == ()


def test_gcp() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.NoEncryption()).decode()
    account = {"project_id": "p", "client_email": "a@p.iam.gserviceaccount.com", "private_key": pem}
    text = json.dumps(account).encode()
    facts = dict(check("gcp", text).facts)
    assert (facts["project"], facts["user"]) == ("p", "a@p.iam.gserviceaccount.com")
    assert facts["key"] == "RSA 2048"
    assert check("gcp", base64.b64encode(text)).facts == check("gcp", text).facts
    inner = json.dumps(pem)[1:-1].encode()  # the rule's secret is the key as JSON has it
    assert dict(check("gcp", inner).facts)["fingerprint"] == facts["fingerprint"]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("5f0c2a9e-3b71-4d86-9c1e-7a4f20d6b583", {"UUID": "version 4"}),
        ("c232ab00-9414-11ec-b3c8-9f6bdeced846", {"UUID": "version 1", "made": "2022-02-22T19:22:22Z"}),
        ("1EC9414C-232A-6B00-B3C8-9F6BDECED846", {"UUID": "version 6", "made": "2022-02-22T19:22:22Z"}),
        ("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", {"UUID": "version 7", "made": "2022-02-22T19:22:22Z"}),
        ("017F22E2-79B0-7CC3-18C4-DC0C0C07398F", {}),
        ("017F22E2-79B0-0CC3-98C4-DC0C0C07398F", {}),
        ("017F22E279B07CC398C4DC0C0C07398F", {}),
    ],
)
def test_uuid(text: str, facts: dict[str, str]) -> None:
    """The times are those of RFC 9562, appendix A."""
    assert dict(check("uuid", text.encode()).facts) == facts
