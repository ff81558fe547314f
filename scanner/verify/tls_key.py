"""Private keys of TLS: whether one belongs to a certificate that was found too and is still valid."""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from scanner.detect.checks.keys import load, read
from scanner.model import State, Verdict
from scanner.verify.base import Client, Question

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def verify(question: Question, client: Client) -> Verdict:
    """Compare public keys. Part ``certificates``: text with certificates in PEM, of the same scan."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    block = read(question.secret)
    try:
        public = load(block).public_key() if block and not block.encrypted else None
    except ValueError:
        public = None
    if public is None:
        return Verdict(State.UNVERIFIABLE, "encrypted, or does not parse")
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    wanted = public.public_bytes(*form)
    own = [one for one in _certificates(question.parts.get("certificates", b"")) if _public(one) == wanted]
    if not own:
        return Verdict(State.UNVERIFIABLE, "no certificate of this key was found")
    latest = max(own, key=lambda one: one.not_valid_after_utc)
    if latest.not_valid_after_utc < datetime.now(timezone.utc):
        return Verdict(State.INACTIVE, "its certificate has expired")
    expires = latest.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Verdict(State.ACTIVE, "", (("certificate", _names(latest)), ("expires", expires)))


def _certificates(text: bytes) -> Iterator[Certificate]:
    """Those in `text` that can be read."""
    for found in re.finditer(rb"-----BEGIN CERTIFICATE-----([\s0-9A-Za-z+/=]{100,65536})-----END", text):
        certificate = _certificate(b"".join(found[1].split()))
        if certificate:
            yield certificate


def _certificate(encoded: bytes) -> Certificate | None:
    """A certificate in base64; None where it is none."""
    from cryptography.x509 import load_der_x509_certificate

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is against the standard in old certificates
            return load_der_x509_certificate(base64.b64decode(encoded))
    except ValueError:  # and binascii.Error, which is one
        return None


def _public(certificate: Certificate) -> bytes:
    """Its public key; empty for a kind that is not known."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return b""


def _names(certificate: Certificate) -> str:
    """The hosts' names, at most five; the subject where there are none."""
    from cryptography.x509 import DNSName, ExtensionNotFound, SubjectAlternativeName

    try:
        extension = certificate.extensions.get_extension_for_class(SubjectAlternativeName)
        names = extension.value.get_values_for_type(DNSName)
    except (ExtensionNotFound, ValueError):
        names = []
    return ", ".join(names[:5]) or certificate.subject.rfc4514_string()
