"""Private keys as files have them: PEM (PKCS#1, SEC 1, PKCS#8), OpenSSH's and OpenPGP's, perhaps as a string
of some programming language, or in base64 once more: whether one is encrypted, and which public key's it is.
"""

from __future__ import annotations

import base64
import hashlib
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scanner.detect.checks import Checked, Facts
from scanner.detect.checks.tokens import decoded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes


@dataclass(frozen=True, slots=True)
class Block:
    """A key's text, taken apart.

    Attributes:
        label: such as ``RSA PRIVATE KEY``.
        headers: names in lower case.
        body: what the base64 stands for; empty where it is none.
    """

    label: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def encrypted(self) -> bool:
        """Whether the text says so outside the key itself."""
        return "dek-info" in self.headers or self.label == "ENCRYPTED PRIVATE KEY"


def private_key(secret: bytes) -> Checked:
    """Kind, encryption and fingerprint of the public key. Nothing is refuted: a text may hold a part."""
    block = read(secret)
    if block is None:
        return Checked()
    try:
        facts = _READERS.get(block.label, _pem_facts)(block)
    except (ValueError, IndexError):  # what cryptography and the readers here raise for malformed keys
        facts = (("key", "does not parse"),)
    return Checked(None, facts)


def read(secret: bytes) -> Block | None:
    """The first private key in `secret`; None where there is no head of one.

    Its lines may be quoted, indented, commented out, joined by ``+``, or escaped (``\\n``).
    """
    if secret.startswith(b"LS0tLS1CRUdJTi"):
        secret = decoded(secret)
    shape = _BLOCK.search(re.sub(rb"\\+[nrt]", b"\n", secret))
    if not shape:
        return None
    headers, body = {}, []
    for line in shape[2].splitlines():
        bare = _QUOTING.sub(b"", line)
        name, colon, value = bare.partition(b":")
        if colon:
            headers[name.decode("latin-1").lower()] = value.decode("latin-1").strip()
        elif re.match(rb"(?!=)\+*[0-9A-Za-z/]", bare):  # else quotation marks, or OpenPGP's checksum
            body.append(b"".join(bare.split()))
    label = shape[1].decode().strip()
    return Block(label, headers, decoded(b"".join(body)))


_BLOCK = re.compile(
    rb"-{4,5} ?BEGIN ([0-9A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?) ?-{4,5}(.*?)(?:-{4,5} ?END |\Z)", re.DOTALL
)
_QUOTING = re.compile(rb"""^[\s>#*|]*(?:(?:\+\s*)?["'`])?|["'`][\s+.,;)&\\]*$|[\s,;\\]+$""")


def pem(block: Block) -> bytes:
    """`block` as its file would be."""
    text = base64.b64encode(block.body)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    head = [f"{name}: {value}".encode() for name, value in block.headers.items()]
    edges = [f"-----{edge} {block.label}-----".encode() for edge in ("BEGIN", "END")]
    return b"\n".join([edges[0], *head, *([b""] if head else []), *lines, edges[1], b""])


def load(block: Block) -> PrivateKeyTypes:
    """The key itself.

    Raises:
        ValueError: it is malformed, encrypted, or of no kind that is known.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of kinds of keys that are deprecated: somebody has them all the same
            if block.label == "OPENSSH PRIVATE KEY":
                return serialization.load_ssh_private_key(pem(block), None)
            # To prove that an RSA key's numbers are primes takes a quarter of a second, and tells nothing.
            return serialization.load_der_private_key(block.body, None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError from error


def _pem_facts(block: Block) -> Facts:
    if block.encrypted:
        return (("encrypted", "yes"),)
    public = load(block).public_key()
    return (("key", _kind(public)), ("encrypted", "no"), ("fingerprint", fingerprint(public)))


def _kind(key: PublicKeyTypes) -> str:
    """Such as ``RSA 2048`` or ``EC secp256r1``."""
    name = type(key).__name__.lstrip("_").removesuffix("PublicKey")
    curve = getattr(getattr(key, "curve", None), "name", "")
    return " ".join(
        filter(None, (name.replace("EllipticCurve", "EC"), curve or str(getattr(key, "key_size", ""))))
    )


def fingerprint(key: PublicKeyTypes) -> str:
    """As ``ssh-keygen -l`` shows it; of keys that SSH does not know, that of the SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives import serialization as to

    try:
        line = key.public_bytes(to.Encoding.OpenSSH, to.PublicFormat.OpenSSH)
        return _sha256(base64.b64decode(line.split()[1]))
    except (ValueError, TypeError):
        return "SPKI " + _sha256(key.public_bytes(to.Encoding.DER, to.PublicFormat.SubjectPublicKeyInfo))


def _sha256(data: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _openssh_facts(block: Block) -> Facts:
    """OpenSSH's PROTOCOL.key: ``openssh-key-v1``, cipher, key derivation, its options, how many keys, and the
    public key, which stands in the clear also where the private one is encrypted."""
    magic, data = block.body[:15], block.body[15:]
    if magic != b"openssh-key-v1\0":
        raise ValueError
    cipher, at = _string(data, 0)
    _, at = _string(data, at)
    _, at = _string(data, at)
    public, _ = _string(data, at + 4)
    kind, _ = _string(public, 0)
    return (
        ("key", kind.decode("ascii", "replace")),
        ("encrypted", "no" if cipher == b"none" else "yes"),
        ("fingerprint", _sha256(public)),
    )


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """The string at `at`, after its length in 4 bytes, and where it ends."""
    end = at + 4 + int.from_bytes(data[at : at + 4], "big")
    if at + 4 > len(data) or end > len(data):
        raise ValueError
    return data[at + 4 : end], end


def _ssh2_facts(block: Block) -> Facts:
    """ssh.com's own format, of which only the comment is read."""
    return (("comment", block.headers.get("comment", "").strip('"')),)


def _pgp_facts(block: Block) -> Facts:
    from scanner.detect.checks.pgp import facts

    return facts(block.body)


_READERS: dict[str, Callable[[Block], Facts]] = {
    "OPENSSH PRIVATE KEY": _openssh_facts,
    "PGP PRIVATE KEY BLOCK": _pgp_facts,
    "SSH2 ENCRYPTED PRIVATE KEY": _ssh2_facts,
}
