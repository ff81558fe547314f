"""The examples in docs/ci and the action: they parse, clone completely, and say what leakscan takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from scanner.ci.environments import AZURE, BITBUCKET, CIRCLECI, GITHUB, GITLAB
from scanner.cli.ci import command
from scanner.report import FORMATS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs/ci").iterdir())
COMPLETE = {
    "github-actions.yml": (r"fetch-depth: 0\b", GITHUB),
    "gitlab-ci.yml": (r'GIT_DEPTH: "0"', GITLAB),
    "azure-pipelines.yml": (r"fetchDepth: 0\b", AZURE),
    "bitbucket-pipelines.yml": (r"depth: full\b", BITBUCKET),
    "circleci.yml": (r"method: full\b", CIRCLECI),
}


def parsed(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("path", [p for p in EXAMPLES if p.suffix == ".yml"], ids=lambda p: p.name)
def test_it_is_yaml_and_clones_completely(path: Path) -> None:
    assert isinstance(parsed(path), dict)
    if path.name in COMPLETE:
        pattern, system = COMPLETE[path.name]
        assert re.search(pattern, path.read_text())
        assert re.search(pattern.replace(r"\b", "").replace('"', '.?"?'), system.deepen.replace('\\"', '"'))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_no_secret_is_needed(path: Path) -> None:
    assert not re.search(r"secrets\.|password|credential(?!s: false)|_TOKEN", path.read_text(), re.I)


def test_their_command_lines_are_taken() -> None:
    lines = [line for path in EXAMPLES for line in re.findall(r"\bleakscan ci\b([^\n|]*)", path.read_text())]
    assert len(lines) >= 7
    taken = {option for parameter in command.params for option in parameter.opts}
    for line in lines:
        assert set(re.findall(r"(?<=\s)--?[a-z-]+", line)) <= taken, line
        for name in re.findall(r"-o (\w+)=", line):
            assert name in FORMATS


def test_the_action_is_composite_and_its_scripts_are_shell() -> None:
    action = parsed(ROOT / "action.yml")
    assert action["runs"]["using"] == "composite"
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert len(scripts) == 3
    for script in scripts:
        assert "${{" not in script  # inputs come by the environment, never as code
        subprocess.run(["bash", "-n"], input=script.encode(), check=True)
    assert all(step["shell"] == "bash" for step in action["runs"]["steps"] if "run" in step)


def test_the_actions_scan_step(tmp_path: Path) -> None:
    action = parsed(ROOT / "action.yml")
    (step,) = [step for step in action["runs"]["steps"] if step.get("id") == "scan"]
    program = tmp_path / "leakscan/bin/leakscan"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nprintf '%s|' \"$@\"\nexit 4\n")
    program.chmod(0o755)
    environment = {
        "PATH": "/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "out"),
        "ARGS": "--base main\n  $(touch pwned) *",
        "SARIF": "a b.sarif",
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "ci|--base|main|$(touch|pwned)|*|-o|sarif=a b.sarif|--redact|"
    assert (tmp_path / "out").read_text() == "exit-code=4\n"
    assert not (tmp_path / "pwned").exists()


def test_help() -> None:
    done = CliRunner().invoke(command, ["--help"])
    assert done.exit_code == 0 and "Examples:" in done.output
