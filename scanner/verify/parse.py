"""Reads ``[rules.verify]`` tables; every mistake in one is one line that names file, rule and what to do.

Gitleaks ignores the key, so that the same file loads there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from scanner.config.source import header_lines, read_toml
from scanner.config.values import Place, Table, one_line
from scanner.errors import PatternError
from scanner.model import State
from scanner.regexp import compile_pattern
from scanner.verify.base import Answer
from scanner.verify.kinds import KINDS
from scanner.verify.recipe import Condition, Recipe, Recorded, Revocation, Template

SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""Where ``secret`` or a part goes in a template's text. A brace for its own sake has a space after it."""

_REQUEST_KEYS = frozenset(("url", "method", "headers", "basic", "form", "json"))
_KEYS = _REQUEST_KEYS.union(
    ("parts", "hosts", "host_pattern", "also", "endpoint", "endpoint_only", "kind"),
    ("active", "inactive", "opens", "revoke", "docs", "answers"),
)
_REVOKE_KEYS = _REQUEST_KEYS | {"done"}
_CONDITION_KEYS = frozenset(("status", "has", "equals", "text"))
_ANSWER_KEYS = frozenset(("status", "headers", "body", "state"))
_METHODS = ("GET", "HEAD", "POST")
_REVOKE_METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET")
_NONE: tuple[str, ...] = ()
_NO_TEXTS: Mapping[str, str] = {}
_UNAUTHORIZED = (Condition(status=(401,)),)
_GROUP = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def parse(text: str, name: str) -> dict[str, Recipe]:
    """The recipes in a config's text, by rule id.

    Args:
        text: TOML.
        name: what errors call it. Its stem is the provider where a table does not say ``endpoint``.

    Raises:
        ConfigError: it is not TOML, or a table is wrong.
    """
    rules = Table(read_toml(text, name), Place(name)).tables("rules")
    lines = header_lines(text, {"rules": len(rules), "allowlists": 0})["rules"]
    provider = PurePath(name.removeprefix("built-in ")).stem
    recipes = {}
    for rule, line in zip(rules, lines, strict=True):
        if "verify" in rule:
            rule_id = rule.text("id")
            at = rule.at(line=line, rule_id=rule_id)
            recipes[rule_id] = _recipe(at.table("verify"), at, provider)
    return recipes


def _recipe(table: Table, rule: Table, provider: str) -> Recipe:
    _only(table, _KEYS, "[rules.verify]")
    parts = table.exactly("parts", _texts, "a table of rule ids by name", _NO_TEXTS)
    groups = tuple(_GROUP.findall(rule.text("regex")))
    kind = table.exactly("kind", _text, f"one of {', '.join(KINDS)}", "")
    recipe = Recipe(
        rule_id=rule.text("id"),
        provider=table.exactly("endpoint", _text, "a string", provider),
        kind=kind,
        parts=parts,
        groups=groups,
        endpoint_only=table.exactly("endpoint_only", _flag, "true or false", False),
        docs=table.exactly("docs", _text, "a string", ""),
        answers=tuple(_recorded(Table(one, table.place)) for one in _tables(table, "answers")),
        origin=table.place.file,
        line=table.place.line,
    )
    if not recipe.docs.startswith("https://"):
        raise table.place.error("[rules.verify] docs must be the https:// page that documents the call")
    return _kind(recipe, table) if kind else _requests(recipe, table)


def _kind(recipe: Recipe, table: Table) -> Recipe:
    if recipe.kind not in KINDS:
        raise table.place.error(
            f"[rules.verify] kind is '{one_line(recipe.kind)}'; use {', '.join(sorted(KINDS))}"
        )
    for key in ("url", "active", "inactive", "opens", "revoke", "also", "hosts", "host_pattern"):
        if key in table:
            raise table.place.error(
                f"[rules.verify] {key} means nothing beside kind, which knows it; remove it"
            )
    return recipe


def _requests(recipe: Recipe, table: Table) -> Recipe:
    names = frozenset(("secret", *recipe.parts, *recipe.groups))
    first = _template(table, names, _METHODS)
    also = table.exactly("also", _strings, "a list of URLs", _NONE)
    hosts = table.exactly("hosts", _strings, "a list of hosts", _NONE)
    for host in hosts:
        _check_host(host, table.place)
    pattern = table.exactly("host_pattern", _text, "a pattern", "")
    recipe = replace(
        recipe,
        requests=(first, *(replace(first, url=url) for url in also)),
        hosts=hosts,
        host_pattern=pattern,
        active=_active(table),
        inactive=tuple(_condition(Table(one, table.place), "inactive") for one in _tables(table, "inactive"))
        or _UNAUTHORIZED,
        opens=table.exactly("opens", _texts, "a table of places by word", {}),
        revoke=_revoke(table, names),
    )
    for request in (*recipe.requests, *((recipe.revoke.request,) if recipe.revoke else ())):
        _check_url(request.url, names, recipe, table.place)
    return recipe


def _template(table: Table, names: frozenset[str], methods: tuple[str, ...]) -> Template:
    basic = table.exactly("basic", _strings, "a list of user and password", _NONE)
    if basic and len(basic) != 2:
        raise table.place.error("basic must be a list of user and password")
    template = Template(
        url=table.exactly("url", _text, "a string", ""),
        method=table.exactly("method", _text, "a string", "GET"),
        headers=table.exactly("headers", _texts, "a table of strings by name", {}),
        basic=(basic[0], basic[1]) if basic else None,
        form=table.exactly("form", _texts, "a table of strings by name", None),
        json=table.exactly("json", _table, "a table", None),
    )
    if template.method not in methods:
        raise table.place.error(f"method is '{one_line(template.method)}'; use {', '.join(methods)}")
    if template.form is not None and template.json is not None:
        raise table.place.error("a request has one body: keep form or json")
    used = set()
    for text in _all_texts([template.url, dict(template.headers), list(basic), template.form, template.json]):
        used.update(SLOT.findall(text))
    for name in sorted(used - names):
        reason = f"{{{name}}} is neither secret nor one of its parts; for a brace write '{{ {name} }}'"
        raise table.place.error(reason)
    if not used:
        raise table.place.error("the request has neither {secret} nor one of its parts")
    return template


