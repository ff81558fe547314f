"""The order in which configs and ignore files are looked up."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanner.cli.configuration import find_config

Leakscan = Callable[..., subprocess.CompletedProcess[bytes]]


def _config(name: str) -> str:
    return f"[[rules]]\nid = '{name}'\nregex = 'x'\n"


def _found(named: str, target: Path, environment: dict[str, str]) -> str:
    rules = find_config(named, target, environment).config.rules
    return rules[0].id if len(rules) == 1 else "default"


def test_the_order(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    files = {name: tmp_path / f"{name}.toml" for name in ("named", "own-path", "their-path")}
    for name, file in files.items():
        file.write_text(_config(name))
    (target / ".leakscan.toml").write_text(_config("own-file"))
    (target / ".gitleaks.toml").write_text(_config("their-file"))
    environment = {
        "LEAKSCAN_CONFIG": str(files["own-path"]),
        "GITLEAKS_CONFIG": str(files["their-path"]),
        "LEAKSCAN_CONFIG_TOML": _config("own-text"),
        "GITLEAKS_CONFIG_TOML": _config("their-text"),
    }
    assert _found(str(files["named"]), target, environment) == "named"
    for name in ("own-path", "their-path", "own-text", "their-text"):
        assert _found("", target, environment) == name
        del environment[next(iter(environment))]
    assert _found("", target, {}) == "own-file"
    (target / ".leakscan.toml").unlink()
    assert _found("", target, {}) == "their-file"
    (target / "file").touch()
    assert _found("", target / "file", {}) == "default"
    (target / ".gitleaks.toml").unlink()
    assert _found("", target, {}) == "default"


def test_a_config_of_the_scanned_folder_is_announced(leakscan: Leakscan, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / ".gitleaks.toml").write_text(_config("theirs"))
    (target / "a").write_text("x")
    run = leakscan("dir", target)
    assert run.returncode == 1 and b".gitleaks.toml of what is scanned" in run.stderr
    assert b"of what is scanned" not in leakscan("dir", target, "-c", target / ".gitleaks.toml").stderr


def test_ignore_files_of_the_target_and_of_the_option(
    leakscan: Leakscan, make_repo: Callable[..., Any], config: Path, token: str, tmp_path: Path
) -> None:
    repo = make_repo()
    repo.write("a", token)
    scan = ("dir", ".", "-c", config)
    assert leakscan(*scan, cwd=repo.path).returncode == 1
    folder = tmp_path / "ignores"
    folder.mkdir()
    for file in (folder / ".gitleaksignore", folder / ".leakscanignore", repo.path / ".gitleaksignore"):
        file.write_text("a:tok:1\n")
        named = ("-i", folder) if file.parent == folder else ()
        assert leakscan(*scan, *named, cwd=repo.path).returncode == 0
        file.unlink()
