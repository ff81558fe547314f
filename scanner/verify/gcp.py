"""Google service accounts: exchanges a signed token for an access token, which is not used."""

from __future__ import annotations

import json
import re
import time

from scanner.detect.checks.keys import Block, load, read
from scanner.detect.checks.tokens import as_json, decoded, value_at
from scanner.model import State, Verdict
from scanner.verify.base import Answer, Client, NoAnswer, Question, Request
from scanner.verify.tokens import form, signed_rs256

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105  (an address)
_SCOPE = "https://www.googleapis.com/auth/userinfo.email"  # the least that there is
_EMAIL = re.compile(r"[\w.-]{1,100}@[\w.-]{1,100}\.gserviceaccount\.com")


def verify(question: Question, client: Client) -> Verdict:
    """RFC 7523: sign a token as the account, and exchange it.

    The question's secret is the account's JSON, or its private key; its part ``email`` the account then.

    Raises:
        NoAnswer: from the client, or where the answer is none that Google documents.
    """
    account = as_json(question.secret) or as_json(decoded(question.secret))
    email = value_at(account, "client_email") or question.parts.get("email", b"").decode("utf-8", "replace")
    key = value_at(account, "private_key").encode("utf-8", "surrogatepass") or question.secret
    block = read(key)
    if block is None or not _EMAIL.fullmatch(email):
        return Verdict(State.UNVERIFIABLE, "no private key of a service account, or no account nearby")
    url = f"{question.endpoint.rstrip('/')}/token" if question.endpoint else TOKEN_URL
    try:
        assertion = _assertion(block, email)
    except ValueError:
        return Verdict(State.UNVERIFIABLE, "the private key does not parse")
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    request = Request(url, "POST", *form(grant_type=grant, assertion=assertion))
    return judge(client.send(request), email)


def _assertion(block: Block, email: str) -> str:
    """A token by which the account itself asks; good for five minutes.

    Raises:
        ValueError: the key is malformed, or not RSA.
    """
    now = int(time.time())
    claims = {"iss": email, "scope": _SCOPE, "aud": TOKEN_URL, "iat": now, "exp": now + 300}
    return signed_rs256(json.dumps(claims).encode(), load(block))


def judge(answer: Answer, email: str) -> Verdict:
    """Google's "Using OAuth 2.0 for Server to Server Applications": ``invalid_grant`` for a key or an account
    that is gone.

    Raises:
        NoAnswer: the answer is none that is documented.
    """
    said = answer.json()
    if answer.status == 200 and value_at(said, "access_token"):
        project = email.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
        return Verdict(State.ACTIVE, "", (("user", email), ("account", project)))
    described = value_at(said, "error_description")
    if value_at(said, "error") == "invalid_grant":
        if "JWT Signature" in described or "account not found" in described:
            return Verdict(State.INACTIVE, "key or account is gone")
        if "disabled" in described.lower():
            return Verdict(State.INACTIVE, "account is disabled")
    raise NoAnswer("unexpected answer" if answer.status in (200, 400, 401) else f"HTTP {answer.status}")
