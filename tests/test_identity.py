"""The two names of a finding."""

from __future__ import annotations

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from scanner.identity import gitleaks_fingerprint, identify

FIELDS = st.tuples(st.text(max_size=8), st.binary(max_size=8), st.binary(max_size=8))


def test_fingerprint_names_the_commit_where_there_is_one():
    assert gitleaks_fingerprint("abc", b"d/a.txt", "tok", 3) == "abc:d/a.txt:tok:3"
    assert gitleaks_fingerprint("", b"d/a.txt", "tok", 3) == "d/a.txt:tok:3"
    assert gitleaks_fingerprint("", b"", "tok", 1) == ":tok:1"


def test_fingerprint_of_a_path_that_is_not_utf8():
    assert gitleaks_fingerprint("", b"a\xff\xfe", "tok", 1) == "a\ufffd\ufffd:tok:1"


def test_identity_is_what_its_documentation_says():
    message = b"leakscan:v1" + b"".join(len(f).to_bytes(8, "big") + f for f in (b"tok", b"s3", b"a.txt"))
    assert identify("tok", b"s3", b"a.txt") == "leakscan:v1:" + hashlib.sha256(message).hexdigest()[:32]
    keyed = hmac.new(b"key", message, hashlib.sha256).hexdigest()[:32]
    assert identify("tok", b"s3", b"a.txt", key=b"key") == "leakscan:v1k:" + keyed


def test_identity_is_pinned():
    assert identify("tok", b"s3", b"a.txt") == "leakscan:v1:a088ba9109a8dfb53a48fe88893df6fb"


def test_plain_and_keyed_are_told_apart():
    assert identify("r", b"s", b"p").split(":")[1] == "v1"
    assert identify("r", b"s", b"p", key=b"k").split(":")[1] == "v1k"
    assert identify("r", b"s", b"p", key=b"k") != identify("r", b"s", b"p", key=b"l")


@given(FIELDS, FIELDS)
def test_different_fields_have_different_identities(one, other):
    assert (identify(*one) == identify(*other)) == (one == other)


def test_a_rule_id_may_hold_any_letter():
    assert identify("r\u00e9", b"", b"p") != identify("re", b"", b"p")
