"""What a ``.sops.yaml`` demands, and which files lack it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.sops import CreationRule, creation_rules, lacks_encryption

CONFIG = rb"""
stores: {}
creation_rules:
  # all that is sealed
  - path_regex: '^it''s/.*\.enc\.ya?ml$'
    encrypted_regex: "^(data|\"x\\.y\")$"   # not read beyond the quotes
    age: age1x
  - kms: arn
    path_regex: secrets/.*  # all of it
    key_groups:
      - age:
          - age1y
  - path_regex: \.yaml$
  - path_regex: .*
  - path_regex: prod(?=x)
  - age: age1z
other:
  - path_regex: elsewhere/.*
"""
MAC = b"sops_mac=ENC[AES256_GCM,data:YWI=,iv:Y2Q=,tag:ZWY=,type:str]\n"


def test_rules_that_name_paths_are_read() -> None:
    text = CONFIG.replace(b"   # not read beyond the quotes", b"")
    assert creation_rules(text) == (
        CreationRule(r"^it's/.*\.enc\.ya?ml$", r'^(data|"x\.y")$'),
        CreationRule("secrets/.*"),
    )
    assert creation_rules(text.replace(b"\n", b"\r\n")) == creation_rules(text)


@pytest.mark.parametrize("text", [b"", b"creation_rules:", b"creation_rules: []\n", b"a: 1\n"])
def test_others_demand_nothing(text: bytes) -> None:
    assert creation_rules(text) == ()


@pytest.mark.parametrize(
    ("path", "data", "lacks"),
    [
        (b"prod/a.env", b"A=b\n", True),
        (b"prod/a.env", b"A=b\n" + MAC, False),
        (b"dev/a.env", b"A=b\n", False),
        (b"k8s/a.yaml", b"kind: Secret\ndata:\n  a: b\n", True),
        (b"k8s/a.yaml", b"kind: Secret\n", False),  # nothing in it is to be encrypted
        (b"k8s/a.json", b'{\n "data": {}\n}', True),
        (b"k8s/\xff.json", b'{\n "data": {}\n}', True),
    ],
)
def test_a_file_lacks_encryption(path: bytes, data: bytes, lacks: bool) -> None:
    rules = (CreationRule("^prod/"), CreationRule("^k8s/", "^data$"))
    assert lacks_encryption(rules, path, data) is lacks


def test_the_first_rule_for_a_path_decides() -> None:
    rules = (CreationRule("^prod/", "^data$"), CreationRule("^prod/"))
    assert not lacks_encryption(rules, b"prod/a", b"other: 1\n")


@given(st.binary(max_size=200))
def test_any_bytes_are_read(text: bytes) -> None:
    for rule in creation_rules(b"creation_rules:\n- path_regex: " + text):
        lacks_encryption((rule,), text, text)
