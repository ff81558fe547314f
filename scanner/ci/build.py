"""What a CI system tells of a build, in words that are the same for all systems."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Kind(enum.Enum):
    """Why a build runs. The value is the word that people read."""

    PULL_REQUEST = "pull request"
    PUSH = "push"
    TAG = "tag"
    FULL = "full history"
    NOTHING = "deleted ref"


@dataclass(frozen=True, slots=True)
class System:
    """A CI system.

    Attributes:
        name: as it calls itself.
        deepen: what to write into its configuration for a complete clone; one line.
    """

    name: str
    deepen: str


@dataclass(frozen=True, slots=True)
class Build:
    """One build.

    Attributes:
        head: the newest commit to scan: a full name, or ``HEAD``.
        base: the commit, or for a pull request also the branch, that is known already; empty where the
            system does not tell.
        branch: short name of the branch that was pushed; empty for none.
        default_branch: the repository's; empty where the system does not tell.
    """

    system: System
    kind: Kind
    head: str = "HEAD"
    base: str = ""
    branch: str = ""
    default_branch: str = ""


def commit(name: object) -> str:
    """A commit's name from a payload or a variable; empty for none and for Git's null object name."""
    return name if isinstance(name, str) and name.strip("0") else ""


def short(ref: str) -> str:
    """The short name of a branch or tag; a short name stays as it is."""
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def part(payload: object, *keys: str) -> Any:
    """What stands under `keys`, one in the other, in a parsed JSON object; empty where nothing does."""
    for key in keys:
        payload = payload.get(key) if isinstance(payload, Mapping) else None
    return "" if payload is None else payload
