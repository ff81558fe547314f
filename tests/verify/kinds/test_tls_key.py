"""Private keys of TLS and their certificates, as openssl makes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scanner.model import State
from scanner.verify import tls_key

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


def pair(folder: Path, *options: str) -> tuple[bytes, bytes]:
    key, certificate = folder / "key.pem", folder / "cert.pem"
    new = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run([*new, "-subj", "/CN=www.example.com", *options], check=True, capture_output=True)
    return key.read_bytes(), certificate.read_bytes()


def test_its_certificate(tmp_path: Path, ask: Any, loopback: Any) -> None:
    key, certificate = pair(tmp_path, "-days", "9", "-addext", "subjectAltName=DNS:a.example,DNS:b.example")
    verdict = tls_key.verify(ask(key, {"certificates": b"x\n" + certificate + b"y"}), loopback())
    assert verdict.state is State.ACTIVE
    assert dict(verdict.opens)["certificate"] == "a.example, b.example"


def test_subject_where_there_are_no_names(tmp_path: Path, ask: Any, loopback: Any) -> None:
    key, certificate = pair(tmp_path, "-days", "9")
    verdict = tls_key.verify(ask(key, {"certificates": certificate}), loopback())
    assert dict(verdict.opens)["certificate"] == "CN=www.example.com"


def test_of_another_or_none(tmp_path: Path, ask: Any, loopback: Any) -> None:
    key, _ = pair(tmp_path)
    _, other = pair(tmp_path)
    broken = b"-----BEGIN CERTIFICATE-----\n" + b"QUJD" * 40 + b"\n-----END CERTIFICATE-----\n"
    for certificates in (other, b"", broken):
        verdict = tls_key.verify(ask(key, {"certificates": certificates}), loopback())
        assert verdict.state is State.UNVERIFIABLE
    assert tls_key.verify(ask(b"x", {"certificates": other}), loopback()).state is State.UNVERIFIABLE


def test_an_expired_certificate(tmp_path: Path, ask: Any, loopback: Any) -> None:
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    pem, _ = pair(tmp_path)
    key: Any = load_pem_private_key(pem, None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "old")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(9), now - timedelta(1))
    old = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    assert tls_key.verify(ask(pem, {"certificates": old}), loopback()).state is State.INACTIVE
