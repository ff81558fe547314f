"""How a pattern is said to Hyperscan so that it finds all of its matches.

Hyperscan 5.4 takes s and k for characters of one or three bytes where it reads UTF-8 and case does not count
(LONG S and KELVIN SIGN are their third cases), and then loses matches of patterns such as
``(?i)\\boss_(?:accss_?key_?)?secret``. Where a text has one of those two characters, Hyperscan is not asked
at all; so nothing is lost by leaving them out.
"""

from __future__ import annotations

import re

from scanner.detect.shape import reads_ascii
from scanner.detect.syntax import Characters, Sequence, parse

_TOKEN = re.compile(
    r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\(\?[^:)>]*[:)>]|[A-Za-z]", re.DOTALL
)

# The end of many relaxed patterns: as good as nothing.
_MAYBE = re.compile(r"\(\?:\[\^(?:\\.|[^\]\\])*\]\|\(\?:\)\)\Z")


def said(pattern: str) -> tuple[str, bool]:
    """What to look for, and whether it is to be read as UTF-8; where not, bytes are characters.

    Args:
        pattern: that means the same to RE2 and to Hyperscan, for texts without those characters.
    """
    pattern = _MAYBE.sub("", pattern)
    return (pattern, False) if reads_ascii(pattern) else (_TOKEN.sub(_in_two_cases, pattern), True)


def _in_two_cases(token: re.Match[str]) -> str:
    """A letter or a class that has an S or a K, with both cases of its letters and no third one."""
    text = token[0]
    if len(text) > 1 and not (text.startswith("[") and reads_ascii(text)):
        return text
    node = parse(f"(?i){text}")
    characters = node.parts[0] if isinstance(node, Sequence) else node
    if not isinstance(characters, Characters) or not characters.other:
        return text
    codes = "".join(f"\\x{code:02x}" for code in sorted(characters.ascii))
    return f"(?-i:[{codes}])"
