"""AWS keys: sts:GetCallerIdentity, which everybody may call and which changes nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timezone
from urllib.parse import urlsplit

from scanner.detect.checks import check
from scanner.model import State, Verdict
from scanner.verify.base import Answer, Client, NoAnswer, Question, Request

PARTITIONS = (
    ("https://sts.amazonaws.com/", "us-east-1"),
    ("https://sts.us-gov-west-1.amazonaws.com/", "us-gov-west-1"),
    ("https://sts.cn-north-1.amazonaws.com.cn/", "cn-north-1"),
)
"""Endpoint and region of each partition of AWS, which knows its own keys alone. The secret goes to none."""

CANARY_ACCOUNTS = frozenset(
    {
        *("052310077262", "171436882533", "266735846894", "528757803018", "534261010715", "538784191382"),
        *("595918472158", "717712589309", "729780141977", "730335385048", "819147034852", "893192397702"),
        *("992382622183",),  # up to here Thinkst's canarytokens.org
        *("044858866125", "251535659677", "344043088457", "351906852752", "390477818340", "426127672474"),
        *("427150556519", "439872796651", "445142720921", "465867158099", "637958123769", "693412236332"),
        *("732624840810", "735421457923", "959235150393", "982842642351"),
    }
)
"""Accounts whose keys raise an alarm when they are used, as other scanners publish them."""

_BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


def verify(question: Question, client: Client) -> Verdict:
    """Ask each partition until one knows the key.

    The question's secret is the secret access key; its parts are ``key_id`` and, for temporary keys,
    ``session_token``.

    Raises:
        NoAnswer: from the client, or where the answer is none that STS documents.
    """
    key_id = question.parts.get("key_id", b"").decode("ascii", "replace")
    token = question.parts.get("session_token", b"").decode("ascii", "replace")
    if not key_id:
        return Verdict(State.UNVERIFIABLE, "no key id nearby")
    if key_id.startswith("ASIA") and not token:
        return Verdict(State.UNVERIFIABLE, "temporary key without its session token")
    if not question.canaries and dict(check("aws", key_id.encode()).facts).get("account") in CANARY_ACCOUNTS:
        return Verdict(State.UNVERIFIABLE, "known canary account, not asked")
    named = ((question.endpoint.rstrip("/") + "/", "us-east-1"),) if question.endpoint else PARTITIONS
    for url, region in named:
        now = datetime.now(timezone.utc)
        headers = signed(url, region, key_id, question.secret, token, now)
        verdict = judge(client.send(Request(url, "POST", headers, _BODY)))
        if verdict.state is not State.INACTIVE or verdict.reason != _UNKNOWN_KEY:
            return verdict
    return verdict


def signed(url: str, region: str, key_id: str, secret: bytes, token: str, now: datetime) -> dict[str, str]:
    """The headers of the request, with AWS's Signature Version 4.

    AWS's reference "Create a signed AWS API request".

    Args:
        token: of the session; empty for long-term keys.
        now: in UTC; AWS refuses what is five minutes off.
    """
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": _TYPE, "host": urlsplit(url).netloc, "x-amz-date": moment}
    headers |= {"x-amz-security-token": token} if token else {}
    names = ";".join(headers)  # they are in order
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n{urlsplit(url).path}\n\n{lines}\n{names}\n{hashlib.sha256(_BODY).hexdigest()}"
    scope = f"{moment[:8]}/{region}/sts/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + secret
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"Credential={key_id}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    del headers["host"]  # the client sets it
    return headers | {"authorization": f"AWS4-HMAC-SHA256 {credential}"}


def judge(answer: Answer) -> Verdict:
    """What STS's answer means.

    A signature that does not match says that the key id is live, and that the secret is not its: they may be
    of two keys that stand near each other, so that it proves nothing of the secret.

    Raises:
        NoAnswer: it is none that STS documents.
    """
    text = answer.body.decode("utf-8", "replace")
    arn, account = _between(text, "Arn"), _between(text, "Account")
    if answer.status == 200 and arn and account:
        return Verdict(State.ACTIVE, "", (("account", account), ("user", arn)))
    code = _between(text, "Code")
    if code in _INACTIVE:
        return Verdict(State.INACTIVE, _INACTIVE[code])
    if code == "SignatureDoesNotMatch":
        raise NoAnswer("the key id is live, but this is not its secret")
    raise NoAnswer("unexpected answer" if answer.status == 200 else f"HTTP {answer.status}")


_UNKNOWN_KEY = "no such key"
_INACTIVE = {"InvalidClientTokenId": _UNKNOWN_KEY, "ExpiredToken": "expired"}


def _between(text: str, name: str) -> str:
    """The text of the first XML element of that name."""
    found = re.search(rf"<{name}>([^<>]{{1,300}})</{name}>", text)
    return found[1] if found else ""
