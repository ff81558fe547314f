"""A verifier as data: what ``[rules.verify]`` says, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.model import State
from scanner.verify.base import Answer


@dataclass(frozen=True, slots=True)
class Template:
    """A request whose texts hold ``{secret}`` and ``{part}``.

    Attributes:
        headers: by name.
        basic: user and password; None for none.
        form, json: the body's values; at most one of the two is not None.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    basic: tuple[str, str] | None = None
    form: Mapping[str, str] | None = None
    json: Any = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What an answer must be; all that is given must hold.

    Attributes:
        status: any of these; empty for any.
        has: places (see `scanner.verify.judge.look_up`) that hold something, be it 0, false or an empty list.
        equals: places, each with the value that it must have.
        text: what the body must contain, each of them.
    """

    status: tuple[int, ...] = ()
    has: tuple[str, ...] = ()
    equals: Mapping[str, Any] = field(default_factory=dict)
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revocation:
    """The issuer's call that makes a secret void, and what its answer is when it did."""

    request: Template
    done: Condition


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer as the issuer documents it, and the state that it means."""

    answer: Answer
    state: State


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the secrets of one rule are verified.

    Attributes:
        rule_id: the rule's.
        provider: as ``--verify-endpoint`` names it. Rules of one provider have one issuer.
        requests: the first is sent; each further one (other regions) where those before said *inactive*.
            Empty for a `kind`.
        kind: name in `scanner.verify.kinds`; empty for plain requests.
        parts: companions' names, each with the id of the rule that finds it.
        groups: names of the rule's own regex groups that are parts.
        hosts: what a part in the host may make of it; they are the issuer's, and need no leave.
        host_pattern: RE2, matches the whole of a host with a part in it, which the user must allow.
        endpoint_only: nobody is asked but an endpoint that the user names.
        opens: words, each with the place in an active answer that holds its text.
        docs: the issuer's page on the call.
        origin, line: where the rule was written, as in `scanner.model.Rule`.
    """

    rule_id: str
    provider: str
    requests: tuple[Template, ...] = ()
    kind: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    host_pattern: str = ""
    endpoint_only: bool = False
    active: Condition = Condition()
    inactive: tuple[Condition, ...] = ()
    opens: Mapping[str, str] = field(default_factory=dict)
    revoke: Revocation | None = None
    docs: str = ""
    answers: tuple[Recorded, ...] = ()
    origin: str = ""
    line: int = 0
