"""The MCP server: what an agent may ask leakscan. No answer holds a secret.

By the official SDK, which only this imports: `pip install 'leakscan[mcp]'`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from scanner._version import __version__
from scanner.detect import Detector
from scanner.model import Finding, Summary, text_of
from scanner.options import Options
from scanner.pipeline import Known, reported, scan_bytes, scan_paths

_MOST = 200  # findings in an answer
_MOST_BYTES = 20_000_000  # of a text

_INSTRUCTIONS = (
    "Finds secrets (API keys, tokens, passwords, private keys) in text and files before they are committed "
    "or sent anywhere, and says how to rotate them. Answers never show a secret."
)


def server(detector: Detector, known: Known, root: Path, options: Options | None = None) -> MCPServer:
    """A server to run.

    Args:
        detector: decides what is a secret.
        known: what is not reported.
        root: the folder below which files may be scanned.
    """
    root = root.resolve()
    options = options or Options()
    # Its log would show the text of exceptions, in which a secret may stand.
    made = MCPServer("leakscan", instructions=_INSTRUCTIONS, version=__version__, log_level="CRITICAL")

    @made.tool()
    def scan(text: str = "", path: str = "") -> dict[str, Any]:
        """Look for secrets in a text, or in a file or folder.

        Args:
            text: what to scan; a path given too says of which file it would be the content.
            path: a file or folder, absolute or from the folder that the server works in.
        """
        summary = Summary()
        if text:
            data = text.encode(errors="replace")[:_MOST_BYTES]
            items = scan_bytes(data, path.encode(errors="replace"), detector, options, summary)
        else:
            items = scan_paths([_below(root, path)], detector, options, summary)
        return _answer(reported(items, summary, known), summary, root)

    @made.tool()
    def explain(rule: str) -> dict[str, Any]:
        """What a rule finds, how bad a leak is, and how to revoke and rotate such a secret.

        Args:
            rule: its id, as `scan` tells it.
        """
        for one in detector.config.rules:
            if one.id == rule:
                return {
                    "rule": one.id,
                    "description": one.description,
                    "severity": one.severity,
                    "fix": one.remediation,
                    "tags": list(one.tags),
                }
        raise ToolError("no such rule; 'scan' tells the rules of what it finds")

    return made


def _below(root: Path, path: str) -> Path:
    """The file or folder that may be scanned; raises ToolError for any other."""
    if not path:
        raise ToolError("give a text or a path")
    try:
        wanted = (root / path).resolve()
        exists = wanted.exists()
    except (OSError, ValueError, RuntimeError):
        exists = False
    if not exists or not wanted.is_relative_to(root):
        raise ToolError("no such file or folder below the one that this server works in")
    return wanted


def _answer(findings: Iterable[Finding], summary: Summary, root: Path) -> dict[str, Any]:
    rows = [_row(finding, root) for finding in findings]
    return {
        "findings": rows[:_MOST],
        "count": len(rows),
        "bytes": summary.bytes,
        "skipped": {reason.value: count for reason, count in summary.skipped.items()},
        "complete": not summary.incomplete,
    }


def _row(finding: Finding, root: Path) -> dict[str, Any]:
    secret = text_of(finding.secret)
    path = text_of(finding.path).removeprefix(f"{root}/")
    return {
        "rule": finding.rule.id,
        "description": finding.rule.description,
        "severity": finding.rule.severity,
        "path": path.replace(secret, "REDACTED") if secret else path,
        "line": finding.start_line,
        "column": finding.start_column,
        "secret": "REDACTED",
        "fix": finding.rule.remediation,
        "id": finding.id,
    }
