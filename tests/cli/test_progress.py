"""The progress bar, on a terminal of its own."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest

# Draws at once and often, so that a scan of a moment shows it.
_EAGER = "import scanner.cli.progress as p; p.DELAY = 0; p._REFRESH = 0.001\n"
_SCAN = _EAGER + "import sys; from scanner.cli import main; main(sys.argv[1:])"
_BAR = """
import sys, time
from scanner.cli.progress import ProgressBar
from scanner.model import Finding, Rule, Summary
bar = ProgressBar(color=False)
bar.start("objects", 5)
bar.advance(5)
bar.start("commits", 1000)
bar.advance(400, 90_000_000)
bar.add(Finding(Rule("r"), b"p", b"m", b"s"))
time.sleep(float(sys.argv[1]))
bar.finish(Summary())
"""


def _on_terminal(code: str, arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Exit code and output of Python code whose stdin, stdout and stderr are a terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, [sys.executable, "-c", code, *arguments], environment)  # noqa: S606
    output = b""
    while True:
        try:
            piece = os.read(terminal, 1 << 16)
        except OSError:  # Linux's way to say that the other end is closed
            piece = b""
        if not piece:
            break
        output += piece
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), output.decode()


@pytest.fixture
def terminal(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a terminal that understands colours."""
    return environment | {"TERM": "xterm-256color", "COLUMNS": "120"}


@pytest.fixture
def scan(tmp_path: Path, config: Path, token: str) -> list[str]:
    """Arguments of a scan that takes long enough to draw a bar, with one finding."""
    folder = tmp_path / "tree"
    folder.mkdir()
    for number in range(1500):
        (folder / f"{number}").write_text("nothing " * 1000)
    (folder / "0").write_text(token)
    return ["dir", str(folder), "-c", str(config)]


def test_a_bar_says_how_far_and_how_long(terminal: dict[str, str]) -> None:
    _, output = _on_terminal(_BAR, ["1.6"], terminal)
    assert "commits 400 of 1,000" in output
    assert " MB/s, " in output
    assert "1 findings" in output and "/s" in output and " left" in output
    assert output.endswith("\x1b[2K")  # it is gone


def test_nothing_is_shown_within_the_first_second(terminal: dict[str, str]) -> None:
    assert _on_terminal(_BAR, ["0.5"], terminal) == (0, "")


def test_a_scan_shows_it_and_takes_it_away_before_the_report(
    terminal: dict[str, str], scan: list[str]
) -> None:
    code, output = _on_terminal(_SCAN, scan, terminal)
    assert code == 1
    assert "files " in output and "/s, " in output
    report = output[output.rindex("\x1b[2K") :]
    assert "1 finding of 1 secret" in report and "/s, " not in report


@pytest.mark.parametrize("options", [["-v"], ["-f", "jsonl", "-r", "-"]])
def test_none_where_findings_are_printed_meanwhile(
    terminal: dict[str, str], scan: list[str], options: list[str]
) -> None:
    code, output = _on_terminal(_SCAN, [*scan, *options], terminal)
    assert code == 1 and "/s, " not in output


def test_none_in_ci(terminal: dict[str, str], scan: list[str]) -> None:
    code, output = _on_terminal(_SCAN, scan, terminal | {"CI": "true"})
    assert code == 1 and "/s, " not in output


@pytest.mark.parametrize(
    ("variables", "options", "coloured"),
    [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"TERM": "dumb"}, [], False),
        ({}, ["--no-color"], False),
    ],
)
def test_colours(
    terminal: dict[str, str], scan: list[str], variables: dict[str, str], options: list[str], coloured: bool
) -> None:
    _, output = _on_terminal(_SCAN, [*scan, *options], terminal | {"CI": "1"} | variables)
    assert ("\x1b[" in output) is coloured
    assert "INF" not in output  # the summary is on the screen already
