"""Mail accounts: logs in over TLS, and sends nothing."""

from __future__ import annotations

import smtplib
import socket
import ssl

from scanner.model import State, Verdict
from scanner.verify.base import Client, NoAnswer, Question

_IMPLICIT_TLS = 465  # RFC 8314; on other ports STARTTLS must come first


def verify(question: Question, client: Client) -> Verdict:
    """Log in. Parts: ``host``, ``user``, perhaps ``port`` (587 where it is missing).

    Raises:
        NoAnswer: the server cannot be reached, offers no TLS, or says nothing of the password.
    """
    host, user = (question.parts.get(name, b"").decode("utf-8", "replace") for name in ("host", "user"))
    port = question.parts.get("port", b"587")
    if not host or not user or not port.isdigit():
        return Verdict(State.UNVERIFIABLE, "no host and user nearby")
    if not client.allows(host):
        return Verdict(State.UNVERIFIABLE, "its host stands in the scanned text (see --verify-host)")
    try:
        return _log_in(host, int(port), user, question.secret.decode("utf-8", "replace"), client)
    except ssl.SSLError:
        raise NoAnswer("TLS error") from None
    except (smtplib.SMTPException, ValueError) as error:  # ValueError: of characters that SMTP does not know
        raise NoAnswer(type(error).__name__) from None
    except OSError as error:
        raise NoAnswer("timeout" if isinstance(error, TimeoutError) else "connection failed") from None


def _log_in(host: str, port: int, user: str, password: str, client: Client) -> Verdict:
    context = ssl.create_default_context()
    with _Session(host, port, client, context if port == _IMPLICIT_TLS else None) as session:
        if port != _IMPLICIT_TLS:
            session.starttls(
                context=context
            )  # raises where the server has none: a password never goes in clear
        try:
            session.login(user, password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code == 535:  # RFC 4954, section 6: credentials invalid
                return Verdict(State.INACTIVE, "password rejected")
            raise NoAnswer(f"SMTP {error.smtp_code}") from None
    return Verdict(State.ACTIVE, "", (("user", user), ("server", f"{host}:{port}")))


class _Session(smtplib.SMTP):
    """A session by a connection that the client makes.

    Args:
        context: for TLS from the first byte; None for STARTTLS.
    """

    def __init__(self, host: str, port: int, client: Client, context: ssl.SSLContext | None) -> None:
        self._client, self._context = client, context
        super().__init__(host, port, local_hostname="localhost", timeout=client.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = self._client.connect(host, port)
        return self._context.wrap_socket(connection, server_hostname=host) if self._context else connection
