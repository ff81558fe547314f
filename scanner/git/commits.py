"""Who made a commit, when, and with which message: as ``git log`` shows it and Gitleaks reports it."""

from __future__ import annotations

import operator
import unicodedata
from itertools import dropwhile, takewhile

from scanner.git.objects import CorruptObject
from scanner.git.program import Dialogue, GitFailed, Program
from scanner.model import Commit, text_of

# Names through the mailmap, as git log does.
_OUTPUT = ("--encoding=UTF-8", "--format=%P%x00%aN%x00%aE%x00%at%x00%B%x00")
_INDENT = "    "  # git log's, before each line of a message
_TAB = 8  # columns, to which git log expands tabs

# What Go's unicode.IsSpace holds; Python's str.strip() takes U+001C to U+001F too.
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


class CommitReader:
    """Reads commits by id through one long-lived program; not for use by several threads."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._dialogue = Dialogue(program, "diff-tree", "--stdin", "-s", "--always", *_OUTPUT)

    def read(self, id: str) -> Commit:
        """The commit of that full object name; raises `CorruptObject` when it cannot be read."""
        answer = self._dialogue.ask(id) or self._read_alone(id)
        fields = answer.split(b"\0")
        if len(fields) < 5:
            raise CorruptObject(id)
        parents, author, email, seconds, raw = fields[:5]
        return Commit(
            id=id,
            author=text_of(author),
            email=text_of(email),
            date=date_of(seconds),
            message=message_of(raw),
            merge=b" " in parents,
        )

    def _read_alone(self, id: str) -> bytes:
        """The same for a commit whose parents cannot be read; empty where it cannot itself."""
        try:
            return self._program.output("log", "-s", "--no-walk", *_OUTPUT, id)
        except GitFailed:
            return b""

    def close(self) -> None:
        """End the program."""
        self._dialogue.close()


def date_of(seconds: bytes) -> str:
    """RFC 3339 in UTC for seconds since 1970; the epoch, as ``git log``, for what is no such number."""
    from datetime import datetime, timedelta, timezone

    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    try:
        moment = epoch + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        moment = epoch
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def message_of(raw: bytes) -> str:
    """Subject, blank line, body of the raw message, as Gitleaks writes them.

    Gitleaks parses what ``git log`` prints: lines without trailing space, tabs expanded, indented by four.
    Of that it joins the first paragraph's lines to the subject, drops one indentation (the first line's)
    from the others, and turns any number of blank lines into one.
    """
    stripped = (line.rstrip(b" \t\r") for line in raw.split(b"\n"))
    shown = (_INDENT + _expand_tabs(line) for line in dropwhile(operator.not_, stripped))
    title = list(takewhile(lambda line: line.strip(_SPACE), shown))
    if not title:
        return ""
    indent = title[0][: len(title[0]) - len(title[0].lstrip(_SPACE))]
    body = _body([line.rstrip(_SPACE).removeprefix(indent) for line in shown])
    subject = " ".join(line.strip(_SPACE) for line in title)
    return subject + (f"\n\n{body}" if body else "")


def _body(lines: list[str]) -> str:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join("\n".join(paragraph) for paragraph in paragraphs if paragraph)


def _expand_tabs(line: bytes) -> str:
    """`line` with spaces to the next of git log's tab stops for each tab, counted in columns shown.

    After a part whose columns cannot be told (not UTF-8, control characters) Git leaves tabs alone.
    """
    text = ""
    while (tab := line.find(b"\t")) >= 0:
        width = _width(line[:tab])
        if width is None:
            break
        text += line[:tab].decode() + " " * (_TAB - width % _TAB)
        line = line[tab + 1 :]
    return text + text_of(line)


def _width(part: bytes) -> int | None:
    """Columns that `part` takes on a terminal; None where that cannot be told."""
    try:
        text = part.decode()
    except UnicodeDecodeError:
        return None
    if any(unicodedata.category(character) == "Cc" for character in text):
        return None
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
