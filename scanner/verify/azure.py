"""Azure AD (Entra ID) client secrets: asks for an access token, which is not used."""

from __future__ import annotations

import re

from scanner.detect.checks.tokens import value_at
from scanner.model import State, Verdict
from scanner.verify.base import Answer, Client, NoAnswer, Question, Request
from scanner.verify.tokens import form

LOGIN = "https://login.microsoftonline.com"
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_TENANT = re.compile(rf"{_UUID.pattern}|[\w-]{{1,60}}(?:\.[\w-]{{1,60}}){{1,5}}")


def verify(question: Question, client: Client) -> Verdict:
    """OAuth's client credentials grant. Parts: ``tenant`` (a UUID or a domain) and ``client_id``.

    Raises:
        NoAnswer: from the client, or where the answer does not decide.
    """
    tenant, app = (
        question.parts.get(name, b"").decode("utf-8", "replace") for name in ("tenant", "client_id")
    )
    if not _TENANT.fullmatch(tenant) or not _UUID.fullmatch(app):
        return Verdict(State.UNVERIFIABLE, "no tenant and client id nearby")
    url = f"{question.endpoint.rstrip('/') or LOGIN}/{tenant}/oauth2/v2.0/token"
    fields = {
        "grant_type": "client_credentials",
        "client_id": app,
        "client_secret": question.secret.decode("utf-8", "replace"),
        "scope": "https://graph.microsoft.com/.default",
    }
    return judge(client.send(Request(url, "POST", *form(**fields))), tenant, app)


def judge(answer: Answer, tenant: str, app: str) -> Verdict:
    """By the number in ``error_codes`` (Microsoft's "Microsoft Entra authentication and authorization error
    codes"). That the application is not in this tenant may be the fault of a tenant that is another's.

    Raises:
        NoAnswer: the answer does not decide.
    """
    said = answer.json()
    if answer.status == 200 and value_at(said, "access_token"):
        return Verdict(State.ACTIVE, "", (("account", tenant), ("user", app)))
    codes = said.get("error_codes") if isinstance(said, dict) else None
    code = codes[0] if isinstance(codes, list) and codes and isinstance(codes[0], int) else 0
    if code in _INACTIVE:
        return Verdict(State.INACTIVE, _INACTIVE[code])
    raise NoAnswer(
        f"AADSTS{code}" if code else f"HTTP {answer.status}" if answer.status != 200 else "unexpected answer"
    )


_INACTIVE = {7000215: "secret rejected", 7000222: "expired"}
