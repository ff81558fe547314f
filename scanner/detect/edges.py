"""Rules that look at the edges of a text, and what they would find in any part of it.

``^``, ``\\A``, ``$``, ``\\z`` and ``\\B`` hold at the edges of the text that is scanned. Gitleaks scans the
added lines of a hunk as a text of their own, so such a rule can match there and not in the whole file.
The relaxed pattern matches the whole file wherever the pattern matches some run of its lines, so it
tells which files are worth reading hunk by hunk.
"""

from __future__ import annotations

import functools
import re

# What holds a ^ or $ that is no anchor comes first: literals, escapes, character classes. So does the
# usual end of a rule, (?:\s|$) or (?:[\s;]|\\[nr]|$): where a run of whole lines ends, its newline matches
# \s, and left alone it keeps the prefilter sharp. The one case that this gives up is a rule where what
# stands before has to take that newline itself.
_SPACE = r"(?:(?:(?<=[(|])|(?<=\(\?:))\\s|\[(?!\^)\]?(?:\\[^s]|[^\]\\])*\\s(?:\\.|[^\]\\])*\])"
_TOKEN = re.compile(
    r"\\Q.*?(?:\\E|\Z)"
    rf"|{_SPACE}(?:\|\\\\\[nr\])?\|(?:\$|\\z)\)(?![*+{{])"
    r"|\\[ABz]"
    r"|\\[pP]\{[^}]*\}"
    r"|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]"
    r"|\^|\$",
    re.DOTALL,
)

# A run of lines begins where a line begins; it may end anywhere that a regex can tell from inside. After a
# newline, \B holds at the end and not before a word.
_RELAXED = {"^": "(?m:^)", "\\A": "(?m:^)", "$": "(?:)", "\\z": "(?:)", "\\B": "(?:)"}


@functools.cache
def relaxed(pattern: str) -> str:
    """A pattern that matches a text if `pattern` matches any run of its lines; itself where that is so."""
    return _TOKEN.sub(lambda token: _RELAXED.get(token[0], token[0]), pattern)
