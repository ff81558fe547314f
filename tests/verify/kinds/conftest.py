"""A client that goes to loopback only, and servers to ask."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from scanner.model import Rule
from scanner.verify.base import Answer, NoAnswer, Question, Request


@dataclass
class Loopback:
    """Sends everything to one port of 127.0.0.1, whatever the host, and keeps what it was told to send."""

    port: int = 0
    context: ssl.SSLContext | None = None
    allowed: frozenset[str] = frozenset({"127.0.0.1", "localhost"})
    timeout: float = 5
    sent: list[Request] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        self.sent.append(request)
        url = urlsplit(request.url)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=self.context)
        try:
            headers = {**request.headers, "host": url.netloc}
            connection.request(request.method, f"{url.path}?{url.query}".rstrip("?"), request.body, headers)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def connect(self, host: str, port: int) -> socket.socket:
        try:
            return socket.create_connection((self.address(host, port), port), self.timeout)
        except OSError:
            raise NoAnswer("connection failed") from None

    def address(self, host: str, port: int) -> str:
        assert host in self.allowed
        return "127.0.0.1"

    def allows(self, host: str) -> bool:
        return host in self.allowed


Ask = Callable[..., Question]


@pytest.fixture
def ask() -> Ask:
    """Makes a question."""

    def make(secret: bytes, parts: Mapping[str, bytes] | None = None, **others: object) -> Question:
        return Question(Rule("r"), secret, parts or {}, **others)  # type: ignore[arg-type]

    return make


@pytest.fixture
def loopback() -> type[Loopback]:
    return Loopback


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
