"""Hooks of coding agents, called as their documentation says, and their settings files."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from scanner.agents.settings import EVENTS


def ask(work: Path, run: Any, agent: str, said: dict[str, Any], *more: str) -> Any:
    done = run(work, "leakscan", "hook", "run", "agent", agent, *more, stdin=json.dumps(said))
    return json.loads(done.stdout)


@pytest.mark.parametrize("leaks", [True, False])
def test_claude_code(work: Path, run: Any, token: str, leaks: bool) -> None:
    text = f"use {token}" if leaks else "use the vault"
    common = {"session_id": "s", "transcript_path": "/t", "cwd": str(work)}

    prompt = ask(work, run, "claude-code", common | {"hook_event_name": "UserPromptSubmit", "prompt": text})
    assert prompt.get("decision") == ("block" if leaks else None)

    event = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": text}}
    before = ask(work, run, "claude-code", common | event)
    if leaks:
        told = before["hookSpecificOutput"]
        assert (told["hookEventName"], told["permissionDecision"]) == ("PreToolUse", "deny")
        reason = told["permissionDecisionReason"]
        assert "tok (line 1): A token. Throw it away." in reason
        assert "the input of Bash" in reason
        assert token not in json.dumps([prompt, before])
    else:
        assert before == {}

    file = work / "new.txt"
    file.write_text(f"one\n{text}\n")
    event = {"hook_event_name": "PostToolUse", "tool_name": "Write", "tool_input": {"file_path": str(file)}}
    after = ask(work, run, "claude-code", common | event)
    assert after.get("decision") == ("block" if leaks else None)
    assert not leaks or "tok (new.txt:2)" in after["reason"]


@pytest.mark.parametrize("leaks", [True, False])
def test_cursor(work: Path, run: Any, token: str, leaks: bool) -> None:
    text = f"use {token}" if leaks else "use the vault"
    common = {"conversation_id": "c", "generation_id": "g", "workspace_roots": [str(work)]}

    prompt = ask(work, run, "cursor", common | {"hook_event_name": "beforeSubmitPrompt", "prompt": text})
    assert prompt["continue"] is not leaks
    assert ("user_message" in prompt) is leaks

    event = {"hook_event_name": "beforeShellExecution", "command": text, "cwd": str(work)}
    command = ask(work, run, "cursor", common | event)
    assert command["permission"] == ("deny" if leaks else "allow")
    assert ("agent_message" in command) is leaks

    event = {"hook_event_name": "beforeMCPExecution", "tool_name": "t", "tool_input": json.dumps({"q": text})}
    assert ask(work, run, "cursor", common | event)["permission"] == ("deny" if leaks else "allow")

    (work / "new.txt").write_text(text)
    event = {"hook_event_name": "afterFileEdit", "file_path": str(work / "new.txt"), "edits": []}
    edit = ask(work, run, "cursor", common | event)
    assert ("agent_message" in edit) is leaks
    assert token not in json.dumps([prompt, command, edit])


@pytest.mark.parametrize("leaks", [True, False])
def test_copilot(work: Path, run: Any, token: str, leaks: bool) -> None:
    text = f"use {token}" if leaks else "use the vault"
    common = {"timestamp": 1704614600000, "cwd": str(work)}
    said = common | {"toolName": "bash", "toolArgs": json.dumps({"command": text})}
    told = ask(work, run, "copilot", said, "--event", "preToolUse")
    assert told.get("permissionDecision") == ("deny" if leaks else None)
    told = ask(work, run, "copilot", common | {"prompt": text}, "--event", "userPromptSubmitted")
    assert told.get("decision") == ("block" if leaks else None)
    (work / "new.txt").write_text(text)
    said = common | {"toolName": "create", "toolArgs": json.dumps({"path": "new.txt"})}
    told = ask(work, run, "copilot", said, "--event", "postToolUse")
    assert ("new.txt:1" in told.get("reason", "")) is leaks


def test_a_secret_may_be_taken_away(work: Path, run: Any, token: str) -> None:
    edit = {"file_path": "a.txt", "old_string": f"x {token}", "new_string": "x os.environ['TOKEN']"}
    said = {"hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_input": edit, "cwd": str(work)}
    assert ask(work, run, "claude-code", said) == {}
    edit["new_string"], edit["old_string"] = edit["old_string"], edit["new_string"]
    assert ask(work, run, "claude-code", said) != {}


def test_what_is_accepted_is_accepted_here_too(work: Path, run: Any, token: str) -> None:
    said = {"hook_event_name": "UserPromptSubmit", "prompt": f"use {token}", "cwd": str(work)}
    reason = ask(work, run, "claude-code", said)["reason"]
    line = next(line for line in reason.splitlines() if ".leakscanignore: " in line)
    (work / ".leakscanignore").write_text(line.partition(".leakscanignore: ")[2] + "  # made up\n")
    assert ask(work, run, "claude-code", said) == {}


def test_events_of_no_interest_and_input_of_no_sense(work: Path, run: Any, token: str) -> None:
    said = {"hook_event_name": "SessionStart", "source": token}
    assert ask(work, run, "claude-code", said) == {}
    assert ask(work, run, "cursor", {"hook_event_name": "stop"}) == {"permission": "allow"}
    odd = {"hook_event_name": "PreToolUse", "tool_input": [[{"a": 1}, None]], "cwd": "/nonexistent"}
    assert ask(work, run, "claude-code", odd) == {}
    for text in ("", "[]", "[" * 100_000, "\0"):
        hook = ("leakscan", "hook", "run", "agent", "cursor")
        assert "JSON object" in run(work, *hook, stdin=text, code=2).stdout


def test_install_beside_other_settings_and_uninstall(work: Path, run: Any, token: str) -> None:
    theirs = {"hooks": [{"type": "command", "command": "./mine.sh"}]}
    (work / ".claude").mkdir()
    file = work / ".claude/settings.json"
    file.write_text(json.dumps({"model": "m", "hooks": {"PreToolUse": [theirs]}}))
    run(work, "leakscan", "hook", "install", "agent")
    assert "is in" in run(work, "leakscan", "hook", "install", "agent").stdout
    said = json.loads(file.read_text())
    assert said["model"] == "m"
    assert said["hooks"]["PreToolUse"][0] == theirs
    assert set(said["hooks"]) == set(EVENTS["claude-code"])
    status = run(work, "leakscan", "hook", "status").stdout
    assert [name for name in EVENTS if f"{name:<12}leakscan" in status] == list(EVENTS)

    prompt = {"hook_event_name": "UserPromptSubmit", "prompt": token, "cwd": str(work)}
    command = said["hooks"]["UserPromptSubmit"][0]["hooks"][0]["command"]
    assert "block" in run(work, *shlex.split(command), stdin=json.dumps(prompt)).stdout
    (hook,) = json.loads((work / ".github/hooks/leakscan.json").read_text())["hooks"]["preToolUse"]
    told = {"toolName": "bash", "toolArgs": json.dumps({"command": token})}
    assert "deny" in run(work, "bash", "-c", hook["bash"], stdin=json.dumps(told)).stdout
    (hook,) = json.loads((work / ".cursor/hooks.json").read_text())["hooks"]["beforeSubmitPrompt"]
    told = {"hook_event_name": "beforeSubmitPrompt", "prompt": token}
    assert (
        json.loads(run(work, *shlex.split(hook["command"]), stdin=json.dumps(told)).stdout)["continue"]
        is False
    )

    run(work, "leakscan", "hook", "uninstall", "agent")
    assert json.loads(file.read_text()) == {"model": "m", "hooks": {"PreToolUse": [theirs]}}
    assert not (work / ".cursor/hooks.json").exists()
    assert not (work / ".github/hooks/leakscan.json").exists()
    assert "is not in" in run(work, "leakscan", "hook", "uninstall", "agent").stdout


def test_one_agent_for_all_of_a_persons_work(work: Path, run: Any, tmp_path: Path) -> None:
    run(tmp_path, "leakscan", "hook", "install", "agent", "--agent", "cursor", "--global")
    assert (tmp_path / "home/.cursor/hooks.json").exists()
    assert not (tmp_path / "home/.claude").exists()
    run(tmp_path, "leakscan", "hook", "status", "--global")
    run(tmp_path, "leakscan", "hook", "uninstall", "agent", "--global")
    assert not (tmp_path / "home/.cursor/hooks.json").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"hooks": []}'])
def test_settings_that_are_no_settings_stay_as_they_are(work: Path, run: Any, text: str) -> None:
    (work / ".claude").mkdir()
    (work / ".claude/settings.json").write_text(text)
    done = run(work, "leakscan", "hook", "install", "agent", "--agent", "claude-code", code=2)
    assert "settings.json" in done.stdout
    assert (work / ".claude/settings.json").read_text() == text
