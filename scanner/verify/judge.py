"""What an answer means, by a recipe: active, inactive, or *unknown* with a reason."""

from __future__ import annotations

from typing import Any

from scanner.model import State, Verdict, text_of
from scanner.verify.base import Answer
from scanner.verify.recipe import Condition, Recipe

_LONGEST = 200  # characters of what an active secret opens
_MISSING = object()


def judge(recipe: Recipe, answer: Answer, secret: bytes = b"") -> Verdict:
    """The verdict that `answer` is.

    Only what is active or inactive by the recipe counts; all else is *unknown*, never inactive.

    Args:
        secret: is never shown, also where an issuer repeats it.
    """
    if holds(recipe.active, answer):
        return Verdict(State.ACTIVE, "", _opens(recipe, answer, text_of(secret)))
    if any(holds(condition, answer) for condition in recipe.inactive):
        return Verdict(State.INACTIVE, f"refused (HTTP {answer.status})")
    return Verdict(State.UNKNOWN, _reason(answer.status))


def holds(condition: Condition, answer: Answer) -> bool:
    """Whether all of `condition` is so."""
    if condition.status and answer.status not in condition.status:
        return False
    if any(text.encode() not in answer.body for text in condition.text):
        return False
    body = answer.json() if condition.has or condition.equals else None
    if any(look_up(place, answer, body) in (None, "", _MISSING) for place in condition.has):
        return False
    return all(_same(look_up(place, answer, body), value) for place, value in condition.equals.items())


def look_up(place: str, answer: Answer, body: Any) -> Any:
    """What stands at `place` of an answer: ``header:NAME``, or a dotted path into its JSON, where whole
    numbers count a list's elements from 0. `_MISSING`, which equals nothing, where there is no such place.

    Args:
        body: the answer's JSON.
    """
    if place.startswith("header:"):
        return answer.headers.get(place.removeprefix("header:").lower(), _MISSING)
    for step in place.split("."):
        if isinstance(body, dict) and step in body:
            body = body[step]
        elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            return _MISSING
    return body


def _same(found: Any, wanted: Any) -> bool:
    """Equal and of one type: for Python, true is 1."""
    return type(found) is type(wanted) and bool(found == wanted)


def _reason(status: int) -> str:
    if status == 429:
        return "rate limit"
    if 300 <= status < 400:
        return f"redirect (HTTP {status}), which is not followed"
    return f"HTTP {status}" if status >= 500 else f"unexpected answer (HTTP {status})"


def _opens(recipe: Recipe, answer: Answer, secret: str) -> tuple[tuple[str, str], ...]:
    body = answer.json()
    shown = ((word, _shown(look_up(place, answer, body))) for word, place in recipe.opens.items())
    return tuple((word, text) for word, text in shown if text and not (secret and secret in text))


def _shown(value: Any) -> str:
    """A text, number, truth value, or list of them, in one short line; empty for all else."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_shown, value[:_LONGEST])))[:_LONGEST]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return "".join(c if c.isprintable() else " " for c in str(value)[:_LONGEST]).strip()
    return ""
