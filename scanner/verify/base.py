"""What a verifier is asked, what it may use to find out, and what it answers."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scanner.model import Rule, Verdict


@dataclass(frozen=True, slots=True)
class Question:
    """One distinct secret, to be asked about once in a run.

    Attributes:
        rule: that found it.
        secret: itself. Only where the repr is not shown: it must not reach logs or errors.
        parts: what else belongs to it, by the names of ``[rules.verify] parts`` (a key's id, an account).
        endpoint: base URL that the user named for this provider; empty for the issuer's own.
        canaries: the user wants known canary accounts asked about, too.
    """

    rule: Rule
    secret: bytes = field(repr=False)
    parts: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    endpoint: str = ""
    canaries: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTPS request.

    Attributes:
        url: absolute; its host is fixed by the verifier, or one that the user named.
        headers: without Host and Content-Length.
        read_only: it may be sent again after an error; false for what revokes.
    """

    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    read_only: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        headers: names in lower case.
        body: at most `MAX_BODY` bytes of it, decompressed.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


MAX_BODY = 64 << 10
"""Bytes of an answer that are read; the rest is not."""


class NoAnswer(Exception):
    """Nothing came back that decides: the verdict is *unknown*.

    Args:
        reason: for a person, in a few words (``timeout``, ``rate limit``, ``HTTP 500``); never content, nor
            an exception's own text, which may hold a URL with a secret in it.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Client(Protocol):
    """The only way to a network. Every call waits for its host's turn (a rate limit for each), refuses
    addresses that are not public unless the user named the host, and takes a limited time.

    Shared by threads.
    """

    timeout: float
    """Seconds that connecting, and each wait for a byte, may take."""

    def send(self, request: Request) -> Answer:
        """Send over TLS, follow no redirect, repeat on 429 and 5xx as the answer asks.

        Raises:
            NoAnswer: no answer came in time, it was 429 or 5xx to the end, or the host must not be asked.
        """

    def connect(self, host: str, port: int) -> socket.socket:
        """A TCP connection to the address of `host` that was checked, with `timeout` set; no TLS yet.

        Raises:
            NoAnswer: as `send`.
        """

    def address(self, host: str, port: int) -> str:
        """The checked IP address of `host`, for libraries that open connections themselves: give them this
        address (and `host` for the certificate), else they could come to another one.

        Raises:
            NoAnswer: as `send`.
        """

    def allows(self, host: str) -> bool:
        """Whether the user allowed this host, which was read from the scanned text (``--verify-host``)."""


class Verifier(Protocol):
    """A module of ``scanner.verify`` with this function is a kind; see `scanner.verify.kinds`."""

    def verify(self, question: Question, client: Client) -> Verdict:
        """Ask.

        Everything else that it raises makes the verdict *unknown*, too, with no more than its type.

        Raises:
            NoAnswer: *unknown*, with its reason.
        """
