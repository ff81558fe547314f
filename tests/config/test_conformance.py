"""The conformance cases: each config loads where Gitleaks loads it, and is refused where it refuses it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from scanner.config import load_file, load_text, select
from scanner.errors import ConfigError

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "conformance"
# Refused for what is no part of the config.
NOT_CONFIG = {"inline/git-platform-bad", "inline/exit-unknown-flag", "inline/exit-missing-config"}


def cases() -> list[Any]:
    if not SHARED.is_dir():
        return []
    return [case for case in json.loads((SHARED / "cases.json").read_bytes()) if case["id"] not in NOT_CONFIG]


def attempt(case: Any, folder: Path) -> str:
    """The config's error; empty where it loads."""
    for name, text in case.get("config_files", {}).items():
        (folder / name).write_text(text.replace("{CFG}", str(folder)), "utf-8")
    try:
        if case["config"] == "default":
            load_file(SHARED / "gitleaks.toml", cwd=folder)
        elif case["config"] != "auto":
            config = load_text(case["config"].replace("{CFG}", str(folder)), "c.toml", cwd=folder)
            pairs = itertools.pairwise(case.get("args") or [])
            select(config, [value for flag, value in pairs if flag == "--enable-rule"])
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.skipif(not SHARED.is_dir(), reason="the conformance cases are not beside this checkout")
def test_every_case(tmp_path: Path) -> None:
    deliberate = json.loads((SHARED / "deliberate.json").read_bytes())
    wrong = []
    errors: dict[str, str] = {}  # many cases share a config
    for case in cases():
        parts = json.dumps([case["config"], case.get("config_files"), case.get("args")])
        if parts not in errors:
            errors[parts] = attempt(case, tmp_path)
        error = errors[parts]
        refused = case["expected"] is None
        if bool(error) != refused and case["id"] not in deliberate:
            wrong.append((case["id"], error))
    assert wrong == []
