"""Whom to tell, as a user writes it: ``slack:NAME``, ``webhook:@FILE``, ``syslog:udp://host:514``.

An address that lets whoever knows it write to a channel, or holds a password, is a secret; the arguments of a
process are not. Such addresses are therefore named by an environment variable or a file that holds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from scanner.errors import UsageError

_SCHEMES = {
    "slack": ("https", "http"),
    "teams": ("https", "http"),
    "webhook": ("https", "http"),
    "mail": ("smtps", "smtp"),
    "syslog": ("udp", "tcp", "tls"),
}
_SECRET = ("slack", "teams", "webhook")  # kinds whose address is one
FORMATS = ("json", "cef", "ocsf")
KEY = "LEAKSCAN_NOTIFY_KEY"


@dataclass(frozen=True, slots=True)
class Target:
    """One that is told.

    Attributes:
        kind: ``slack``, ``teams``, ``webhook``, ``mail`` or ``syslog``.
        name: what may be shown of it.
        url: its address; may be a secret.
        key: signs what a webhook gets; empty for no signature.
    """

    kind: str
    name: str
    url: str = field(repr=False)
    key: bytes = field(default=b"", repr=False)

    @property
    def parts(self) -> SplitResult:
        """The address in parts."""
        return urlsplit(self.url)

    def query(self, name: str) -> list[str]:
        """The values of a parameter of the address."""
        return parse_qs(self.parts.query).get(name, [])


def parse(text: str, environment: Mapping[str, str]) -> Target:
    """The target that `text` names.

    Raises:
        UsageError: it is none, or its address is missing or wrong; the message does not show the address.
    """
    kind, _, where = text.partition(":")
    if kind not in _SCHEMES or not where:
        kinds = ", ".join(_SCHEMES)
        told = f"KIND is one of {kinds}, and NAME an environment variable"
        raise UsageError(f"--notify takes KIND:NAME, where {told}")
    direct = "://" in where
    if direct and (kind in _SECRET or "@" in urlsplit(where).netloc):
        told = f"put the address into an environment variable ({kind}:NAME) or a file ({kind}:@FILE)"
        raise UsageError(f"--notify {kind}: everybody sees a process's arguments; {told}")
    url = where if direct else _kept(kind, where, environment)
    target = Target(kind, text, url.strip(), environment.get(KEY, "").encode())
    _check(target)
    return target


def _kept(kind: str, where: str, environment: Mapping[str, str]) -> str:
    """The address in a variable or a file."""
    if not where.startswith("@"):
        if not re.fullmatch(r"\w+", where, re.ASCII):
            raise UsageError(f"--notify {kind}: NAME is the name of an environment variable, without '$'")
        if not environment.get(where):
            raise UsageError(f"--notify {kind}: the environment variable {where} is not set")
        return environment[where]
    try:
        return Path(where[1:]).read_text("utf-8")
    except (OSError, ValueError):
        raise UsageError(f"--notify {kind}: the file {where[1:]!r} cannot be read") from None


def _check(target: Target) -> None:
    """Raises UsageError where the address cannot be used."""
    schemes = " or ".join(f"{scheme}://" for scheme in _SCHEMES[target.kind])
    try:
        parts = target.parts
        right = parts.scheme in _SCHEMES[target.kind] and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or re.search(r"[\s\x00-\x1f]", target.url):
        raise UsageError(f"--notify {target.name}: its address must begin with {schemes} and name a host")
    if target.kind == "mail" and not target.query("to"):
        raise UsageError(f"--notify {target.name}: say who gets mail: smtp://host:25?from=a@b.c&to=d@e.f")
    if target.kind == "syslog" and not set(target.query("format")) <= set(FORMATS):
        raise UsageError(f"--notify {target.name}: format is one of {', '.join(FORMATS)}")