def _check_url(url: str, names: frozenset[str], recipe: Recipe, place: Place) -> None:
    """A secret goes to the issuer's hosts alone, so a host is literal, or one of known form."""
    try:
        split = urlsplit(url)
        split.port  # noqa: B018  (raises)
    except ValueError:
        raise place.error(f"url '{one_line(url)}' is no URL") from None
    if split.scheme != "https" or not split.hostname or "@" in split.netloc or split.fragment:
        raise place.error(f"url '{one_line(url)}' must be https://HOST/PATH")
    slots = SLOT.findall(split.netloc)
    if not slots:
        if "://{" in url:
            raise place.error(f"url '{one_line(url)}' has no host")
        _check_host(split.hostname, place)
    elif "secret" in slots:
        raise place.error("the secret must not be in the url's host")
    elif not (recipe.hosts or recipe.host_pattern):
        raise place.error("a url with a part in its host needs hosts (a list), or a host_pattern")
    if recipe.host_pattern:
        _check_pattern(recipe.host_pattern, place)


def _check_pattern(pattern: str, place: Place) -> None:
    try:
        compile_pattern(pattern)
    except PatternError as error:
        raise place.error(f"host_pattern is not a valid pattern: {one_line(str(error))}") from None
    whole = pattern[3:-1].split("|") if pattern.startswith("(?:") and pattern.endswith(")") else [pattern]
    if not all(map(_SUFFIX.search, whole)):
        reason = r"host_pattern must end with the issuer's own domain, such as \.example\.com"
        raise place.error(reason)


_SUFFIX = re.compile(r"(?:[a-z0-9-]+|\))\\\.[a-z]{2,}$")


def _check_host(host: str, place: Place) -> None:
    if not _HOST.fullmatch(host):
        raise place.error(f"'{one_line(host)}' is no host name in lower case")


def _active(table: Table) -> Condition:
    if "active" not in table:
        raise table.place.error(
            "[rules.verify] has no active: say which answer shows that the secret is live"
        )
    active = _condition(table.table("active"), "active")
    places = [place for place in (*active.has, *active.equals) if not place.startswith("header:")]
    if not places and not active.text:
        reason = "active needs has, equals or text: a status alone is what proxies and sandboxes answer too"
        raise table.place.error(reason)
    return active


def _condition(table: Table, key: str) -> Condition:
    _only(table, _CONDITION_KEYS, key)
    condition = Condition(
        status=table.exactly("status", _statuses, "a list of statuses (100 to 599)", ()),
        has=table.exactly("has", _strings, "a list of places", ()),
        equals=table.exactly("equals", _table, "a table of values by place", {}),
        text=table.exactly("text", _strings, "a string or a list of them", ()),
    )
    if condition == Condition():
        raise table.place.error(f"{key} asks nothing of the answer")
    if (
        key == "inactive"
        and condition.status
        and all(code == 429 or code >= 500 for code in condition.status)
    ):
        raise table.place.error("inactive names statuses that say nothing of the secret (429, 5xx)")
    return condition


def _revoke(table: Table, names: frozenset[str]) -> Revocation | None:
    if "revoke" not in table:
        return None
    revoke = table.table("revoke")
    _only(revoke, _REVOKE_KEYS, "revoke")
    return Revocation(_template(revoke, names, _REVOKE_METHODS), _condition(revoke.table("done"), "done"))


def _recorded(table: Table) -> Recorded:
    _only(table, _ANSWER_KEYS, "[[rules.verify.answers]]")
    headers = table.exactly("headers", _texts, "a table of strings by name", _NO_TEXTS)
    body = table.exactly("body", _joined, "a string, or a list of strings that are joined", "")
    status = table.exactly("status", _status, "a status (100 to 599)", 200)
    state = table.exactly("state", State, "active, inactive or unknown", State.UNKNOWN)
    return Recorded(
        Answer(status, {key.lower(): value for key, value in headers.items()}, body.encode()), state
    )


def _only(table: Table, known: frozenset[str], header: str) -> None:
    """Keys of our own are strict: a misspelt one could make a dead secret of a live one."""
    for key in sorted(table.keys() - known):
        raise table.place.error(f"{header} has no key '{one_line(key)}'; it has {', '.join(sorted(known))}")


def _tables(table: Table, key: str) -> list[Mapping[str, Any]]:
    def convert(value: object) -> list[Mapping[str, Any]]:
        return [_table(one) for one in (value if isinstance(value, list) else [value])]

    return table.exactly(key, convert, "a table or a list of tables", [])


def _all_texts(value: Any) -> list[str]:
    """Every string in nested tables and lists; not the tables' keys, which are never filled."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _all_texts(one)]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError


def _joined(value: object) -> str:
    return "".join(map(_text, value)) if isinstance(value, list) else _text(value)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError


def _strings(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value if isinstance(value, list) else [value]))


def _statuses(value: object) -> tuple[int, ...]:
    return tuple(map(_status, value if isinstance(value, list) else [value]))


def _status(value: object) -> int:
    if type(value) is int and 100 <= value <= 599:
        return value
    raise ValueError


def _table(value: object) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError


def _texts(value: object) -> Mapping[str, str]:
    return {key: _text(one) for key, one in _table(value).items()}
