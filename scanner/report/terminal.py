"""Text that comes from what was scanned, made safe to print on a terminal.

A file name, an author or a secret must not move the cursor, change colours, or pose as another text by
reordering or hiding characters. So what is not printable by Unicode's categories (control, format, line
separators, surrogates, unassigned; any space but the plain one) is shown as its escape.
"""

from __future__ import annotations

import re

_LINE_END_OR_TAB = re.compile(r"(\r?\n|\t)")


def one_line(text: str, limit: int = 0) -> str:
    """`text` with each unprintable character as its escape, cut to `limit` characters if any."""
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    return text if text.isprintable() else "".join(map(_shown, text))


def many_lines(text: str) -> str:
    """The same, but newlines (with a carriage return or without) and tabs stay."""
    parts = _LINE_END_OR_TAB.split(text)
    return "".join(part if n % 2 else one_line(part) for n, part in enumerate(parts))


def _shown(char: str) -> str:
    """`char`, or its escape as Python writes it in ASCII."""
    return char if char.isprintable() else ascii(char)[1:-1]
