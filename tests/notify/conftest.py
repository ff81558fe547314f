"""A finding to tell of, and servers on the loopback interface that note what they are told."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from scanner.model import Commit, Finding, Rule
from scanner.notify import notifier

SECRET = b"tok_" + b"a1b2c3d4"
RULE = Rule("tok", "A <token> | of=it.", severity="high", remediation="Throw it away: https://example.com/x")


@pytest.fixture
def finding() -> Finding:
    return Finding(
        RULE,
        path=b"d/" + SECRET + b"/a=b|c\\d.txt",
        match=SECRET,
        secret=SECRET,
        line=b"x = " + SECRET,
        start_line=3,
        commit=Commit(
            "0123456789abcdef" * 2, "Ada", "ada@example.com", "2026-11-24T08:00:00Z", "m " + SECRET.decode()
        ),
        link="https://example.com/blob/" + SECRET.decode() + "#L3",
        id="leakscan:v1:" + "1" * 32,
    )


@dataclass
class Web:
    """A web server: what it got, and the statuses that it answers with (then 200)."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            web.got.append((dict(self.headers), body))
            status = web.statuses.pop(0) if web.statuses else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", web.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        web.url = f"http://127.0.0.1:{server.server_port}/hook/abc"
        yield web
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No long waits, and no proxy."""
    monkeypatch.setattr(notifier, "PAUSE", 0.01)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
