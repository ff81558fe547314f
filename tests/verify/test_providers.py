"""The pack's verifiers: each complete, and true to the answers that its issuer documents."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from scanner.config import load_default
from scanner.config.source import read_toml
from scanner.regexp import compile_pattern

RULES = Path(__file__).resolve().parents[2] / "rules"


def tables(file: Path) -> Any:
    """The rules of one of the pack's files, as written."""
    return read_toml(file.read_text("utf-8"), file.name).get("rules", [])


VERIFIERS: dict[str, dict[str, Any]] = {
    rule["id"]: {"endpoint": file.stem, **rule["verify"]}
    for file in sorted(RULES.glob("*.toml"))
    for rule in tables(file)
    if "url" in rule.get("verify", {})
}
PATTERNS = {rule.id: rule.regex for rule in load_default().rules}

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

# What rules that only tell of the other half of a pair find: a text, and what they take from it.
COMPANIONS = {
    "algolia-app-id": ("ALGOLIA_APP_ID=R2IYF7ETH7", "R2IYF7ETH7"),
    "atlassian-email": ("JIRA_USER: mia@example.com", "mia@example.com"),
    "atlassian-site": ("https://acme.atlassian.net/rest", "acme.atlassian.net"),
    "auth0-client-id": ("AUTH0_CLIENT_ID=" + "Kx7Pq2Wz9Rt4Yv1B" * 2, "Kx7Pq2Wz9Rt4Yv1B" * 2),
    "auth0-domain": ("AUTH0_DOMAIN=acme.eu.auth0.com", "acme.eu.auth0.com"),
    "box-client-id": ("BOX_CLIENT_ID=" + "k3v8z1q6" * 4, "k3v8z1q6" * 4),
    "cloudflare-account-id": ("CLOUDFLARE_ACCOUNT_ID=" + "3f0d91b7" * 4, "3f0d91b7" * 4),
    "cloudflare-email": ("X-Auth-Email: ops@example.com", "ops@example.com"),
    "databricks-client-id": (
        "DATABRICKS_CLIENT_ID=" + "0f1e2d3c" + "-4b5a" * 3 + "-69788796a5b4",
        "0f1e2d3c" + "-4b5a" * 3 + "-69788796a5b4",
    ),
    "databricks-host": (
        "https://adb-1234567890123456.7.azuredatabricks.net",
        "adb-1234567890123456.7.azuredatabricks.net",
    ),
    "docker-hub-user": ("docker login -u acmebot --password-stdin", "acmebot"),
    "github-oauth-client-id": ("client_id: " + "Iv1." + "0f1e2d3c" * 2, "Iv1." + "0f1e2d3c" * 2),
    "google-oauth-client-id": (
        "123456789012-" + "abcdefgh" * 4 + ".apps.googleusercontent.com",
        "123456789012-" + "abcdefgh" * 4 + ".apps.googleusercontent.com",
    ),
    "grafana-stack": ("https://acme.grafana.net/api", "acme.grafana.net"),
    "hcp-client-id": ("HCP_CLIENT_ID=" + "Kx7Pq2Wz9Rt4Yv1B" * 2, "Kx7Pq2Wz9Rt4Yv1B" * 2),
    "jfrog-host": ("https://acme.jfrog.io/artifactory", "acme.jfrog.io"),
    "okta-domain": ("https://dev-123456.okta.com/api", "dev-123456.okta.com"),
    "paypal-client-id": (
        "PAYPAL_CLIENT_ID=A" + "d5qk2Vw8Zr" * 7 + "Yt6Hn3Jx9",
        "A" + "d5qk2Vw8Zr" * 7 + "Yt6Hn3Jx9",
    ),
    "planetscale-token-id": ("PLANETSCALE_TOKEN_ID=k3v8z1q6w0r5", "k3v8z1q6w0r5"),
    "razorpay-key-id": ("rzp_test_" + "Ab1Cd2E" * 2, "rzp_test_" + "Ab1Cd2E" * 2),
    "salesforce-host": ("https://acme--dev.sandbox.my.salesforce.com", "acme--dev.sandbox.my.salesforce.com"),
    "shopify-shop": ("SHOP=acme-goods.myshopify.com", "acme-goods.myshopify.com"),
    "snowflake-account": ("https://xy12345.us-east-2.snowflakecomputing.com", "xy12345.us-east-2"),
    "snowflake-user": ("SNOWFLAKE_USER=loader", "loader"),
    "spotify-client-id": ("SPOTIFY_CLIENT_ID=" + "3f0d91b7" * 4, "3f0d91b7" * 4),
    "twilio-account-sid": ("TWILIO_ACCOUNT_SID=AC" + "3f0d91b7" * 4, "AC" + "3f0d91b7" * 4),
}


def requests_of(verifier: dict[str, Any]) -> list[dict[str, Any]]:
    """The requests that it may send: to verify, and to revoke."""
    return [verifier, *([verifier["revoke"]] if "revoke" in verifier else [])]


def test_there_are_many_providers() -> None:
    assert len({verifier["endpoint"] for verifier in VERIFIERS.values()}) >= 60


