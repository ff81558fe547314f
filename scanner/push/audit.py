"""The audit log of push protection: a line of JSON for each push that was blocked, or let through all the
same. It holds no secret."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner._version import __version__
from scanner.errors import LeakscanError
from scanner.model import Finding, text_of
from scanner.push.received import Update

_MOST = 100  # findings, and refs, that an entry lists
_REASON = 500  # characters of a reason that are kept

# How servers tell a hook who pushes, and where to: GitLab, GitHub Enterprise Server, Gitea, a web server.
_USERS = ("GL_USERNAME", "GITHUB_USER_LOGIN", "GITEA_PUSHER_NAME", "REMOTE_USER", "LOGNAME", "USER")
_ADDRESSES = ("GITHUB_USER_IP", "REMOTE_ADDR", "SSH_CONNECTION")
_REPOSITORIES = ("GL_PROJECT_PATH", "GITHUB_REPO_NAME")


class AuditError(LeakscanError):
    """The audit log cannot be written."""


@dataclass(frozen=True, slots=True)
class Pusher:
    """Who pushes, and where to, as far as the server says.

    Attributes:
        user, address, repository: empty where it does not say.
    """

    user: str = ""
    address: str = ""
    repository: str = ""


def pusher_of(environment: Mapping[str, str], folder: Path) -> Pusher:
    """Who pushes.

    Args:
        environment: of the hook.
        folder: the repository's, by which it goes where the server gives it no name.
    """

    def first(names: Sequence[str]) -> str:
        return next((environment[name] for name in names if environment.get(name)), "")

    parts = [environment.get(name, "") for name in ("GITEA_REPO_USER_NAME", "GITEA_REPO_NAME")]
    repository = first(_REPOSITORIES) or "/".join(filter(None, parts)) or str(folder)
    return Pusher(first(_USERS), first(_ADDRESSES).split(" ")[0], repository)


def entry(
    event: str,
    pusher: Pusher,
    updates: Sequence[Update],
    findings: Sequence[Finding],
    reason: str,
    seconds: float,
) -> dict[str, Any]:
    """What the log says of a push.

    Args:
        event: ``blocked``, ``bypassed``, or ``allowed`` (unscanned, since the policy says so).
        findings: their rules and places are told, not their secrets; but see `without`.
        reason: the pusher's for a bypass, or why the push could not be scanned.
        seconds: that the hook took.
    """
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "event": event,
        "repository": pusher.repository,
        "user": pusher.user,
        "address": pusher.address,
        "reason": reason,
        "refs": [{"ref": one.ref, "old": one.old, "new": one.new} for one in updates[:_MOST]],
        "findings": [_described(finding) for finding in findings[:_MOST]],
        "count": len(findings),
        "seconds": round(seconds, 3),
        "version": __version__,
    }


def _described(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity,
        "commit": finding.commit.id if finding.commit else "",
        "path": text_of(finding.path),
        "line": finding.start_line,
        "id": finding.id,
    }


def without(written: Mapping[str, Any], secrets: Sequence[bytes]) -> dict[str, Any]:
    """An entry with each of `secrets` in any text of it hidden, and its reason cut to what is kept."""
    texts = {text_of(secret) for secret in secrets} - {""}
    longest_first = sorted(texts, key=len, reverse=True)
    redacted = {key: _without(value, longest_first) for key, value in written.items()}
    return redacted | {"reason": redacted["reason"][:_REASON]}


def _without(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, secrets) for one in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "REDACTED")
    return value


def append(file: Path, written: Mapping[str, Any]) -> None:
    """Add a line to the log, whole, whoever else is writing; its folder is made if need be.

    Raises:
        AuditError: it cannot be written.
    """
    import fcntl  # of the systems that servers run on

    line = json.dumps(written, ensure_ascii=False).encode(errors="replace") + b"\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        with open(descriptor, "wb", buffering=0) as stream:  # noqa: PTH123  (of a descriptor)
            fcntl.flock(stream, fcntl.LOCK_EX)
            while line:
                line = line[stream.write(line) :]
            os.fsync(stream.fileno())
    except OSError as error:
        raise AuditError(f"audit log {file}: cannot be written: {error.strerror}") from None
