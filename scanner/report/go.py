"""How Go's standard library writes JSON, CSV, XML and numbers, as Gitleaks' reports do."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters of Go's unicode.IsSpace (Unicode's White_Space)."""

# encoding/json escapes these for HTML and JavaScript, and writes U+FFFD so where bytes were not UTF-8.
_JSON = {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029\ufffd"}

_XML = {'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_XML |= {"\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
_XML_SPECIAL = re.compile("[\\x00-\\x1f\\ud800-\\udfff\\ufffe\\uffff\"'&<>]")


def json_text(value: object, indent: str | None = None) -> str:
    """`value` as Go's encoding/json writes it, without a newline at the end.

    Args:
        value: dicts, lists, strings, booleans and numbers; floats as `float32` gives them.
        indent: one level's indentation; None for everything on one line.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    for char, escape in _JSON.items():  # none of them has a meaning in JSON, so all are inside strings
        text = text.replace(char, escape)
    return text


def utf8(text: str) -> bytes:
    """`text` as a report's bytes. A lone surrogate (in an operating system's message) becomes ``?``."""
    return text.encode("utf-8", "replace")


def float32(value: float) -> int | float:
    """`value` rounded to single precision; its shortest decimal is what JSON then shows.

    A whole number comes back as an int, since Go writes ``3`` where Python writes ``3.0``.
    """
    (single,) = struct.unpack("<f", struct.pack("<f", value))
    for digits in (6, 7, 8, 9):  # six always survive, nine always suffice (FLT_DIG, FLT_DECIMAL_DIG)
        short = float(f"{single:.{digits}g}")
        if struct.unpack("<f", struct.pack("<f", short))[0] == single:
            break
    return int(short) if short.is_integer() else short


def csv_row(fields: Iterable[str]) -> str:
    """One record as Go's encoding/csv writes it, with its newline."""
    return ",".join(map(_csv_field, fields)) + "\n"


def _csv_field(field: str) -> str:
    """`field`, quoted where Go quotes it: on special characters, a leading space, or ``\\.`` alone."""
    special = any(c in field for c in ',"\r\n')
    if special or field == r"\." or (field[:1] and field[0] in SPACE):
        return '"' + field.replace('"', '""') + '"'
    return field


def xml_text(text: str) -> str:
    """`text` as Go's encoding/xml writes it, in content and in attributes alike.

    Characters that XML 1.0 cannot hold become U+FFFD.
    """
    return _XML_SPECIAL.sub(lambda found: _XML.get(found[0], "\ufffd"), text)
