"""Tries an installed leakscan, as who built it does: ``python tests/installed.py compiled|uncompiled``.

Not a test of pytest's: it must run where only leakscan and Git are installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SECRET = "ghp_" + "aB3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA2bC4"
LEAKSCAN = (sys.executable, "-m", "scanner.cli")


def main() -> None:
    """Check how it runs, and that a scan of two commits finds the secret that the second took out again."""
    said = subprocess.check_output((*LEAKSCAN, "--version"), text=True)
    assert f"({sys.argv[1]})" in said, said
    with tempfile.TemporaryDirectory() as folder:
        git(folder, "init", "-q")
        for text in (f'token = "{SECRET}"\n', "token = None\n"):
            Path(folder, "settings.py").write_text(text, "utf-8")
            git(folder, "add", "settings.py")
            git(folder, "commit", "-q", "-m", "change")
        report = Path(folder, "report.json")
        done = subprocess.run(
            (*LEAKSCAN, "history", folder, "--no-cache", "-f", "json", "-r", report), check=False
        )
        assert done.returncode == 1, done.returncode
        assert [finding["RuleID"] for finding in json.loads(report.read_bytes())] == ["github-pat"]
    print(said.strip(), "works")


def git(folder: str, *arguments: str) -> None:
    """Run Git in `folder`, with an author."""
    author = ("-c", "user.name=Dev", "-c", "user.email=dev@example.com")
    subprocess.run(("git", "-C", folder, *author, *arguments), check=True)


if __name__ == "__main__":
    main()
