"""The request by which an issuer revokes a secret: ``revoke`` in a built-in rule's ``[rules.verify]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from scanner.model import Rule

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_BUILT_IN = "built-in "


@dataclass(frozen=True, slots=True)
class Revocation:
    """A request, in which ``{secret}`` stands for the secret.

    Attributes:
        headers: without what every client adds.
        body: JSON or a form; empty for none.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


def revocation(rule: Rule) -> Revocation | None:
    """How the secrets of a built-in rule are revoked by a request; None where that is not known."""
    name = rule.origin.partition(" + ")[0]
    if not name.startswith(_BUILT_IN):
        return None
    verify = _verify(name.removeprefix(_BUILT_IN), rule.id)
    call = verify.get("revoke") if isinstance(verify, Mapping) else None
    if not isinstance(call, Mapping) or not isinstance(call.get("url"), str):
        return None
    headers = call.get("headers")
    return Revocation(
        str(call.get("method", "POST")),
        call["url"],
        tuple((str(k), str(v)) for k, v in headers.items()) if isinstance(headers, Mapping) else (),
        _body(call),
    )


def _body(call: Mapping[str, Any]) -> str:
    if "json" in call:
        return json.dumps(call["json"])
    form = call.get("form")
    if isinstance(form, Mapping):
        return "&".join(f"{key}={value}" for key, value in form.items())
    return str(form or "")


def _verify(file: str, rule_id: str) -> Any:
    """The table ``[rules.verify]`` of a rule in a file of the pack; empty for none."""
    for folder in import_module("scanner.rules").__path__:
        path = Path(folder) / file
        if path.is_file():
            rules = tomllib.loads(path.read_text("utf-8")).get("rules", [])
            return next((each.get("verify", {}) for each in rules if each.get("id") == rule_id), {})
    return {}
