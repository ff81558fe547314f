"""Private keys made by ssh-keygen, openssl and gpg, in the forms that source code has them in."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.checks import check


def run(*command: str, **options: object) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout  # type: ignore[call-overload,no-any-return]


def needs(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"needs {program}")


def facts_of(secret: bytes | str) -> dict[str, str]:
    return dict(check("private-key", secret.encode() if isinstance(secret, str) else secret).facts)


def keygen(folder: Path, *args: str, password: str = "") -> tuple[str, str]:
    """A key, and the fingerprint of its public part."""
    needs("ssh-keygen")
    key = folder / "key"
    run("ssh-keygen", "-q", "-N", password, "-f", str(key), *args)
    return key.read_text(), run("ssh-keygen", "-lf", f"{key}.pub").split()[1]


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
@pytest.mark.parametrize(("kind", "shown"), [("rsa", "RSA 2048"), ("ecdsa", "EC secp256r1")])
def test_ssh_keygen(tmp_path: Path, form: str, kind: str, shown: str) -> None:
    bits = ["-b", "2048"] if kind == "rsa" else []
    text, fingerprint = keygen(tmp_path, "-t", kind, *bits, "-m", form)
    facts = facts_of(text)
    assert (facts["encrypted"], facts["fingerprint"]) == ("no", fingerprint)
    assert facts["key"] == shown or form == "RFC4716"


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
def test_encrypted(tmp_path: Path, form: str) -> None:
    text, fingerprint = keygen(tmp_path, "-t", "ecdsa", "-m", form, password="a password")
    facts = facts_of(text)
    assert facts["encrypted"] == "yes"
    if form == "RFC4716":  # which has the public key in the clear
        assert facts == {"key": "ecdsa-sha2-nistp256", "encrypted": "yes", "fingerprint": fingerprint}


def test_as_source_code_has_it(tmp_path: Path) -> None:
    text, fingerprint = keygen(tmp_path, "-t", "rsa", "-b", "2048", "-m", "PEM")
    lines = text.splitlines()
    forms = [
        json.dumps(text),
        json.dumps(json.dumps(text)),
        "\n".join(f'    "{line}\\n" +' for line in lines),
        "\n".join(f"'{line}'," for line in lines),
        "\n".join(f"# {line}" for line in lines),
        "\r\n".join(f"      {line}" for line in lines),
        " ".join(lines),
        "\n".join(f'+ "{line}"' for line in lines),
        base64.b64encode(text.encode()).decode(),
    ]
    for form in forms:
        assert facts_of(form).get("fingerprint") == fingerprint, form[:60]


def test_openssl(tmp_path: Path) -> None:
    needs("openssl")
    for kind, shown in (("ed25519", "Ed25519"), ("x25519", "X25519"), ("ed448", "Ed448")):
        facts = facts_of(run("openssl", "genpkey", "-algorithm", kind))
        assert (facts["key"], facts["encrypted"]) == (shown, "no")
        assert facts["fingerprint"].startswith("SHA256:" if kind == "ed25519" else "SPKI SHA256:")
    encrypted = run("openssl", "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:word")
    assert facts_of(encrypted) == {"encrypted": "yes"}


@pytest.mark.parametrize(
    ("kind", "shown"), [("ed25519", "EdDSA"), ("rsa2048", "RSA"), ("dsa2048", "DSA"), ("nistp256", "ECDSA")]
)
@pytest.mark.parametrize("password", ["", "a password"])
def test_gpg(tmp_path: Path, kind: str, shown: str, password: str) -> None:
    needs("gpg")
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase", password]
    try:
        run(*gpg, "--quick-gen-key", "Ann <ann@a.example>", kind, "default", "never")
        text = run(*gpg, "--armor", "--export-secret-keys")
        listed = run(*gpg, "--with-colons", "--list-secret-keys")
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=False)
    assert facts_of(text) == {
        "key": f"OpenPGP {shown}",
        "encrypted": "yes" if password else "no",
        "fingerprint": re.findall(r"^fpr:+([0-9A-F]+):", listed, re.M)[0],
        "user": "Ann <ann@a.example>",
    }


def test_unknown_versions_and_algorithms_of_openpgp() -> None:
    for body, key in ((b"\x06", "OpenPGP version 6"), (b"\x04\0\0\0\0\x63", "OpenPGP algorithm 99")):
        packet = bytes([0xC5, len(body)]) + body
        text = "-----BEGIN PGP PRIVATE " + f"KEY BLOCK-----\n\n{base64.b64encode(packet).decode()}\n"
        assert facts_of(text) == {"key": key}


LABELS = ["RSA ", "EC ", "", "OPENSSH ", "ENCRYPTED ", "DSA ", "SSH2 ENCRYPTED "]


@given(label=st.sampled_from([*LABELS, "PGP"]), body=st.binary(max_size=200))
def test_anything_may_stand_in_it(label: str, body: bytes) -> None:
    end = "KEY BLOCK" if label == "PGP" else "KEY"
    label = f"{label} " if label == "PGP" else label
    magic = b"openssh-key-v1\0" if label == "OPENSSH " else b""
    text = f"-----BEGIN {label}PRIVATE {end}-----\n{base64.b64encode(magic + body).decode()}\n"
    assert check("private-key", text.encode()).valid is None


@given(body=st.binary(max_size=200))
def test_any_packets(body: bytes) -> None:
    for head in (
        b"\xc5",
        b"\x95\0\x40",
        b"\xc5\xc1\x10\x04",
        b"\xc5\xff\0\0\0\x20\x04\0\0\0\0\x01",
        b"\xcd\x02ab",
    ):
        text = "-----BEGIN PGP PRIVATE " + f"KEY BLOCK-----\n{base64.b64encode(head + body).decode()}\n"
        assert check("private-key", text.encode()).valid is None


@given(secret=st.binary(max_size=100))
def test_no_key(secret: bytes) -> None:
    assert facts_of(secret) == {}


def test_comment_of_ssh2() -> None:
    text = "---- BEGIN SSH2 ENCRYPTED PRIVATE " + 'KEY ----\nComment: "my key"\nP2/56wAA\n'
    assert facts_of(text) == {"comment": "my key"}


def test_large_input_takes_no_time() -> None:
    text = b"-----BEGIN RSA PRIVATE " + b"KEY-----\n" + base64.b64encode(os.urandom(1 << 16))
    assert facts_of(text) == {"key": "does not parse"}
