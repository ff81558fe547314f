"""Kubernetes service-account tokens: whether the API server that the user named knows them."""

from __future__ import annotations

import re

from scanner.detect.checks import check
from scanner.detect.checks.tokens import as_json, decoded, value_at
from scanner.model import State, Verdict
from scanner.verify.base import Answer, Client, NoAnswer, Question, Request


def verify(question: Question, client: Client) -> Verdict:
    """Ask for the API's groups, which takes no right beyond being known.

    Raises:
        NoAnswer: from the client, or where the answer is none that an API server gives.
    """
    if dict(check("jwt", question.secret).facts).get("expired") == "yes":
        return Verdict(State.INACTIVE, "expired")
    if not question.endpoint:
        return Verdict(State.UNVERIFIABLE, "no API server named (see --verify-endpoint)")
    try:
        token = question.secret.decode("ascii")
    except UnicodeDecodeError:
        return Verdict(State.UNVERIFIABLE, "no token")
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    answer = client.send(Request(f"{question.endpoint.rstrip('/')}/apis", headers=headers))
    claims = as_json(decoded(question.secret.split(b".")[1])) if question.secret.count(b".") == 2 else None
    return judge(answer, value_at(claims, "sub"))


def judge(answer: Answer, account: str) -> Verdict:
    """200 for whom it knows; 403 names whom it knows and refuses; 401 for others (kubernetes.io,
    "Authenticating").

    Raises:
        NoAnswer: the answer does not decide.
    """
    said = answer.json()
    if answer.status == 200 and value_at(said, "kind") == "APIGroupList":
        return Verdict(State.ACTIVE, "", (("user", account),) if account else ())
    if value_at(said, "kind") == "Status":
        if answer.status == 401:
            return Verdict(State.INACTIVE, "the API server does not know it")
        refused = re.search(r'User "(system:serviceaccount:[^"]{1,200})"', value_at(said, "message"))
        if answer.status == 403 and refused:
            return Verdict(State.ACTIVE, "", (("user", refused[1]),))
    raise NoAnswer("unexpected answer" if answer.status in (200, 401, 403) else f"HTTP {answer.status}")
