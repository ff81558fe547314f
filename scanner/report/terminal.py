"""Text that comes from what was scanned, made safe to print on a terminal."""

from __future__ import annotations

import re

# Control characters (C0, DEL, C1), line separators, and what reorders or hides text (bidirectional and
# zero-width formatting): a file name or an author must not move the cursor or pose as another text.
_UNSAFE = "\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff"
_ONE_LINE = re.compile(f"[{_UNSAFE}\ud800-\udfff]")
_MANY_LINES = re.compile(f"(?!\\r?\\n|\\t)[{_UNSAFE}\ud800-\udfff]")


def one_line(text: str, limit: int = 0) -> str:
    """`text` with each unsafe character as its escape (``\\x1b``), cut to `limit` characters if given."""
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    return _ONE_LINE.sub(_escape, text)


def many_lines(text: str) -> str:
    """The same, but newlines (with a carriage return or without) and tabs stay."""
    return _MANY_LINES.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    """The character's escape, as Python and C write it."""
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
