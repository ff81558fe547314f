"""Checksummed tokens: made here with the right sum, and each with one character changed."""

from __future__ import annotations

import base64
import secrets
import string
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.checks import Checked, check

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BASE36 = string.digits + string.ascii_lowercase


def base(digits: str, number: int, width: int) -> str:
    out = ""
    while number:
        number, digit = divmod(number, len(digits))
        out = digits[digit] + out
    return out.rjust(width, "0")


def base62_token(prefix: str, body: str) -> str:
    return prefix + body + base(BASE62, zlib.crc32(body.encode()), 6)


def routable(prefix: str, payload: bytes, version: str = ".01") -> str:
    text = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    head = f"{prefix}{text}{version}.{base(BASE36, len(text), 2)}"
    return head + base(BASE36, zlib.crc32(head.encode()), 7)


BODIES = {
    "github": ("ghp_", 30),
    "npm": ("npm_", 30),
    "vercel": ("vcp_", 50),
}


@pytest.mark.parametrize("name", BODIES)
@given(data=st.data())
def test_any_one_character_changed_is_noticed(name: str, data: st.DataObject) -> None:
    prefix, length = BODIES[name]
    token = base62_token(prefix, data.draw(st.text(BASE62, min_size=length, max_size=length)))
    assert check(name, token.encode()).valid is True
    at = data.draw(st.integers(len(prefix), len(token) - 1))
    other = data.draw(st.sampled_from([letter for letter in BASE62 if letter != token[at]]))
    assert check(name, (token[:at] + other + token[at + 1 :]).encode()).valid is False


def test_a_public_token() -> None:
    """Samples that were published: of a GitHub token its end alone, of Grafana's documents the whole."""
    assert check("grafana", ("glsa_yscW25imSKJIuav8zF37" + "RZmnbiDvB05G_fcaaf58a").encode()).valid is True
    assert check("grafana", ("glsa_yscW25imSKJIuav8zF37" + "RZmnbiDvB05G_fcaaf58b").encode()).valid is False


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [("gho_", "OAuth access token"), ("ghr_", "refresh token"), ("ghs_", "app's installation token")],
)
def test_kinds_of_github(prefix: str, kind: str) -> None:
    assert check("github", base62_token(prefix, "a" * 30).encode()) == Checked(True, (("kind", kind),))


def test_installation_tokens_are_seen_without_a_checksum() -> None:
    assert check("github", ("ghs_" + "a" * 36).encode()).valid is None


@pytest.mark.parametrize("name", ["github", "npm", "vercel", "zuplo", "grafana", "gitlab"])
@pytest.mark.parametrize(
    "text", [b"", b"x", b"ghp_" + b"a" * 35, b"npm_\xff" + b"a" * 35, b"glpat-" + b"a" * 20]
)
def test_other_forms_are_not_judged(name: str, text: bytes) -> None:
    assert check(name, text).valid is None


def test_zuplo() -> None:
    body = secrets.token_hex(16)
    sum_ = zlib.crc32(body.encode())
    assert check("zuplo", f"zpka_{body}_{sum_:08x}".encode()).valid is True
    assert check("zuplo", f"zpka_{body}_{sum_ ^ 1:08x}".encode()).valid is False


LINES = b"c:1\ng:4x\no:1\np:zz\nu:rs"
RANDOM = bytes(range(0x80, 0x90))


@pytest.mark.parametrize("version", [".01", ""])
@pytest.mark.parametrize("payload", [LINES + RANDOM + b"\x10", RANDOM + LINES + b"\x10"])
def test_gitlab_says_whose_a_token_is(version: str, payload: bytes) -> None:
    checked = check("gitlab", routable("glpat-", payload, version).encode())
    assert checked.valid is True
    facts = {"cell": "1", "group": "177", "organization": "1", "project": "1295", "user": "1000"}
    assert dict(checked.facts) == facts


@given(at=st.integers(6), letter=st.sampled_from(BASE62 + "-_"))
def test_gitlab_notices_a_change(at: int, letter: str) -> None:
    token = routable("glpat-", LINES + RANDOM + b"\x10")
    at = 6 + at % (len(token) - 6)
    changed = token[:at] + letter + token[at + 1 :]
    valid = check("gitlab", changed.encode()).valid
    assert valid is (True if changed == token else valid) and (changed == token or valid is not True)


@given(payload=st.binary(max_size=90))
def test_gitlab_takes_any_payload(payload: bytes) -> None:
    assert check("gitlab", routable("glrt-t1_", payload).encode()).valid in (True, None)
