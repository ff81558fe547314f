"""SSH keys, by the system's ssh against a server on loopback that greets as GitHub does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from scanner.model import State
from scanner.verify import ssh
from scanner.verify.base import NoAnswer

asyncssh = pytest.importorskip("asyncssh")
pytestmark = pytest.mark.skipif(not shutil.which("ssh"), reason="needs ssh")

KNOWN = asyncssh.generate_private_key("ssh-ed25519")
HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
GREETING = "Hi ann! You've successfully authenticated, but GitHub does not provide shell access.\n"


def private(key: Any, password: str | None = None) -> bytes:
    return bytes(key.export_private_key("openssh", passphrase=password))


class Server(asyncssh.SSHServer):  # type: ignore[misc,name-defined]
    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: Any) -> bool:
        return username == "git" and key.public_data == KNOWN.public_data


def greet(process: Any) -> None:
    process.stderr.write(GREETING)
    process.exit(1)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    loop = asyncio.new_event_loop()

    async def listen() -> Any:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Server, server_host_keys=[HOST_KEY], process_factory=greet
        )

    listener = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield listener.get_port()
    loop.call_soon_threadsafe(listener.close)
    asyncio.run_coroutine_threadsafe(listener.wait_closed(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def host(port: int, key: Any = HOST_KEY) -> ssh.Host:
    line = key.export_public_key("openssh").decode().strip()
    return ssh.Host("github.com", line, ssh.HOSTS[0].greeting, port)


@pytest.fixture
def client(loopback: Any) -> Any:
    return loopback(allowed=frozenset({"github.com", "gitlab.com"}))


def test_active(port: int, ask: Any, client: Any) -> None:
    verdict = ssh.verify(ask(private(KNOWN)), client, [host(port)])
    assert verdict.state is State.ACTIVE
    assert dict(verdict.opens) == {"user": "ann", "server": "github.com"}


def test_a_key_that_is_not_known_is_not_called_dead(port: int, ask: Any, client: Any) -> None:
    other = private(asyncssh.generate_private_key("ssh-ed25519"))
    with pytest.raises(NoAnswer, match=r"neither github\.com knows it"):
        ssh.verify(ask(other), client, [host(port)])


def test_a_host_that_is_another(port: int, ask: Any, client: Any) -> None:
    with pytest.raises(NoAnswer, match="host key is not the issuer's"):
        ssh.verify(ask(private(KNOWN)), client, [host(port, asyncssh.generate_private_key("ssh-ed25519"))])


def test_a_host_that_is_not_there(free_port: int, ask: Any, client: Any) -> None:
    with pytest.raises(NoAnswer, match="connection failed"):
        ssh.verify(ask(private(KNOWN)), client, [host(free_port)])


def test_encrypted_or_none(ask: Any, client: Any) -> None:
    for secret in (b"x", KNOWN.export_private_key("pkcs8-pem", passphrase="pw")):
        assert ssh.verify(ask(secret), client, []).state is State.UNVERIFIABLE


def test_the_key_is_in_a_file_of_ours_alone(port: int, ask: Any, client: Any, monkeypatch: Any) -> None:
    seen = []

    def said(command: list[str], timeout: float) -> str:
        from pathlib import Path

        key = Path(command[command.index("-i") + 1])
        seen.append((key, key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777, command))
        return "Permission denied"

    monkeypatch.setattr(ssh, "_said", said)
    with pytest.raises(NoAnswer):
        ssh.verify(ask(private(KNOWN)), client, [host(port)])
    [(key, mode, folder_mode, command)] = seen
    assert (mode, folder_mode, key.exists()) == (0o600, 0o700, False)
    assert not any("PRIVATE" in part for part in command)


def test_hosts_have_the_keys_that_are_published() -> None:
    shown = {
        "github.com": "+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
        "gitlab.com": "eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8",
    }
    for known in ssh.HOSTS:
        digest = hashlib.sha256(base64.b64decode(known.key.split()[1])).digest()
        assert base64.b64encode(digest).decode().rstrip("=") == shown[known.name]
