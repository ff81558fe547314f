"""A notice by e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from scanner.notify.notice import Notice
from scanner.notify.target import Target

if TYPE_CHECKING:
    from email.message import EmailMessage

_SHOWN = 50


def send(target: Target, notice: Notice, timeout: float) -> None:
    """Send one mail. ``smtps`` is TLS from the start; ``smtp`` turns to TLS where the server can, and must
    where there is a password. Certificates are verified.

    Raises:
        OSError: it was not taken (smtplib's errors are such).
    """
    import smtplib
    import ssl

    parts, context = target.parts, ssl.create_default_context()
    host, user = parts.hostname or "", unquote(parts.username or "")
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=timeout)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and (user or server.has_extn("starttls")):
            server.starttls(context=context)  # raises where the server cannot
        if user:
            server.login(user, unquote(parts.password or ""))
        server.send_message(message(target, notice))


def message(target: Target, notice: Notice) -> EmailMessage:
    """The mail itself: plain text."""
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["Subject"] = notice.title
    mail["From"] = (target.query("from") or ["leakscan@localhost"])[0]
    mail["To"] = ", ".join(target.query("to"))
    lines = [notice.title, ""]
    for alert in notice.alerts[:_SHOWN]:
        lines += [f"{alert.rule}{f' ({alert.severity})' if alert.severity else ''}: {alert.description}"]
        lines += [f"  where  {alert.place}"]
        lines += (
            [f"  since  {alert.date[:10]} by {alert.author} in {alert.commit[:12]}"] if alert.commit else []
        )
        lines += [f"  fix    {alert.remediation}"] if alert.remediation else []
        lines += [f"  id     {alert.id}", ""]
    more = notice.total - min(len(notice.alerts), _SHOWN)
    lines += [f"and {more} more"] if more > 0 else []
    mail.set_content("\n".join(lines))
    return mail
