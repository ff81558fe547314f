"""Values of a config's TOML tables, read as leniently as Gitleaks reads them.

Gitleaks decodes with viper and mapstructure, weakly typed: keys count without regard to case, numbers may
be strings, a list may be one comma-separated string. What they refuse, a `Table` refuses in one line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from scanner.errors import ConfigError

T = TypeVar("T")

_SHOWN = 120


def one_line(text: str) -> str:
    """`text` fit for an error message: control characters escaped, long text cut."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a config something stands, for errors and for ``origin``."""

    file: str
    line: int = 0
    rule_id: str = ""

    def error(self, reason: str, line: int = 0) -> ConfigError:
        """An error at this place; `line` where it is known better."""
        return ConfigError(
            reason, file=one_line(self.file), line=line or self.line, rule_id=one_line(self.rule_id)
        )


class Table:
    """A TOML table; its getters take a key as documented, whatever its case in the file.

    Every getter raises ConfigError where Gitleaks refuses the value too.
    """

    def __init__(self, values: Mapping[str, object], place: Place) -> None:
        self.place = place
        self._values = {key.lower(): value for key, value in values.items()}

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._values

    def keys(self) -> frozenset[str]:
        """The keys, in lower case."""
        return frozenset(self._values)

    def at(self, *, line: int | None = None, rule_id: str | None = None) -> Table:
        """The same table, whose errors name that line or rule too."""
        line = self.place.line if line is None else line
        rule_id = self.place.rule_id if rule_id is None else rule_id
        return Table(self._values, Place(self.place.file, line, rule_id))

    def text(self, key: str) -> str:
        """A string; empty where absent."""
        return self._read(key, _text, "a string", "")

    def whole(self, key: str) -> int:
        """A whole number; 0 where absent."""
        return self._read(key, _whole, "a whole number", 0)

    def number(self, key: str) -> float:
        """A number; 0 where absent."""
        return self._read(key, _number, "a number", 0.0)

    def flag(self, key: str) -> bool:
        """True or false; false where absent."""
        return self._read(key, _flag, "true or false", False)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty where absent."""
        return self._read(key, _texts, "a list of strings", ())

    def table(self, key: str) -> Table:
        """A table; empty where absent."""
        return Table(self._read(key, _table, "a table", {}), self.place)

    def tables(self, key: str) -> list[Table]:
        """A list of tables; empty where absent."""
        default: list[Mapping[str, object]] = []
        return [Table(values, self.place) for values in self._read(key, _tables, "a list of tables", default)]

    def exactly(self, key: str, convert: Callable[[object], T], kind: str, default: T) -> T:
        """A value of a key of our own; `convert` raises ValueError or KeyError for what is not `kind`."""
        return self._read(key, convert, kind, default)

    def _read(self, key: str, convert: Callable[[object], T], kind: str, default: T) -> T:
        if key not in self:
            return default
        value = self._values[key.lower()]
        try:
            return convert(value)
        except (ValueError, KeyError, OverflowError):
            raise self.place.error(f"{key} must be {kind}, not {_shown(value)}") from None


def _shown(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    if isinstance(value, str):
        return f"'{one_line(value)}'"
    return names.get(type(value), "a date or time")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # As Go's FormatFloat(…, 'f', -1): the shortest digits, never an exponent.
        if math.isfinite(value):
            from decimal import Decimal

            return f"{Decimal(repr(value)):f}".removesuffix(".0")
        return "NaN" if math.isnan(value) else f"{value:+}".capitalize().replace("inf", "Inf")
    raise ValueError


def _whole(value: object) -> int:
    if isinstance(value, str):
        number = _parse_whole(value)
    elif isinstance(value, (bool, int, float)):
        number = int(value)  # as Go: the fraction is cut off
    else:
        raise ValueError
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def _parse_whole(text: str) -> int:
    """As Go's ParseInt in base 0; mapstructure takes an empty string as 0."""
    if re.fullmatch(r"[+-]?\w+", text or "0", re.ASCII) is None:
        raise ValueError
    if re.fullmatch(r"[+-]?0[0-7_]+", text, re.ASCII):
        return int(text, 8)
    return int(text or "0", 0)


def _number(value: object) -> float:
    if isinstance(value, str):
        return _parse_number(value)
    if isinstance(value, (bool, int, float)):
        return float(value)
    raise ValueError


def _parse_number(text: str) -> float:
    """As Go's ParseFloat; mapstructure takes an empty string as 0."""
    if re.fullmatch(r"[+\-.\w]*", text, re.ASCII) is None:
        raise ValueError
    number = float.fromhex(text) if "0x" in text.lower() else float(text or "0")
    if math.isinf(number) and "inf" not in text.lower():
        raise ValueError
    return number


def _flag(value: object) -> bool:
    if isinstance(value, str) and value in _FLAGS:
        return _FLAGS[value]
    if isinstance(value, (bool, int, float)):
        return bool(value)
    raise ValueError


_FLAGS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("", "0", "f", "F", "false", "FALSE", "False"), False),
}


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split(",")) if value else ()
    if isinstance(value, list):
        return tuple(_text(item) for item in value)
    return () if value == {} else (_text(value),)


def _table(value: object) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise ValueError


def _tables(value: object) -> list[Mapping[str, object]]:
    if value in ("", {}):
        return []
    return [_table(item) for item in (value if isinstance(value, list) else [value])]
