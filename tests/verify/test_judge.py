"""What an answer means: by made-up recipes, and by the recorded answers of the whole pack."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.model import State, Verdict
from scanner.verify.base import Answer
from scanner.verify.judge import judge
from scanner.verify.parse import parse
from scanner.verify.recipe import Condition, Recipe

RULES = Path(__file__).resolve().parents[2] / "rules"
RECIPE = Recipe(
    "example-token",
    "example",
    active=Condition(status=(200,), has=("users.0.name",), equals={"ok": True}),
    inactive=(Condition(status=(401,)), Condition(status=(200,), equals={"ok": False})),
    opens={"user": "users.0.name", "scopes": "header:X-Scopes", "team": "teams", "echo": "token"},
)


@pytest.mark.parametrize(
    ("status", "body", "state", "reason"),
    [
        (401, b"", State.INACTIVE, "refused (HTTP 401)"),
        (200, b'{"ok": false}', State.INACTIVE, "refused (HTTP 200)"),
        (200, b'{"ok": 0}', State.UNKNOWN, "unexpected answer (HTTP 200)"),
        (200, b'{"ok": 1, "users": [{"name": "ada"}]}', State.UNKNOWN, "unexpected answer (HTTP 200)"),
        (200, b'{"ok": true, "users": []}', State.UNKNOWN, "unexpected answer (HTTP 200)"),
        (200, b"<html>welcome", State.UNKNOWN, "unexpected answer (HTTP 200)"),
        (200, b"[" * 50_000, State.UNKNOWN, "unexpected answer (HTTP 200)"),
        (302, b"", State.UNKNOWN, "redirect (HTTP 302), which is not followed"),
        (429, b"", State.UNKNOWN, "rate limit"),
        (503, b"", State.UNKNOWN, "HTTP 503"),
    ],
)
def test_is_unknown_unless_the_recipe_decides(status: int, body: bytes, state: State, reason: str) -> None:
    assert judge(RECIPE, Answer(status, {}, body)) == Verdict(state, reason)


def test_tells_what_an_active_secret_opens_and_never_the_secret() -> None:
    body = (
        b'{"ok": true, "users": [{"name": "ada\\u001b[2J"}], "teams": ["a", 7, true, {}], "token": "is s3cr"}'
    )
    verdict = judge(RECIPE, Answer(200, {"x-scopes": "repo"}, body), b"s3cr")
    assert verdict == Verdict(
        State.ACTIVE, "", (("user", "ada [2J"), ("scopes", "repo"), ("team", "a, 7, yes"))
    )


def test_judges_the_recorded_answers_of_the_pack() -> None:
    wrong = []
    for file in sorted(RULES.glob("*.toml")):
        for recipe in parse(file.read_text("utf-8"), f"built-in {file.name}").values():
            for recorded in recipe.answers if recipe.requests else ():
                state = judge(recipe, recorded.answer).state
                if state is not recorded.state:
                    wrong.append((recipe.rule_id, recorded.answer.status, recorded.state, state))
    assert wrong == []
