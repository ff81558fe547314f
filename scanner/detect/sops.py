"""What a ``.sops.yaml`` says must be encrypted, and whether it is.

Of the file's format (see https://getsops.io/docs/) only path_regex and encrypted_regex of the creation rules
are read, in block style, which needs no YAML parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scanner.errors import PatternError
from scanner.regexp import compile_pattern, searchable

RULE_ID = "sops-unencrypted-file"
"""The rule that reports such files; without it in the config, nobody looks."""

NAME = b".sops.yaml"

_MOST_RULES = 200
_KEY = re.compile(rb"[ \t]*(?:-[ \t]+)?(path_regex|encrypted_regex)[ \t]*:[ \t]*(.*?)[ \t\r]*")
_ITEM = re.compile(rb"([ \t]*)-(?:[ \t]|$)")
_MAC = (
    rb"""\b(?:sops_)?mac["']?[ \t]*[:=][ \t]*["']?ENC\[AES256_GCM,data:[0-9A-Za-z+/=]+,iv:[0-9A-Za-z+/=]+,"""
)
_ENCRYPTED = re.compile(_MAC + rb"tag:[0-9A-Za-z+/=]+,type:str\]")
_NAME_IN_FILE = re.compile(rb"""(?m)^[ \t]*(?:-[ \t]+)?["']?([\w.-]{1,200})["']?[ \t]*[:=]""")
_EXTENSIONS = re.compile(r"\\[a-zA-Z]|ya\??ml|yml|json|env|ini|toml|txt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CreationRule:
    """One of the creation rules.

    Attributes:
        path: RE2 pattern of the paths it is for, from the folder of its file.
        keys: RE2 pattern of the keys whose values are encrypted; empty for all.
    """

    path: str
    keys: str = ""


def creation_rules(text: bytes) -> tuple[CreationRule, ...]:
    """The rules in the text of a ``.sops.yaml`` that name paths.

    A rule for every file, or for all of one extension, only says how to encrypt what somebody chooses to, and
    so does one without path_regex: these demand nothing and are left out, as are patterns that RE2, and so
    SOPS, refuses.
    """
    rules = []
    for item in _items(text):
        rule = CreationRule(item.get(b"path_regex", ""), item.get(b"encrypted_regex", ""))
        if re.search("[A-Za-z]{3}", _EXTENSIONS.sub(".", rule.path)) and _compiles(rule):
            rules.append(rule)
    return tuple(rules[:_MOST_RULES])


def lacks_encryption(rules: tuple[CreationRule, ...], path: bytes, data: bytes) -> bool:
    """Whether one of `rules` demands that a file be encrypted and it is not.

    Args:
        path: from the folder of the ``.sops.yaml``.
        data: the file's text.
    """
    name = searchable(path).text
    rule = next((rule for rule in rules if compile_pattern(rule.path).search(name)), None)
    if rule is None or _ENCRYPTED.search(data):
        return False
    if not rule.keys:
        return True
    keys = {match[1] for match in _NAME_IN_FILE.finditer(data)}
    return any(compile_pattern(rule.keys).search(key) for key in keys)  # of ASCII alone


def _items(text: bytes) -> Iterator[dict[bytes, str]]:
    """The keys of each creation rule."""
    item: dict[bytes, str] | None = None
    indent = b""
    for line in text.partition(b"creation_rules:")[2].splitlines()[1:]:
        if line.strip() and not line.lstrip().startswith(b"#") and line[:1] not in b" \t-":
            break  # another key of the file
        start = _ITEM.match(line)
        if start and (item is None or start[1] == indent):
            if item is not None:
                yield item
            item, indent = {}, start[1]
        found = _KEY.fullmatch(line)
        if found and item is not None:
            item[found[1]] = _scalar(found[2])
    if item is not None:
        yield item


def _scalar(value: bytes) -> str:
    """A YAML scalar on one line."""
    text = value.decode("utf-8", "replace")
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r'\\([\\"/])', r"\1", text[1:-1])
    return text.partition(" #")[0].rstrip()


def _compiles(rule: CreationRule) -> bool:
    try:
        return bool(compile_pattern(rule.path) and compile_pattern(rule.keys or "x"))
    except PatternError:
        return False