@pytest.mark.parametrize("rule_id", VERIFIERS)
def test_each_is_complete(rule_id: str) -> None:
    verifier = VERIFIERS[rule_id]
    assert verifier["docs"].startswith("https://")
    assert set(verifier["active"]) & {"has", "equals", "text"}, "a status alone says nothing"
    assert {answer["state"] for answer in verifier["answers"]} == {"active", "inactive", "unknown"}
    for request in requests_of(verifier):
        assert urlsplit(request["url"]).scheme == "https"
        assert request.get("method", "GET") in {"GET", "POST"} or request is not verifier


@pytest.mark.parametrize("rule_id", VERIFIERS)
def test_what_it_sends_is_there(rule_id: str) -> None:
    """Each placeholder is the secret, a part that another rule finds, or a group of the rule's own regex."""
    verifier = VERIFIERS[rule_id]
    parts = verifier.get("parts", {})
    groups = set(re.findall(r"\(\?P<([a-z_]+)>", PATTERNS[rule_id]))
    keys = ("url", "also", "headers", "basic", "form", "json")
    sent = [request[key] for request in requests_of(verifier) for key in keys if key in request]
    used = set(PLACEHOLDER.findall(json.dumps(sent)))
    assert used - {"secret"} == set(parts) | groups
    assert set(parts.values()) <= set(PATTERNS)


@pytest.mark.parametrize("rule_id", VERIFIERS)
def test_no_text_chooses_who_is_asked(rule_id: str) -> None:
    """The host is fixed, or has the issuer's suffix; self-hosted issuers are named on the command line."""
    verifier = VERIFIERS[rule_id]
    hosts = {urlsplit(url).netloc for url in (verifier["url"], *verifier.get("also", []))}
    assert any("{" in host for host in hosts) == ("host_pattern" in verifier)
    assert all(host.endswith(".invalid") for host in hosts) == verifier.get("endpoint_only", False)
    if pattern := verifier.get("host_pattern"):
        matches = compile_pattern(rf"^(?:{pattern})$").search
        for elsewhere in (b"acme.example.com", b"acme.okta.com.example.com", b"127.0.0.1", b"localhost"):
            assert not matches(elsewhere)


NOTHING = [
    {"status": 200, "body": body} for body in ("", "{}", "[]", "null", "<html>Sign in</html>", '{"ok": true}')
] + [{"status": status, "body": "{}"} for status in (204, 302, 429, 500, 503)]
"""Answers of which none may read as active or inactive: of a proxy, a portal, an outage."""


@pytest.mark.parametrize("rule_id", VERIFIERS)
def test_documented_answers_are_judged_as_documented(rule_id: str) -> None:
    verifier = VERIFIERS[rule_id]
    for answer in verifier["answers"]:
        assert judged(verifier, answer) == answer["state"], answer
    for answer in NOTHING:
        assert judged(verifier, answer) == "unknown", answer


@pytest.mark.parametrize("rule_id", VERIFIERS)
def test_what_it_opens_is_in_an_active_answer(rule_id: str) -> None:
    verifier = VERIFIERS[rule_id]
    active = [answer for answer in verifier["answers"] if answer["state"] == "active"]
    for name, path in verifier.get("opens", {}).items():
        assert any(told(answer, path) is not None for answer in active), name


def judged(verifier: dict[str, Any], answer: dict[str, Any]) -> str:
    """The state that an answer shows, by the letter of the data."""
    dead = verifier["inactive"]
    if holds(verifier["active"], answer):
        return "active"
    return (
        "inactive"
        if any(holds(c, answer) for c in (dead if isinstance(dead, list) else [dead]))
        else "unknown"
    )


def holds(condition: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether all that it asks is so."""
    return (
        answer["status"] in condition["status"]
        and condition.get("text", "") in answer["body"]
        and all(told(answer, path) is not None for path in condition.get("has", []))
        and all(told(answer, path) == value for path, value in condition.get("equals", {}).items())
    )


def told(answer: dict[str, Any], path: str) -> object:
    """What stands at a path of an answer's JSON, or in a header; None where nothing does."""
    if path.startswith("header:"):
        return answer.get("headers", {}).get(path.removeprefix("header:"))
    try:
        found = json.loads(answer["body"])
    except ValueError:
        return None
    for step in path.split("."):
        if isinstance(found, list):
            found = found[int(step)] if step.isdigit() and int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


def test_an_endpoint_is_one_host() -> None:
    """Else one address given for it would get what was meant for another."""
    hosts = defaultdict(set)
    for verifier in VERIFIERS.values():
        hosts[verifier["endpoint"]].add(urlsplit(verifier["url"]).netloc)
    assert {endpoint: found for endpoint, found in hosts.items() if len(found) > 1} == {}


@pytest.mark.parametrize("rule_id", COMPANIONS)
def test_the_other_half_is_found(rule_id: str) -> None:
    text, half = COMPANIONS[rule_id]
    match = re.search(PATTERNS[rule_id], text)
    assert match is not None
    assert next(filter(None, match.groups())) == half


def test_all_other_halves_are_tried() -> None:
    """Those of rules that are reported have examples of their own."""
    unreported = {rule.id for rule in load_default().rules if rule.skip_report}
    needed = {part for verifier in VERIFIERS.values() for part in verifier.get("parts", {}).values()}
    assert needed & unreported == set(COMPANIONS)
