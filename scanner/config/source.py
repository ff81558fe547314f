"""The way from a config file's bytes to TOML tables, and what is refused on it.

A config may come from the repository that is scanned, so it is hostile: nothing in it may cost more than
seconds or megabytes before it is refused.
"""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path

from scanner.config.values import Place
from scanner.errors import ConfigError
from scanner.regexp import compile_pattern

# The stock config of Gitleaks has 98 KB; the slowest TOML of this size takes about 3 s to read.
MAX_BYTES = 2 << 20

# The TOML reader's time grows with the square of a key's parts.
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART}){{200}}"


def read_file(path: Path, name: str, *, extended_by: str = "") -> str:
    """The text of a config file.

    Args:
        path: the file.
        name: what errors call it.
        extended_by: name of the file whose ``[extend]`` names it; such a file must be a regular one (no
            pipe or device, which could make a scan wait). Empty where the user named it.

    Raises:
        ConfigError: it cannot be read, is too large, or is not UTF-8. A byte order mark is taken off.
    """
    place = Place(name)
    note = f" ([extend] path of {extended_by}, relative to the working directory)" if extended_by else ""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise place.error(f"is a folder, not a config file{note}")
        if extended_by and not stat.S_ISREG(mode):
            raise place.error(f"is not a regular file{note}")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise place.error(f"cannot read the config: {error.strerror or 'no such file'}{note}") from None
    except ValueError:
        raise place.error(f"cannot read the config: not a file name{note}") from None
    _check_size(len(data), place)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise place.error("is not UTF-8; save the config as UTF-8", line) from None


def read_toml(text: str, name: str) -> dict[str, object]:
    """The tables of a config's text.

    Raises:
        ConfigError: it is not TOML, or larger or deeper than a config can sensibly be.
    """
    if sys.version_info >= (3, 11):  # here, since the built-in pack need not be read each time
        import tomllib
    else:
        import tomli as tomllib

    place = Place(name)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise place.error("is not UTF-8; save the config as UTF-8") from None
    _check_size(len(data), place)
    if compile_pattern(_LONG_KEY).search(data):
        raise place.error("a key of more than 200 parts; shorten it")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise place.error("tables or lists are nested too deep; make them flatter") from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise _toml_error(str(error), text, place) from None


def _toml_error(message: str, text: str, place: Place) -> ConfigError:
    """The TOML reader's error, its line as the error's own."""
    if message.endswith(" (at end of document)"):
        return place.error(f"not valid TOML: {message}", text.count("\n") + 1)
    where = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if where is None:
        return place.error(f"not valid TOML: {message}")
    return place.error(f"not valid TOML: {message[: where.start()]}, column {where[2]}", int(where[1]))


def header_lines(text: str, count: dict[str, int]) -> dict[str, list[int]]:
    """Line numbers of the ``[[key]]`` headers in a config's text.

    The TOML reader does not tell them, so they are looked for.

    Args:
        text: the config.
        count: for each key, in lower case, how many tables there are. Where another number of headers is
            found (tables written inline, a header in a multi-line string), its lines are all 0: unknown.
    """
    lines: dict[str, list[int]] = {key: [] for key in count}
    for number, line in enumerate(text.split("\n"), 1):
        if "[[" in line and (match := _HEADER.match(line)):
            lines[match[1].lower()].append(number)
    return {key: found if len(found) == count[key] else [0] * count[key] for key, found in lines.items()}


_HEADER = re.compile(r"""[ \t]*\[\[[ \t]*["']?(rules|allowlists)["']?[ \t]*\]\]""", re.IGNORECASE | re.ASCII)


def _check_size(size: int, place: Place) -> None:
    if size > MAX_BYTES:
        raise place.error(f"is larger than {MAX_BYTES >> 20} MiB; is it a config?")
