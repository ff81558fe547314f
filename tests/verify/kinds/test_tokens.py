"""Google's, Azure's and Kubernetes' tokens and JSON Web Tokens: what is sent, and what each documented answer
means. The answers come from a client that plays the issuer and checks what it was sent."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as to
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from scanner.model import State
from scanner.verify import azure, gcp, jwt, kubernetes
from scanner.verify.base import Answer, NoAnswer, Request

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.NoEncryption()).decode()
EMAIL = "ci@acme-42.iam.gserviceaccount.com"
TENANT, APP = "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0", "1f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0"


class Issuer:
    """Answers by URL; keeps what it was sent."""

    timeout = 1.0

    def __init__(self, answers: dict[str, Any], allowed: tuple[str, ...] = ()) -> None:
        self.answers, self.allowed = answers, allowed
        self.sent: list[Request] = []

    def send(self, request: Request) -> Answer:
        self.sent.append(request)
        answer = self.answers[request.url]
        return answer if isinstance(answer, Answer) else said(200, answer)

    def allows(self, host: str) -> bool:
        return host in self.allowed


def said(status: int, body: object) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_gcp_sends_a_signed_token(ask: Any) -> None:
    issuer = Issuer({gcp.TOKEN_URL: {"access_token": "x", "expires_in": 3599}})
    account = json.dumps({"client_email": EMAIL, "private_key": PEM}).encode()
    verdict = gcp.verify(ask(account), issuer)
    assert verdict.state is State.ACTIVE
    assert dict(verdict.opens) == {"user": EMAIL, "account": "acme-42"}
    fields = parse_qs(issuer.sent[0].body.decode())
    text, _, signature = fields["assertion"][0].rpartition(".")
    signed = base64.urlsafe_b64decode(signature + "==")
    KEY.public_key().verify(signed, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    claims = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
    assert (claims["iss"], claims["aud"]) == (EMAIL, "https://oauth2.googleapis.com/token")
    assert claims["exp"] - claims["iat"] == 300
    assert gcp.verify(ask(base64.b64encode(account)), issuer).state is State.ACTIVE
    assert PEM[40:80] not in issuer.sent[0].body.decode()


def test_gcp_of_the_key_alone(ask: Any) -> None:
    issuer = Issuer({"https://sts.corp.example/token": {"access_token": "x"}})
    asked = ask(
        json.dumps(PEM)[1:-1].encode(), {"email": EMAIL.encode()}, endpoint="https://sts.corp.example/"
    )
    assert gcp.verify(asked, issuer).state is State.ACTIVE


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("Invalid JWT Signature.", "key or account is gone"),
        ("Invalid grant: account not found", "key or account is gone"),
        ("The account is disabled.", "account is disabled"),
    ],
)
def test_gcp_inactive(description: str, reason: str) -> None:
    answer = said(400, {"error": "invalid_grant", "error_description": description})
    verdict = gcp.judge(answer, EMAIL)
    assert (verdict.state, verdict.reason) == (State.INACTIVE, reason)


SKEW = {"error": "invalid_grant", "error_description": "Invalid JWT: Token must be a short-lived token"}


@pytest.mark.parametrize(
    "answer", [said(200, []), said(400, SKEW), said(403, {}), Answer(200, {}, b"<html>")]
)
def test_gcp_undecided(answer: Answer) -> None:
    with pytest.raises(NoAnswer):
        gcp.judge(answer, EMAIL)


@pytest.mark.parametrize("email", [b"", b"ann@example.com", b"x@evil.example/.gserviceaccount.com"])
def test_gcp_asks_nobody(ask: Any, email: bytes) -> None:
    assert gcp.verify(ask(PEM.encode(), {"email": email}), Issuer({})).state is State.UNVERIFIABLE


def test_gcp_of_a_key_that_does_not_parse(ask: Any) -> None:
    broken = "-----BEGIN PRIVATE " + "KEY-----\nTUlJ\n-----END PRIVATE " + "KEY-----"
    assert gcp.verify(ask(broken.encode(), {"email": EMAIL.encode()}), Issuer({})).state is State.UNVERIFIABLE


def test_azure(ask: Any) -> None:
    url = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
    issuer = Issuer({url: {"access_token": "x"}})
    verdict = azure.verify(ask(b"s&cret=", {"tenant": TENANT.encode(), "client_id": APP.encode()}), issuer)
    assert (verdict.state, dict(verdict.opens)) == (State.ACTIVE, {"account": TENANT, "user": APP})
    [request] = issuer.sent
    assert request.method == "POST" and "s&cret" not in request.url
    assert parse_qs(request.body.decode())["client_secret"] == ["s&cret="]


@pytest.mark.parametrize(
    ("code", "state"), [(7000215, State.INACTIVE), (7000222, State.INACTIVE), (700016, None), (90002, None)]
)
def test_azure_refuses(code: int, state: State | None) -> None:
    answer = said(401, {"error": "invalid_client", "error_codes": [code]})
    if state:
        assert azure.judge(answer, TENANT, APP).state is state
    else:
        with pytest.raises(NoAnswer, match=f"AADSTS{code}"):
            azure.judge(answer, TENANT, APP)


@pytest.mark.parametrize(
    "answer", [said(200, {}), said(500, {}), said(401, {"error_codes": "x"}), said(400, [])]
)
def test_azure_undecided(answer: Answer) -> None:
    with pytest.raises(NoAnswer):
        azure.judge(answer, TENANT, APP)


@pytest.mark.parametrize("tenant", [b"", b"a/../b", b"evil.example/x?", b"nodots"])
def test_azure_asks_nobody(ask: Any, tenant: bytes) -> None:
    asked = ask(b"x", {"tenant": tenant, "client_id": APP.encode()})
    assert azure.verify(asked, Issuer({})).state is State.UNVERIFIABLE


ISSUER = "https://id.example"
CURVE = ec.generate_private_key(ec.SECP256R1())


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def keys() -> list[dict[str, str]]:
    pair, point = KEY.public_key().public_numbers(), CURVE.public_key().public_numbers()
    modulus = {"kty": "RSA", "n": number(pair.n), "e": number(pair.e)}
    curve = {"kty": "EC", "crv": "P-256", "x": number(point.x), "y": number(point.y)}
    return [{"kid": "r", **modulus}, {"kid": "e", **curve}]


def token(algorithm: str, kid: str, *, exp: int = 3600, issuer: str = ISSUER) -> bytes:
    claims = {"iss": issuer, "exp": int(time.time()) + exp}
    head = {"alg": algorithm, "kid": kid}
    text = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}".encode()
    digest = hashes.SHA256()
    if algorithm == "ES256":
        pair = utils.decode_dss_signature(CURVE.sign(text, ec.ECDSA(digest)))
        signature = b"".join(part.to_bytes(32, "big") for part in pair)
    elif algorithm == "PS256":
        signature = KEY.sign(text, padding.PSS(padding.MGF1(digest), 32), digest)
    else:
        signature = KEY.sign(text, padding.PKCS1v15(), digest)
    return text + b"." + b64(signature).encode()


def openid(**changes: Any) -> Issuer:
    answers = {
        f"{ISSUER}/.well-known/openid-configuration": {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"},
        f"{ISSUER}/keys": {"keys": keys()},
    }
    return Issuer(answers | changes, ("id.example",))


@pytest.mark.parametrize(("algorithm", "kid"), [("RS256", "r"), ("PS256", "r"), ("ES256", "e")])
def test_jwt(ask: Any, algorithm: str, kid: str) -> None:
    issuer, secret = openid(), token(algorithm, kid)
    verdict = jwt.verify(ask(secret), issuer)
    assert verdict.state is State.ACTIVE
    assert dict(verdict.opens).keys() == {"issuer", "expires"}
    assert not any(secret[:30].decode() in str((r.url, r.headers, r.body)) for r in issuer.sent)
    wrong = secret[:-8] + (b"AAAAAAAA" if secret[-8:] != b"AAAAAAAA" else b"BBBBBBBB")
    verdict = jwt.verify(ask(wrong), openid())
    assert (verdict.state, verdict.reason) == (State.INACTIVE, "not signed by its issuer")


def test_jwt_that_has_expired(ask: Any) -> None:
    issuer = openid()
    assert jwt.verify(ask(token("RS256", "r", exp=-60)), issuer).state is State.INACTIVE
    assert issuer.sent == []


def test_jwt_of_an_issuer_that_was_not_allowed(ask: Any) -> None:
    for issuer in (
        "https://evil.example",
        "http://id.example",
        "",
        "https://id.example/?x=1",
        "file:///etc/x",
    ):
        client = openid()
        assert jwt.verify(ask(token("RS256", "r", issuer=issuer)), client).state is State.UNVERIFIABLE
        assert client.sent == []


def test_jwt_whose_issuer_points_elsewhere(ask: Any) -> None:
    about = {f"{ISSUER}/.well-known/openid-configuration": {"jwks_uri": "https://169.254.169.254/keys"}}
    client = openid(**about)
    with pytest.raises(NoAnswer, match="not allowed"):
        jwt.verify(ask(token("RS256", "r")), client)
    assert len(client.sent) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"keys": []},
        {"keys": "x"},
        {"keys": [{"kid": "r"}]},
        {"keys": [{"kid": "r", "e": 2}]},
        [],
        said(500, {}),
    ],
)
def test_jwt_without_a_key(ask: Any, answer: Any) -> None:
    with pytest.raises(NoAnswer):
        jwt.verify(ask(token("RS256", "r")), openid(**{f"{ISSUER}/keys": answer}))


def test_jwt_of_a_shared_key(ask: Any) -> None:
    assert jwt.verify(ask(token("HS256", "r")), openid()).state is State.UNVERIFIABLE


def service_account() -> bytes:
    return token("RS256", "r", issuer="kubernetes/serviceaccount")


API = "https://k8s.corp.example:6443"


def test_kubernetes(ask: Any) -> None:
    issuer, secret = Issuer({f"{API}/apis": {"kind": "APIGroupList", "groups": []}}), service_account()
    assert kubernetes.verify(ask(secret, endpoint=API), issuer).state is State.ACTIVE
    assert issuer.sent[0].headers["authorization"] == f"Bearer {secret.decode()}"
    assert jwt.verify(ask(secret, endpoint=API), issuer).state is State.ACTIVE
    assert jwt.verify(ask(secret), issuer).state is State.UNVERIFIABLE
    refused = {
        "kind": "Status",
        "message": 'forbidden: User "system:serviceaccount:ci:bot" cannot get path "/apis"',
    }
    verdict = kubernetes.judge(said(403, refused), "")
    assert dict(verdict.opens) == {"user": "system:serviceaccount:ci:bot"}
    assert kubernetes.judge(said(401, {"kind": "Status"}), "").state is State.INACTIVE


@pytest.mark.parametrize(
    "answer", [said(200, {}), said(401, {}), said(403, {"kind": "Status"}), said(500, [])]
)
def test_kubernetes_undecided(answer: Answer) -> None:
    with pytest.raises(NoAnswer):
        kubernetes.judge(answer, "")


def test_kubernetes_asks_nobody(ask: Any) -> None:
    assert kubernetes.verify(ask(service_account()), Issuer({})).state is State.UNVERIFIABLE
    assert kubernetes.verify(ask(b"\xff", endpoint=API), Issuer({})).state is State.UNVERIFIABLE
    assert (
        kubernetes.verify(ask(token("RS256", "r", exp=-9), endpoint=API), Issuer({})).state is State.INACTIVE
    )
