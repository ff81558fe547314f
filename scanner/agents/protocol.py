"""What coding agents tell a hook on standard input, and the answers they understand.

Formats: code.claude.com/docs/en/hooks, cursor.com/docs/agent/hooks, and GitHub's "Hooks configuration" and
"Copilot CLI hooks reference", as of November 2026.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner.errors import UsageError

AGENTS = ("claude-code", "cursor", "copilot")

# What an edit takes away: an agent shall be able to remove a secret.
_REMOVED = frozenset({"old_string", "old_str", "oldString", "oldText", "old_text", "old_source"})
_DEPTH = 20  # of objects in a tool's input that are looked into

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that an agent is about to do, or has done.

    Attributes:
        agent: one of `AGENTS`.
        name: the event, as the agent calls it.
        what: for a person: ``the prompt``, ``the input of Bash``.
        texts: to be scanned.
        path: the file that the texts are for; empty where there is none.
        written: a file on disk that was written, to be scanned too; None where none was.
        folder: where the agent works.
    """

    agent: str
    name: str
    what: str
    texts: tuple[str, ...] = ()
    path: str = ""
    written: Path | None = None
    folder: Path = Path()


def read_event(agent: str, data: bytes, name: str = "") -> Event:
    """What an agent says.

    Args:
        agent: one of `AGENTS`.
        data: standard input of the hook.
        name: the event, where the agent does not say it: Copilot.

    Raises:
        UsageError: it is not a JSON object.
    """
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise UsageError(f"standard input is not what {agent} sends to hooks: a JSON object")
    name = name or _text(said.get("hook_event_name"))
    folder = _text(said.get("cwd")) or next(iter(_strings(said.get("workspace_roots"))), "")
    reader = _READERS.get(name)
    event = reader(said) if reader else Event("", "", "nothing")
    return Event(agent, name, event.what, event.texts, event.path, event.written, Path(folder or "."))


def _prompt(said: Mapping[str, Any]) -> Event:
    return Event("", "", "the prompt", (_text(said.get("prompt")),))


def _command(said: Mapping[str, Any]) -> Event:
    return Event("", "", "the command", (_text(said.get("command")),))


def _tool(said: Mapping[str, Any]) -> Event:
    name, given = _called(said)
    return Event("", "", f"the input of {name}", tuple(_strings(given)), _path_in(given))


def _tool_done(said: Mapping[str, Any]) -> Event:
    name, given = _called(said)
    return _written(said, f"the file that {name} wrote", _path_in(given))


def _file_edit(said: Mapping[str, Any]) -> Event:
    return _written(said, "the file that was edited", _text(said.get("file_path")))


def _written(said: Mapping[str, Any], what: str, path: str) -> Event:
    folder = _text(said.get("cwd"))
    return Event("", "", what, path=path, written=Path(folder, path) if path else None)


def _called(said: Mapping[str, Any]) -> tuple[str, Any]:
    """A tool's name and input, which Cursor and Copilot send as JSON in a string."""
    name = _text(said.get("tool_name")) or _text(said.get("toolName")) or "a tool"
    given = said.get("tool_input", said.get("toolArgs"))
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return name, given
    return name, given


def _path_in(given: Any) -> str:
    """The file that a tool's input speaks of."""
    names = ("file_path", "path", "notebook_path", "filePath")
    if not isinstance(given, dict):
        return ""
    return next((given[name] for name in names if isinstance(given.get(name), str)), "")


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """All text in a JSON value, but what an edit takes away."""
    if isinstance(value, str):
        yield value
    elif depth < _DEPTH and isinstance(value, dict):
        for key, one in value.items():
            if key not in _REMOVED:
                yield from _strings(one, depth + 1)
    elif depth < _DEPTH and isinstance(value, list):
        for one in value:
            yield from _strings(one, depth + 1)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_READERS: dict[str, Callable[[Mapping[str, Any]], Event]] = {
    # Claude Code
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool,
    "PostToolUse": _tool_done,
    # Cursor
    "beforeSubmitPrompt": _prompt,
    "beforeShellExecution": _command,
    "beforeMCPExecution": _tool,
    "afterFileEdit": _file_edit,
    # GitHub Copilot CLI
    "userPromptSubmitted": _prompt,
    "preToolUse": _tool,
    "postToolUse": _tool_done,
}


def answer(event: Event, reason: str) -> Answer:
    """What to print for the agent to understand.

    Args:
        reason: why it must not go on; empty where it may.
    """
    if event.agent == "cursor":
        return _for_cursor(event, reason)
    if not reason:
        return {}
    if event.name == "PreToolUse":
        return {"hookSpecificOutput": {"hookEventName": event.name, **_denied(reason)}}
    if event.name == "preToolUse":
        return _denied(reason)
    return {"decision": "block", "reason": reason}


def _denied(reason: str) -> Answer:
    return {"permissionDecision": "deny", "permissionDecisionReason": reason}


def _for_cursor(event: Event, reason: str) -> Answer:
    if event.name == "beforeSubmitPrompt":
        return {"continue": False, "user_message": reason} if reason else {"continue": True}
    if event.name == "afterFileEdit":
        return {"user_message": reason, "agent_message": reason} if reason else {}
    if reason:
        return {"permission": "deny", "user_message": reason, "agent_message": reason}
    return {"permission": "allow"}


def encoded(text: str) -> bytes:
    """Text of JSON as bytes; what JSON can say and UTF-8 cannot becomes ``?``."""
    return text.encode(errors="replace")


def encoded_path(path: str) -> bytes:
    """A path of JSON as bytes."""
    return os.fsencode(path.encode(errors="replace").decode())
