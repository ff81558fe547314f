"""Alerts to a syslog server or a SIEM: an event for each finding, by RFC 5424.

Over UDP (RFC 5426) each event is a datagram; over TCP (RFC 6587) and TLS (RFC 5425) its length stands before
it.
"""

from __future__ import annotations

import os
import socket
import ssl
from datetime import datetime, timezone

from scanner.notify.events import EVENTS
from scanner.notify.notice import Alert, Notice
from scanner.notify.target import Target

_FACILITY = 13  # log audit
_LEVELS = {"critical": 2, "high": 3, "medium": 4, "low": 5}  # of syslog: critical, error, warning, notice
_PORTS = {"udp": 514, "tcp": 601, "tls": 6514}


def send(target: Target, notice: Notice, timeout: float) -> None:
    """Send all alerts; raises OSError where the server does not take them."""
    parts = target.parts
    address = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    format_ = (target.query("format") or ["json"])[0]
    events = [message(alert, notice, format_) for alert in notice.alerts]
    if parts.scheme == "udp":
        family, kind, number, _, place = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, number) as datagrams:
            for event in events:
                datagrams.sendto(event, place)
        return
    framed = b"".join(b"%d %b" % (len(event), event) for event in events)
    with socket.create_connection(address, timeout) as plain:
        if parts.scheme == "tcp":
            plain.sendall(framed)
            return
        context = ssl.create_default_context()
        with context.wrap_socket(plain, server_hostname=address[0]) as encrypted:
            encrypted.sendall(framed)
            encrypted.unwrap()  # the server has read it all, or says so


def message(alert: Alert, notice: Notice, format_: str) -> bytes:
    """One event as RFC 5424 has it: header, no structured data, and the event's text in UTF-8."""
    priority = _FACILITY * 8 + _LEVELS.get(alert.severity, 4)
    time = datetime.fromtimestamp(notice.time, timezone.utc).isoformat(timespec="milliseconds")
    host = socket.gethostname()[:255] or "-"
    head = f"<{priority}>1 {time.replace('+00:00', 'Z')} {host} leakscan {os.getpid()} finding - "
    return (head + EVENTS[format_](alert, notice)).encode(errors="replace")
