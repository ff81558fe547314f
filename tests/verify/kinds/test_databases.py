"""Database URIs, against PostgreSQL, MariaDB and Redis themselves."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.model import State
from scanner.verify import databases
from scanner.verify.base import NoAnswer

PASSWORD = "pa/ss" + ":w@rd-7Kq"
QUOTED = "pa%2Fss%3Aw%40rd-7Kq"


def started(process: subprocess.Popen[bytes], ready: Any) -> None:
    """Waits, at most 30 s, until `ready()` is true."""
    for _ in range(300):
        if ready():
            return
        assert process.poll() is None, "the server ended"
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def listens(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def needs(*programs: str) -> list[str]:
    places = os.pathsep.join(
        [os.environ["PATH"], "/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    )
    found = [shutil.which(program, path=places) for program in programs]
    for program, place in zip(programs, found, strict=True):
        if not place:
            pytest.skip(f"needs {program}")
    return [place for place in found if place]


def stopped(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(30)


@pytest.fixture
def postgres(tmp_path: Path, free_port: int) -> Iterator[int]:
    initdb, server, psql = needs("initdb", "postgres", "psql")
    data = tmp_path / "pg"
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        user = {"user": "nobody", "group": "nogroup"}
        tmp_path.chmod(0o777)
        for folder in tmp_path.parents:
            if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
                folder.chmod(0o755)
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    file.chmod(0o644)
    make = [initdb, "-D", str(data), "-U", "ann", "-A", "scram-sha-256", f"--pwfile={file}", "-N"]
    subprocess.run(make, check=True, capture_output=True, cwd="/", **user)
    options = ["-p", str(free_port), "-c", "listen_addresses=127.0.0.1", "-k", str(tmp_path), "-F"]
    process = subprocess.Popen(
        [server, "-D", str(data), *options], stderr=subprocess.DEVNULL, cwd="/", **user
    )
    try:
        uri = f"postgresql://ann:{QUOTED}@127.0.0.1:{free_port}/postgres"
        started(process, lambda: subprocess.run([psql, uri, "-c", ""], capture_output=True).returncode == 0)
        yield free_port
    finally:
        stopped(process)


@pytest.fixture
def mariadb(tmp_path: Path, free_port: int) -> Iterator[int]:
    install, server, _ = needs("mariadb-install-db", "mariadbd", "my_print_defaults")
    data = tmp_path / "my"
    user = f"--user={getpass.getuser()}"
    make = [
        install,
        "--no-defaults",
        f"--datadir={data}",
        user,
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    ]
    subprocess.run(make, check=True, capture_output=True)
    init = tmp_path / "init.sql"
    init.write_text(f"CREATE USER 'ann'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n")
    options = [
        f"--port={free_port}",
        "--bind-address=127.0.0.1",
        f"--socket={tmp_path}/s",
        f"--init-file={init}",
    ]
    command = [server, "--no-defaults", f"--datadir={data}", user, *options, f"--pid-file={tmp_path}/pid"]
    process = subprocess.Popen([*command, "--skip-name-resolve"], stderr=subprocess.DEVNULL)
    try:
        started(process, lambda: listens(free_port))
        yield free_port
    finally:
        stopped(process)


@pytest.fixture
def redis(tmp_path: Path, free_port: int) -> Iterator[int]:
    [server] = needs("redis-server")
    config = tmp_path / "redis.conf"
    config.write_text(
        f"port {free_port}\nbind 127.0.0.1\ndir {tmp_path}\n"
        f"user ann on >{PASSWORD} +ping\nrequirepass {PASSWORD}x\n"
    )
    process = subprocess.Popen([server, str(config)], stdout=subprocess.DEVNULL)
    try:
        started(process, lambda: listens(free_port))
        yield free_port
    finally:
        stopped(process)


def state(ask: Any, client: Any, uri: str) -> tuple[State, str]:
    verdict = databases.verify(ask(b"x", {"uri": uri.encode()}), client)
    return verdict.state, verdict.reason


@pytest.mark.slow
def test_postgresql(postgres: int, ask: Any, loopback: Any) -> None:
    pytest.importorskip("pg8000")
    place = f"127.0.0.1:{postgres}"
    right = databases.verify(
        ask(b"x", {"uri": f"postgres://ann:{QUOTED}@{place}/postgres".encode()}), loopback()
    )
    assert right.state is State.ACTIVE
    assert dict(right.opens) == {"user": "ann", "server": f"{place}/postgres"}
    assert state(ask, loopback(), f"postgresql+psycopg2://ann:{QUOTED}@{place}/nowhere")[0] is State.ACTIVE
    assert state(ask, loopback(), f"postgres://ann:wrong@{place}/postgres") == (
        State.INACTIVE,
        "password rejected",
    )
    with pytest.raises(NoAnswer):
        state(ask, loopback(), f"postgres://ann:{QUOTED}@{place}/postgres?sslmode=require")  # it has no TLS


@pytest.mark.slow
def test_mysql(mariadb: int, ask: Any, loopback: Any) -> None:
    pytest.importorskip("pymysql")
    place = f"127.0.0.1:{mariadb}"
    assert state(ask, loopback(), f"mysql://ann:{QUOTED}@{place}") == (State.ACTIVE, "")
    assert state(ask, loopback(), f"mysql+pymysql://ann:{QUOTED}@{place}/nowhere") == (State.ACTIVE, "")
    assert state(ask, loopback(), f"mariadb://ann:wrong@{place}") == (State.INACTIVE, "password rejected")
    with pytest.raises(NoAnswer):
        state(ask, loopback(), f"mysql://ann:{QUOTED}@{place}?ssl=true")


def test_redis(redis: int, ask: Any, loopback: Any) -> None:
    place = f"127.0.0.1:{redis}"
    assert state(ask, loopback(), f"redis://ann:{QUOTED}@{place}/0") == (State.ACTIVE, "")
    assert state(ask, loopback(), f"redis://:{QUOTED}x@{place}") == (State.ACTIVE, "")
    assert state(ask, loopback(), f"redis://ann:wrong@{place}") == (State.INACTIVE, "password rejected")
    with pytest.raises(NoAnswer):
        state(ask, loopback(timeout=1), f"rediss://ann:{QUOTED}@{place}")


def test_mongodb_cannot_be_reached(free_port: int, ask: Any, loopback: Any) -> None:
    """There is no MongoDB in Debian nor on PyPI to be asked here."""
    pytest.importorskip("pymongo")
    with pytest.raises(NoAnswer, match="ServerSelectionTimeoutError"):
        state(ask, loopback(timeout=0.5), f"mongodb://ann:pw@127.0.0.1:{free_port}/app")


@pytest.mark.parametrize("scheme", ["postgres", "mysql", "redis"])
def test_a_server_that_is_not_there(scheme: str, free_port: int, ask: Any, loopback: Any) -> None:
    with pytest.raises(NoAnswer, match="connection failed"):
        state(ask, loopback(), f"{scheme}://ann:pw@127.0.0.1:{free_port}/app")


@pytest.mark.parametrize("host", ["db.example.com", "169.254.169.254"])
def test_a_host_that_the_user_did_not_allow(host: str, ask: Any, loopback: Any) -> None:
    found, reason = state(ask, loopback(), f"postgres://ann:pw@{host}/app")
    assert (found, "--verify-host" in reason) == (State.UNVERIFIABLE, True)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "x",
        "postgres://ann@host/db",
        "postgres:///db",
        "oracle://a:b@c",
        "mysql://a:b@[::1",
        "redis://a:b@c:port",
        "mongodb+srv://a:b@c.example",  # whose hosts stand in DNS
    ],
)
def test_no_uri_to_ask(uri: str, ask: Any, loopback: Any) -> None:
    assert state(ask, loopback(), uri)[0] is State.UNVERIFIABLE


def test_a_client_that_is_not_installed(ask: Any, loopback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(databases, "import_module", missing)
    with pytest.raises(NoAnswer, match="leakscan\\[databases\\]"):
        state(ask, loopback(), "mysql://a:b@127.0.0.1/c")
