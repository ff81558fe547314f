"""Database URIs: connects, authenticates, and nothing more.

The host stands in the scanned text, so that nobody is asked unless the user allowed it. The clients are
optional extras of the installation.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from scanner.model import State, Verdict
from scanner.verify.base import Client, NoAnswer, Question


@dataclass(frozen=True, slots=True)
class Target:
    """Where and as whom to connect.

    Attributes:
        tls: the URI asks for it; it is verified then.
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    tls: bool


def verify(question: Question, client: Client) -> Verdict:
    """Connect and authenticate. The question's part ``uri`` is the whole URI.

    Raises:
        NoAnswer: the server cannot be reached, or says nothing of the password.
    """
    target = parse(question.parts.get("uri", question.secret).decode("utf-8", "replace"))
    if target is None:
        return Verdict(State.UNVERIFIABLE, "no URI that says where and as whom to connect")
    if not client.allows(target.host):
        return Verdict(State.UNVERIFIABLE, "its host stands in the scanned text (see --verify-host)")
    rejected = _DRIVERS[target.scheme](target, client)
    if rejected:
        return Verdict(State.INACTIVE, rejected)
    where = f"{target.host}:{target.port}" + (f"/{target.database}" if target.database else "")
    return Verdict(State.ACTIVE, "", (("user", target.user), ("server", where)))


def parse(uri: str) -> Target | None:
    """The parts of a URI; None where there is no host or password, or nothing here speaks with it."""
    try:
        parts = urlsplit(uri)
        scheme = _SCHEMES.get(parts.scheme.partition("+")[0].lower(), "")
        host, port = parts.hostname or "", parts.port or _PORTS.get(scheme, 0)
    except ValueError:  # a port that is no number, a bracket that is not closed
        return None
    if not scheme or not host or not parts.password or parts.scheme.lower() == "mongodb+srv":
        return None
    options = {key.lower(): values[-1].lower() for key, values in parse_qs(parts.query).items()}
    wants = (
        options.get("sslmode") or options.get("tls") or options.get("ssl") or options.get("ssl-mode") or ""
    )
    return Target(
        scheme,
        host,
        port,
        unquote(parts.username or ""),
        unquote(parts.password),
        unquote(parts.path.lstrip("/").partition("/")[0]),
        parts.scheme.lower() == "rediss" or wants in _TLS_WORDS,
    )


_SCHEMES = {
    **dict.fromkeys(("postgres", "postgresql", "postgis", "cockroachdb"), "postgresql"),
    **dict.fromkeys(("mysql", "mysqlx", "mariadb"), "mysql"),
    **dict.fromkeys(("redis", "rediss"), "redis"),
    "mongodb": "mongodb",
}
_PORTS = {"postgresql": 5432, "mysql": 3306, "redis": 6379, "mongodb": 27017}
_TLS_WORDS = {"require", "required", "verify-ca", "verify-full", "verify_ca", "verify_identity", "true", "1"}


def _driver(module: str) -> Any:
    """An optional client.

    Raises:
        NoAnswer: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise NoAnswer(f"needs {module}: pip install 'leakscan[databases]'") from None


def _postgresql(target: Target, client: Client) -> str:
    """SQLSTATE class 28 is an invalid authorization; a database that is not there (3D000) comes after it."""
    pg8000 = _driver("pg8000.native")
    context = ssl.create_default_context() if target.tls else False
    try:
        with closing(client.connect(target.host, target.port)) as connection:
            session = pg8000.Connection(
                target.user,
                host=target.host,  # for the certificate's name; the socket is connected
                password=target.password,
                database=target.database or None,
                sock=connection,
                ssl_context=context,
            )
            session.close()
    except pg8000.DatabaseError as error:
        details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        code = str(details.get("C", ""))
        if code in ("28P01", "28000"):
            return "password rejected" if code == "28P01" else _refused(details)
        if code != "3D000":
            raise NoAnswer(f"SQLSTATE {code}" if code.isalnum() else "database error") from None
    except (pg8000.InterfaceError, OSError) as error:
        raise _unreachable(error) from None
    return ""


def _refused(details: dict[str, Any]) -> str:
    """28000 is also what a server says whose pg_hba.conf has no entry for where we are: that says nothing."""
    if "pg_hba.conf" in str(details.get("M", "")):
        raise NoAnswer("the server refuses this address")
    return "user rejected"


def _mysql(target: Target, client: Client) -> str:
    """Error 1045 is an access that is denied; no database is named, so that none can be denied."""
    pymysql = _driver("pymysql")
    context = ssl.create_default_context() if target.tls else None
    session = pymysql.Connection(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        read_timeout=client.timeout,
        write_timeout=client.timeout,
        ssl=context,
        local_infile=False,  # a server may ask for files
        defer_connect=True,
    )
    try:
        session.connect(sock=client.connect(target.host, target.port))
    except pymysql.err.MySQLError as error:
        number = error.args[0] if error.args else 0
        if number == 1045:
            return "password rejected"
        raise NoAnswer(f"MySQL error {number}" if isinstance(number, int) else "MySQL error") from None
    except OSError as error:
        raise _unreachable(error) from None
    finally:
        with suppress(pymysql.err.MySQLError, OSError):
            session.close()
    return ""


def _redis(target: Target, client: Client) -> str:
    """``AUTH`` in RESP, which is two lines, needs no client: redis.io's "Redis serialization protocol"."""
    words = [word for word in ("AUTH", target.user, target.password) if word]
    message = f"*{len(words)}\r\n".encode()
    for word in words:
        encoded = word.encode()
        message += b"$%d\r\n%s\r\n" % (len(encoded), encoded)
    try:
        with closing(client.connect(target.host, target.port)) as plain:
            connection = _over_tls(plain, target.host) if target.tls else plain
            connection.sendall(message)
            answer = connection.recv(512).decode("ascii", "replace")
    except OSError as error:
        raise _unreachable(error) from None
    if answer.startswith("+OK"):
        return ""
    if answer.startswith(("-WRONGPASS", "-ERR invalid password")):
        return "password rejected"
    if answer.startswith("-ERR AUTH") and "without any password" in answer:
        return "the server has no password"
    raise NoAnswer("unexpected answer")


def _over_tls(connection: socket.socket, host: str) -> socket.socket:
    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def _mongodb(target: Target, client: Client) -> str:
    """Error 18 is AuthenticationFailed."""
    pymongo = _driver("pymongo")
    milliseconds = int(client.timeout * 1000)
    session = pymongo.MongoClient(
        client.address(target.host, target.port),
        target.port,
        username=target.user,
        password=target.password,
        authSource=target.database or "admin",
        directConnection=True,  # so that it goes to no other host
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds,
        tls=target.tls,
    )
    try:
        session.admin.command("ping")
    except pymongo.errors.OperationFailure as error:
        if error.code == 18:
            return "password rejected"
        raise NoAnswer(f"MongoDB error {error.code}") from None
    except pymongo.errors.PyMongoError as error:
        raise NoAnswer(type(error).__name__) from None
    finally:
        session.close()
    return ""


def _unreachable(error: Exception) -> NoAnswer:
    """No more than the kind of error: its text may hold the URI."""
    if isinstance(error, TimeoutError):
        return NoAnswer("timeout")
    return NoAnswer("TLS error" if isinstance(error, ssl.SSLError) else "connection failed")


_DRIVERS: dict[str, Callable[[Target, Client], str]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "redis": _redis,
    "mongodb": _mongodb,
}
"""Each returns why the server rejected the password; an empty text where it did not."""
