"""Notices against real servers on the loopback interface: what they say, when they are sent again, and that
nothing of it disturbs a scan."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller

from scanner.model import Finding, Summary
from scanner.notify import notifier
from scanner.notify.notice import LISTED, Collector
from scanner.notify.notifier import Notifier
from scanner.notify.target import parse

SECRET = "tok_" + "a1b2c3d4"


def tell(text: str, *findings: Finding, **environment: str) -> list[str]:
    """The warnings of a run with these findings."""
    warnings: list[str] = []
    report = Notifier([parse(text, environment)], "repo", "1.2.3", warnings.append)
    for finding in findings:
        report.add(finding)
    report.finish(Summary())
    return warnings


def test_a_webhook_gets_one_signed_notice(web: Any, finding: Finding) -> None:
    other = replace(finding, id="leakscan:v1:" + "2" * 32, path=b"b.txt")
    assert tell("webhook:HOOK", finding, finding, other, HOOK=web.url, LEAKSCAN_NOTIFY_KEY="key") == []
    ((headers, body),) = web.got
    sent = headers["X-Leakscan-Timestamp"]
    expected = hmac.new(b"key", sent.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Leakscan-Signature"] == f"v1={expected}" and abs(time.time() - int(sent)) < 60
    record = json.loads(body)
    assert (record["type"], record["total"], record["secrets"]) == ("leakscan.findings", 3, {"high": 1})
    assert [alert["file"] for alert in record["alerts"]] == ["d/REDACTED/a=b|c\\d.txt", "b.txt"]
    assert SECRET not in body.decode()


def test_no_credentials_of_the_user_are_sent(
    web: Any, finding: Finding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password " + "hunter2\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert tell("webhook:HOOK", finding, HOOK=web.url) == []
    assert tell("webhook:HOOK", finding, HOOK=web.url.replace("//", "//me:" + "mine@")) == []
    assert ["Authorization" in headers for headers, _ in web.got] == [False, True]


def test_without_findings_nothing_is_sent(web: Any) -> None:
    assert tell("webhook:HOOK", HOOK=web.url) == [] and web.got == []


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_chats_get_plain_text(web: Any, finding: Finding, kind: str) -> None:
    findings = [replace(finding, id=f"leakscan:v1:{n:032}") for n in range(300)]
    assert tell(f"{kind}:HOOK", *findings, HOOK=web.url, LEAKSCAN_NOTIFY_KEY="key") == []
    ((headers, body),) = web.got
    assert "X-Leakscan-Signature" not in headers
    assert SECRET not in body.decode() and len(body) < 28_000
    payload = json.loads(body)
    assert "and 285 more" in body.decode()
    if kind == "slack":
        assert len(payload["blocks"]) <= 50
        assert all(part["text"]["type"] == "plain_text" for part in payload["blocks"][:-1])
    else:
        card = payload["attachments"][0]["content"]
        assert card["type"] == "AdaptiveCard"
        assert {block["type"] for block in card["body"]} == {"RichTextBlock"}


@pytest.mark.parametrize(
    ("statuses", "requests", "problem"),
    [
        ([500, 429, 200], 3, ""),
        ([500] * 9, notifier.ATTEMPTS, "answer 500"),
        ([404], 1, "answer 404"),
        ([302], 1, "answer 302"),  # not followed
    ],
)
def test_it_is_sent_again_where_that_may_help(
    web: Any, finding: Finding, statuses: list[int], requests: int, problem: str
) -> None:
    web.statuses = list(statuses)
    warnings = tell("slack:HOOK", finding, HOOK=web.url)
    assert len(web.got) == requests
    assert [problem in text for text in warnings] == ([True] if problem else [])
    assert "abc" not in "".join(warnings)  # the address


def test_nobody_there_is_a_warning(finding: Finding) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (warning,) = tell("webhook:HOOK", finding, HOOK=f"http://127.0.0.1:{port}/hook/abc")
    assert "could not be told" in warning and "hook/abc" not in warning


def test_a_server_that_does_not_answer_holds_nothing_up(
    finding: Finding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "BUDGET", 0.6)
    monkeypatch.setattr(notifier, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts, and says nothing
        port = server.getsockname()[1]
        started = time.monotonic()
        (warning,) = tell("webhook:HOOK", finding, HOOK=f"http://127.0.0.1:{port}/")
    assert time.monotonic() - started < 3 and "could not be told" in warning


class Inbox:
    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.rcpt_tos, bool(session.ssl), mail))
        return "250 OK"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS context, whose authority is trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize("secure", [False, True])
def test_mail(finding: Finding, authority: ssl.SSLContext, secure: bool) -> None:
    inbox = Inbox()
    tls = {"tls_context": authority, "require_starttls": True} if secure else {}
    server = Controller(inbox, hostname="127.0.0.1", port=free_port(), **tls)
    server.start()
    try:
        url = f"mail:smtp://localhost:{server.port}?from=l@example.com&to=a@example.com&to=b@example.com"
        assert tell(url, finding) == []
    finally:
        server.stop(no_assert=True)
    ((to, encrypted, mail),) = inbox.mails
    assert to == ["a@example.com", "b@example.com"] and encrypted is secure
    assert mail["Subject"] == "leakscan: 1 new secret in repo (1 high)"
    text = mail.get_content()
    assert "tok (high): A <token> | of=it." in text and "fix    Throw it away" in text
    assert SECRET not in text


def test_a_password_is_not_sent_in_clear(finding: Finding) -> None:
    server = Controller(Inbox(), hostname="127.0.0.1", port=free_port(), auth_require_tls=False)
    server.start()
    try:
        address = "smtp://user:" + f"pw@127.0.0.1:{server.port}?to=a@example.com"
        (warning,) = tell("mail:M", finding, M=address)
    finally:
        server.stop(no_assert=True)
    assert "SMTPNotSupportedError" in warning


def serve(listener: socket.socket, context: ssl.SSLContext | None, got: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection, context.wrap_socket(connection, server_side=True) if context else connection as stream:
        data = b""
        while part := stream.recv(65536):
            data += part
        got.append(data)
        if isinstance(stream, ssl.SSLSocket):
            stream.unwrap().close()


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_syslog_over_a_stream_counts_octets(finding: Finding, authority: ssl.SSLContext, scheme: str) -> None:
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = authority if scheme == "tls" else None
        thread = threading.Thread(target=serve, args=(listener, context, got))
        thread.start()
        other = replace(finding, id="leakscan:v1:" + "2" * 32)
        port = listener.getsockname()[1]
        assert tell(f"syslog:{scheme}://localhost:{port}?format=ocsf", finding, other) == []
        thread.join(10)
    (data,) = got
    events = []
    while data:
        size, _, rest = data.partition(b" ")
        events.append(rest[: int(size)])
        data = rest[int(size) :]
    assert len(events) == 2
    check_syslog(events[0])
    assert json.loads(events[0].split(b" ", 7)[7])["class_uid"] == 2004


def check_syslog(event: bytes) -> None:
    """The header that RFC 5424 asks for."""
    head = event.split(b" ", 7)
    assert head[0] == b"<107>1" and head[1].endswith(b"Z") and head[3] == b"leakscan"
    assert head[5:7] == [b"finding", b"-"]
    assert SECRET.encode() not in event


@pytest.mark.parametrize("format_", ["json", "cef"])
def test_syslog_over_udp(finding: Finding, format_: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        port = server.getsockname()[1]
        assert tell(f"syslog:udp://127.0.0.1:{port}?format={format_}", finding) == []
        event = server.recv(65536)
    check_syslog(event)
    assert event.split(b" ", 7)[7].startswith(b"CEF:0|leakscan|" if format_ == "cef" else b'{"id"')


def test_of_many_the_gravest_are_listed(finding: Finding) -> None:
    collector = Collector()
    for n in range(5 * LISTED):
        severity: Any = "critical" if n == 4 * LISTED else "low"
        rule = replace(finding.rule, severity=severity)
        collector.add(replace(finding, rule=rule, id=f"leakscan:v1:{n:032}"))
    notice = collector.notice("r", "1", 0)
    assert notice and notice.total == 5 * LISTED and len(notice.alerts) == LISTED
    assert notice.alerts[0].severity == "critical"


def test_the_scans_exit_code_stays(web: Any, tmp_path: Path, make_repo: Callable[..., Any]) -> None:
    import os
    import subprocess
    import sys

    repo = make_repo()
    repo.commit({"a.txt": f"{SECRET}\n"})
    (tmp_path / "c.toml").write_text("[[rules]]\nid = 'tok'\nregex = '''tok_[a-z0-9]{8}'''\n")
    command = [sys.executable, "-m", "scanner.cli", "history", "-c", str(tmp_path / "c.toml")]

    def run(*options: str, hook: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"HOOK": hook, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        return subprocess.run(
            [*command, *options], cwd=repo.path, env=environment, capture_output=True, text=True
        )

    done = run("--notify", "webhook:HOOK", "-r", str(tmp_path / "b.jsonl"), hook=web.url)
    assert done.returncode == 1 and len(web.got) == 1 and SECRET not in done.stderr + web.got[0][1].decode()
    done = run("--notify", "webhook:HOOK", "-b", str(tmp_path / "b.jsonl"), hook=web.url)
    assert done.returncode == 0 and len(web.got) == 1  # nothing new
    web.statuses = [404]
    done = run("--notify", "webhook:HOOK", hook=web.url)
    assert done.returncode == 1 and "WRN --notify webhook:HOOK: could not be told: answer 404" in done.stderr
    done = run("--notify", web.url, hook=web.url)
    assert done.returncode == 2 and len(web.got) == 2
