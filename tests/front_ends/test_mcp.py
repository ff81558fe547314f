"""The MCP server, asked by the SDK's own client over standard input and output."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters, stdio_client


def talk(work: Path, environment: dict[str, str], asked: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What comes of a conversation with a server that works in `work`."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "scanner.cli", "mcp", str(work)], env=environment
    )

    async def conversation() -> Any:
        async with stdio_client(command) as streams, ClientSession(*streams) as session:
            await session.initialize()
            return await asked(session)

    return asyncio.run(asyncio.wait_for(conversation(), 60))


def call(work: Path, environment: dict[str, str], tool: str, **arguments: str) -> Any:
    """A tool's result: its JSON, or the text of its error."""

    async def asked(session: ClientSession) -> Any:
        return await session.call_tool(tool, arguments)

    result = talk(work, environment, asked)
    text = result.content[0].text
    return text if result.is_error else json.loads(text)


def test_it_offers_scan_and_explain(work: Path, environment: dict[str, str]) -> None:
    async def asked(session: ClientSession) -> Any:
        return await session.list_tools()

    tools = talk(work, environment, asked).tools
    assert sorted(tool.name for tool in tools) == ["explain", "scan"]
    assert all(tool.description for tool in tools)


def test_a_text_is_scanned_and_its_secret_not_shown(
    work: Path, environment: dict[str, str], token: str
) -> None:
    told = call(work, environment, "scan", text=f"one\nuse {token}\n", path="b.txt")
    (finding,) = told["findings"]
    assert (finding["rule"], finding["path"], finding["line"]) == ("tok", "b.txt", 2)
    assert finding["secret"] == "REDACTED"
    assert finding["fix"] == "Throw it away."
    assert token not in json.dumps(told)
    assert call(work, environment, "scan", text="nothing")["findings"] == []


def test_files_below_the_folder_are_scanned_and_no_others(
    work: Path, environment: dict[str, str], token: str, tmp_path: Path
) -> None:
    (work / "sub").mkdir()
    (work / "sub/b.txt").write_text(f"use {token}\n")
    told = call(work, environment, "scan", path="sub")
    assert [finding["path"] for finding in told["findings"]] == ["sub/b.txt"]
    assert told["complete"]
    (tmp_path / "outside.txt").write_text(f"{token}\n")
    (work / "link").symlink_to(tmp_path / "outside.txt")
    for path in ("../outside.txt", str(tmp_path / "outside.txt"), "link", "none", "a\0b"):
        assert "no such file or folder below" in call(work, environment, "scan", path=path)
    assert "give a text or a path" in call(work, environment, "scan")


def test_a_rule_is_explained(work: Path, environment: dict[str, str]) -> None:
    assert call(work, environment, "explain", rule="tok")["fix"] == "Throw it away."
    assert "no such rule" in call(work, environment, "explain", rule="none")


def test_without_the_extra_it_says_what_to_install(work: Path, run: Any, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/mcp.py").write_text("raise ModuleNotFoundError('no mcp', name='mcp')\n")
    done = run(work, "leakscan", "mcp", code=2, PYTHONPATH=str(tmp_path / "site"))
    assert "pip install 'leakscan[mcp]'" in done.stdout
    run(work, "leakscan", "mcp", "nowhere", code=2)
