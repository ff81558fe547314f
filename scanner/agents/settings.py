"""The settings files by which coding agents call hooks: ours are added to them, and taken out again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner.errors import UsageError

_COMMAND = "leakscan hook run agent"
_SECONDS = 30

# Agent: events, each with the tools it is for (Claude Code's matcher; empty for any).
_WRITING = "Write|Edit|MultiEdit|NotebookEdit"
EVENTS: dict[str, dict[str, str]] = {
    "claude-code": {
        "UserPromptSubmit": "",
        "PreToolUse": f"Bash|{_WRITING}|WebFetch|WebSearch|Task|mcp__.*",
        "PostToolUse": _WRITING,
    },
    "cursor": {
        "beforeSubmitPrompt": "",
        "beforeShellExecution": "",
        "beforeMCPExecution": "",
        "afterFileEdit": "",
    },
    "copilot": {"userPromptSubmitted": "", "preToolUse": "", "postToolUse": ""},
}
_IN_REPOSITORY = {
    "claude-code": ".claude/settings.json",
    "cursor": ".cursor/hooks.json",
    "copilot": ".github/hooks/leakscan.json",
}
_IN_HOME = {
    "claude-code": ".claude/settings.json",
    "cursor": ".cursor/hooks.json",
    "copilot": ".copilot/hooks/leakscan.json",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One agent's settings file.

    Attributes:
        agent: its name, of `EVENTS`.
        file: where it is, or will be.
    """

    agent: str
    file: Path

    def installed(self) -> bool:
        """Whether it calls leakscan at each of the events; raises as `install`."""
        hooks = self._read().get("hooks", {})
        return isinstance(hooks, dict) and all(
            any(_is_ours(entry) for entry in _entries(hooks, event)) for event in EVENTS[self.agent]
        )

    def install(self) -> bool:
        """Have leakscan called; whether that changed the file. All else in it stays.

        Raises:
            UsageError: the file is there and is no JSON object, or cannot be written.
        """
        said = self._read()
        before = json.dumps(said)
        hooks = said.setdefault("hooks", {})
        if not isinstance(hooks, dict):
            raise UsageError(f'{self.file}: "hooks" is not an object')
        if self.agent != "claude-code":
            said.setdefault("version", 1)
        for event, matcher in EVENTS[self.agent].items():
            entries = [entry for entry in _entries(hooks, event) if not _is_ours(entry)]
            hooks[event] = [*entries, _entry(self.agent, event, matcher)]
        if json.dumps(said) == before:
            return False
        self._write(said)
        return True

    def uninstall(self) -> bool:
        """Take our entries out; whether there were any. A file that held nothing else is removed."""
        said = self._read()
        hooks = said.get("hooks")
        if not isinstance(hooks, dict):
            return False
        left = {}
        found = False
        for event in hooks:
            entries = _entries(hooks, event)
            others = [entry for entry in entries if not _is_ours(entry)]
            found = found or len(others) < len(entries)
            if others or not entries:
                left[event] = others if entries else hooks[event]
        if not found:
            return False
        said["hooks"] = left
        if left or set(said) - {"hooks", "version"}:
            self._write({key: value for key, value in said.items() if key != "hooks" or value})
        else:
            self.file.unlink()
        return True

    def _read(self) -> dict[str, Any]:
        try:
            said = json.loads(self.file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError):
            raise UsageError(f"{self.file}: cannot be read as JSON: put it right, or move it away") from None
        if not isinstance(said, dict):
            raise UsageError(f"{self.file}: is not a JSON object")
        return said

    def _write(self, said: Mapping[str, Any]) -> None:
        aside = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")
            aside.replace(self.file)
        except OSError as error:
            raise UsageError(f"{self.file}: cannot be written: {error.strerror}") from None


def in_repository(agent: str, root: Path) -> Settings:
    """The settings that a repository's work tree brings along, for all who work in it."""
    return Settings(agent, root / _IN_REPOSITORY[agent])


def in_home(agent: str, home: Path) -> Settings:
    """The settings of one person."""
    return Settings(agent, home / _IN_HOME[agent])


def _entries(hooks: Mapping[str, Any], event: str) -> list[Any]:
    entries = hooks.get(event)
    return entries if isinstance(entries, list) else []


def _is_ours(entry: Any) -> bool:
    return _COMMAND in json.dumps(entry)


def _entry(agent: str, event: str, matcher: str) -> dict[str, Any]:
    command = f"{_COMMAND} {agent}"
    if agent == "cursor":
        return {"command": command}
    if agent == "copilot":  # which does not tell the event
        return {"type": "command", "bash": f"{command} --event {event}", "timeoutSec": _SECONDS}
    hook = {"type": "command", "command": command, "timeout": _SECONDS}
    return {"matcher": matcher, "hooks": [hook]} if matcher else {"hooks": [hook]}
