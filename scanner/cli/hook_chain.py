"""Runs the hook that was there before ours was installed, and then ours."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from scanner.git.hooks import BEFORE, global_folder
from scanner.git.program import Program

_READ_STDIN = ("pre-push", "pre-receive")
_RUNNING = "LEAKSCAN_HOOK"  # names the hooks that are being run, lest two call each other for ever


def chained(name: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Makes a command run the hook `name` that was there before it, and hand on its exit code if it fails.

    The command gets what Git writes on standard input as ``stdin``, and an option ``--script``: the file
    that Git called.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @click.option("--script", type=click.Path(path_type=Path), default=None, hidden=True)
        @functools.wraps(command)
        def wrapped(*arguments: Any, script: Path | None, **values: Any) -> int:
            stdin = sys.stdin.buffer.read() if name in _READ_STDIN and sys.stdin is not None else b""
            code = _run_earlier(name, script, stdin) if script else 0
            return code or command(*arguments, stdin=stdin, **values)

        return wrapped

    return decorate


def _run_earlier(name: str, script: Path, stdin: bytes) -> int:
    """The exit code of the first earlier hook that fails; 0 where none does."""
    running = os.environ.get(_RUNNING, "").split(os.pathsep)
    for hook in _earlier(name, script):
        if str(hook) in running or not os.access(hook, os.X_OK):
            continue
        environment = os.environ | {_RUNNING: os.pathsep.join(filter(None, [*running, str(hook)]))}
        done = subprocess.run([hook, *_operands()], input=stdin, env=environment, check=False)
        if done.returncode:
            return done.returncode if done.returncode > 0 else 128 - done.returncode
    return 0


def _earlier(name: str, script: Path) -> Iterator[Path]:
    """The hook that ours took the place of, and where ours is for all repositories, the repository's own."""
    folder = script.absolute().parent
    yield folder / f"{name}{BEFORE}"
    if folder.resolve() == global_folder(os.environ).resolve():
        answer = Program(Path(), os.environ).output("rev-parse", "--git-common-dir").removesuffix(b"\n")
        yield Path(os.fsdecode(answer)).absolute() / "hooks" / name


def _operands() -> list[str]:
    """What Git called the hook with."""
    context = click.get_current_context()
    operands: list[str] = []
    for parameter in context.command.params:
        if isinstance(parameter, click.Argument) and parameter.name is not None:
            value = context.params[parameter.name]
            operands += map(str, value if isinstance(value, tuple) else [value])
    return operands
