"""Mail accounts, against a server on loopback with TLS."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as to
from cryptography.hazmat.primitives.asymmetric import ec

from scanner.model import State
from scanner.verify import smtp
from scanner.verify.base import NoAnswer

controller = pytest.importorskip("aiosmtpd.controller")
server_of = pytest.importorskip("aiosmtpd.smtp")
PASSWORD = "letme" + "in-4Rq8"
pytestmark = pytest.mark.filterwarnings("ignore:Session.login_data:DeprecationWarning")  # the server's own


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = tmp_path_factory.mktemp("smtp") / "mail.pem"
    private = key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.NoEncryption())
    file.write_bytes(private + made.public_bytes(to.Encoding.PEM))
    return file


class Sink:
    """Keeps mail that it must never get."""

    def __init__(self) -> None:
        self.mail: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mail.append(envelope)
        return "250 OK"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    right = (data.login, data.password) == (b"ann", PASSWORD.encode())
    return server_of.AuthResult(success=right, handled=False)  # so that the server says so


@pytest.fixture
def server(certificate: Path, free_port: int) -> Iterator[Any]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    running = controller.Controller(
        Sink(), "127.0.0.1", free_port, tls_context=context, authenticator=authenticate, auth_required=True
    )
    running.start()
    yield running
    running.stop()
    assert running.handler.mail == []


def parts(port: int, user: bytes = b"ann") -> dict[str, bytes]:
    return {"host": b"127.0.0.1", "port": str(port).encode(), "user": user}


def test_starttls(server: Any, ask: Any, loopback: Any, certificate: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    right = smtp.verify(ask(PASSWORD.encode(), parts(server.port)), loopback())
    assert right.state is State.ACTIVE
    assert dict(right.opens) == {"user": "ann", "server": f"127.0.0.1:{server.port}"}
    wrong = smtp.verify(ask(b"wrong", parts(server.port)), loopback())
    assert (wrong.state, wrong.reason) == (State.INACTIVE, "password rejected")


def test_a_certificate_that_nobody_trusts(server: Any, ask: Any, loopback: Any) -> None:
    with pytest.raises(NoAnswer, match="TLS error"):
        smtp.verify(ask(PASSWORD.encode(), parts(server.port)), loopback())


def test_tls_from_the_first_byte(server: Any, ask: Any, loopback: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(smtp, "_IMPLICIT_TLS", server.port)  # which it does not speak there
    with pytest.raises(NoAnswer, match="TLS error"):
        smtp.verify(ask(PASSWORD.encode(), parts(server.port)), loopback())


def test_no_password_goes_in_clear(free_port: int, ask: Any, loopback: Any) -> None:
    running = controller.Controller(Sink(), "127.0.0.1", free_port)
    running.start()
    try:
        with pytest.raises(NoAnswer, match="SMTPNotSupportedError"):
            smtp.verify(ask(PASSWORD.encode(), parts(free_port)), loopback())
    finally:
        running.stop()


def test_nobody_is_asked(ask: Any, loopback: Any) -> None:
    for others in ({}, {"host": b"127.0.0.1"}, {"host": b"mail.example.com", "user": b"ann"}):
        assert smtp.verify(ask(b"pw", others), loopback()).state is State.UNVERIFIABLE


def test_a_server_that_is_not_there(free_port: int, ask: Any, loopback: Any) -> None:
    with pytest.raises(NoAnswer, match="connection failed"):
        smtp.verify(ask(b"pw", parts(free_port)), loopback())
