"""AWS keys, against a server on loopback that recomputes each signature as STS does."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as to
from cryptography.hazmat.primitives.asymmetric import ec

from scanner.model import State
from scanner.verify import aws
from scanner.verify.base import Answer, NoAnswer

KEY_ID, SECRET = "AKIA" + "Q3EGRM7XZ5VK2P6T", b"Wq8/tR2+" * 5
TEMPORARY, TOKEN = "ASIA" + "Q3EGRM7XZ5VK2P6T", "IQoJb3JpZ2luX2VjE" * 8
CANARY = "AKIA" + "QYLPMN5H" + "AAAAAAAA"  # of the account 052310077262
ERROR = "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>m</Message></Error></ErrorResponse>"
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ann</Arn>"
    "<UserId>AIDAX</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>"
)


class Sts(BaseHTTPRequestHandler):
    """Knows one key in the commercial partition, and one of China's."""

    keys: ClassVar[dict[tuple[str, str], bytes]] = {
        ("us-east-1", KEY_ID): SECRET,
        ("us-east-1", TEMPORARY): SECRET,
    }

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        fields = dict(
            part.strip().split("=", 1)
            for part in self.headers["authorization"].removeprefix("AWS4-HMAC-SHA256").split(",")
        )
        key_id, day, region, service, end = fields["Credential"].split("/")
        known = self.keys.get((region, key_id))
        if known is None:
            return self.answer(403, ERROR.format("InvalidClientTokenId"))
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in fields["SignedHeaders"].split(";"))
        whole = ("POST", "/", "", lines, fields["SignedHeaders"], hashlib.sha256(body).hexdigest())
        digest = hashlib.sha256("\n".join(whole).encode()).hexdigest()
        moment, scope = self.headers["x-amz-date"], f"{day}/{region}/{service}/{end}"
        key = b"AWS4" + known
        for part in (day, region, service, end, f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if key.hex() != fields["Signature"]:
            return self.answer(403, ERROR.format("SignatureDoesNotMatch"))
        if "x-amz-security-token" in self.headers and self.headers["x-amz-security-token"] != TOKEN:
            return self.answer(403, ERROR.format("ExpiredToken"))
        return self.answer(200, IDENTITY)

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def sts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A port, and what trusts its certificate."""
    folder = tmp_path_factory.mktemp("sts")
    pem = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sts)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, ssl.create_default_context(cafile=str(pem))
    server.shutdown()
    thread.join()
    server.server_close()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sts")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "sts.pem"
    private = key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.NoEncryption())
    file.write_bytes(private + made.public_bytes(to.Encoding.PEM))
    return file


@pytest.fixture
def client(sts: tuple[int, ssl.SSLContext], loopback: Any) -> Any:
    return loopback(*sts)


def test_active(client: Any, ask: Any) -> None:
    verdict = aws.verify(ask(SECRET, {"key_id": KEY_ID.encode()}), client)
    assert verdict.state is State.ACTIVE
    assert dict(verdict.opens) == {"account": "123456789012", "user": "arn:aws:iam::123456789012:user/ann"}
    [request] = client.sent
    assert (request.method, request.url) == ("POST", "https://sts.amazonaws.com/")
    assert request.body == b"Action=GetCallerIdentity&Version=2011-06-15"
    assert SECRET.decode() not in str(request.headers)


def test_the_wrong_secret_proves_nothing(client: Any, ask: Any) -> None:
    with pytest.raises(NoAnswer, match="this is not its secret"):
        aws.verify(ask(SECRET[::-1], {"key_id": KEY_ID.encode()}), client)


def test_a_key_that_no_partition_knows(client: Any, ask: Any) -> None:
    verdict = aws.verify(ask(SECRET, {"key_id": ("AKIA" + "Z" * 16).encode()}), client)
    assert (verdict.state, verdict.reason) == (State.INACTIVE, "no such key")
    assert [request.url for request in client.sent] == [url for url, _ in aws.PARTITIONS]


def test_a_key_of_another_partition(client: Any, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "AKIA" + "X" * 16
    monkeypatch.setitem(Sts.keys, ("cn-north-1", other), SECRET)
    assert aws.verify(ask(SECRET, {"key_id": other.encode()}), client).state is State.ACTIVE


def test_temporary_keys(client: Any, ask: Any) -> None:
    parts = {"key_id": TEMPORARY.encode(), "session_token": TOKEN.encode()}
    assert aws.verify(ask(SECRET, parts), client).state is State.ACTIVE
    expired = aws.verify(ask(SECRET, parts | {"session_token": b"old"}), client)
    assert (expired.state, expired.reason) == (State.INACTIVE, "expired")


@pytest.mark.parametrize("parts", [{}, {"key_id": TEMPORARY.encode()}, {"key_id": CANARY.encode()}])
def test_nobody_is_asked(client: Any, ask: Any, parts: dict[str, bytes]) -> None:
    assert aws.verify(ask(SECRET, parts), client).state is State.UNVERIFIABLE
    assert client.sent == []


def test_canaries_where_the_user_wants_it(client: Any, ask: Any) -> None:
    verdict = aws.verify(ask(SECRET, {"key_id": CANARY.encode()}, canaries=True), client)
    assert verdict.state is State.INACTIVE


def test_an_endpoint_that_the_user_named(client: Any, ask: Any) -> None:
    asked = ask(SECRET, {"key_id": KEY_ID.encode()}, endpoint="https://sts.internal.example")
    assert aws.verify(asked, client).state is State.ACTIVE
    assert [request.url for request in client.sent] == ["https://sts.internal.example/"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(200, {}, b"<html>welcome</html>"), "unexpected answer"),
        (Answer(200, {}, b"<Arn>x</Arn>"), "unexpected answer"),
        (Answer(403, {}, b"garbage"), "HTTP 403"),
        (Answer(400, {}, ERROR.format("RequestExpired").encode()), "HTTP 400"),
        (Answer(302, {"location": "https://elsewhere.example"}, b""), "HTTP 302"),
    ],
)
def test_answers_that_decide_nothing(answer: Answer, reason: str) -> None:
    with pytest.raises(NoAnswer, match=reason):
        aws.judge(answer)
