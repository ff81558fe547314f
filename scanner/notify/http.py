"""Notices over HTTP: Slack, Teams, and a webhook of one's own, whose notices are signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, TypeVar

from scanner.notify.notice import Notice
from scanner.notify.target import Target

_SHOWN = 15  # findings in a chat; Slack takes 50 blocks of 3,000 characters, Teams 28 KB
_LINE = 180  # characters of each


T = TypeVar("T")


class NotTaken(Exception):
    """The answer says no.

    Args:
        again: it may be taken later.
    """

    def __init__(self, told: str, again: bool) -> None:
        super().__init__(told)
        self.again = again


def post(target: Target, notice: Notice, timeout: float) -> None:
    """Send one request. Redirects are not followed, and a proxy of the environment's is used.

    Raises:
        NotTaken: the answer is not of success.
        OSError: there was no answer (requests' errors are such).
    """
    import requests  # only where somebody is told

    body = json.dumps(_BODIES[target.kind](notice)).encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"leakscan/{notice.version}"}
    if target.kind == "webhook" and target.key:
        headers |= signature(target.key, int(notice.time), body)
    # Without an auth of its own, requests takes what ~/.netrc has for the host.
    auth = None if target.parts.username else _unchanged
    answer = requests.post(
        target.url,
        body,
        headers=headers,
        auth=auth,
        timeout=timeout,
        allow_redirects=False,
        stream=True,
    )
    answer.close()
    if not 200 <= answer.status_code < 300:
        again = answer.status_code >= 500 or answer.status_code in (408, 429)
        raise NotTaken(f"answer {answer.status_code}", again)


def _unchanged(request: T) -> T:
    return request


def signature(key: bytes, time: int, body: bytes) -> dict[str, str]:
    """The headers that show who sent `body`, and when.

    ``X-Leakscan-Signature`` is ``v1=`` and the hexadecimal HMAC-SHA-256 of the time, a dot, and the body, so
    that neither can be changed, nor an old notice sent again unnoticed.

    Args:
        time: seconds since 1970.
    """
    digest = hmac.new(key, f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Leakscan-Timestamp": str(time), "X-Leakscan-Signature": f"v1={digest}"}


def slack(notice: Notice) -> dict[str, Any]:
    """A message for Slack's incoming webhooks. Its text is plain: nothing becomes a link or a mention."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": notice.title[:150]}},
        *({"type": "section", "text": _plain(line)} for line in notice.shown(_SHOWN)),
        {"type": "context", "elements": [_plain("Rotate first: leakscan explain ID tells how.")]},
    ]
    escaped = notice.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "blocks": blocks}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:_LINE], "emoji": False}


def teams(notice: Notice) -> dict[str, Any]:
    """A message for Teams' "When a webhook request is received": an adaptive card of plain runs of text."""
    lines: list[tuple[str, dict[str, Any]]] = [
        (notice.title, {"weight": "Bolder", "size": "Medium"}),
        *((line, {}) for line in notice.shown(_SHOWN)),
        ("Rotate first: leakscan explain ID tells how.", {"isSubtle": True}),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text[:_LINE], **style}]}
            for text, style in lines
        ],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


_BODIES = {"slack": slack, "teams": teams, "webhook": Notice.record}
