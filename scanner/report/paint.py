"""The few colours of the text report, by what they mean (ECMA-48 SGR sequences; none when off)."""

from __future__ import annotations


class Paint:
    """Wraps text in colours, or leaves it alone.

    Args:
        on: whether the output understands SGR sequences.
    """

    def __init__(self, on: bool) -> None:
        self._on = on

    def alarm(self, text: str) -> str:
        """Bold red: a leak, or a scan that is incomplete."""
        return self._wrap("1;31", text)

    def place(self, text: str) -> str:
        """Cyan: where to look."""
        return self._wrap("36", text)

    def care(self, text: str) -> str:
        """Yellow: worth a look."""
        return self._wrap("33", text)

    def good(self, text: str) -> str:
        """Bold green: nothing found."""
        return self._wrap("1;32", text)

    def faint(self, text: str) -> str:
        """Dim: labels."""
        return self._wrap("2", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._on else text
