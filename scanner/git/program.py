"""Runs the ``git`` program: the only place that does, with arguments and surroundings that are safe on
repositories of strangers.

Nothing that a repository configures is executed, nothing is fetched or written, nobody is asked.
Git's exit status alone says whether it succeeded; its stderr only says why not.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

from scanner.errors import RepositoryError

# What a repository's own configuration must not decide, since it would run programs (fsmonitor, hooks,
# signature checkers) or hide changes (log.showRoot, diff.relative, submodule settings).
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=" + os.devnull,
    "core.pager=cat",
    "log.showSignature=false",
    "log.showRoot=true",
    "diff.relative=false",
    "submodule.recurse=false",
    "i18n.logOutputEncoding=UTF-8",
)

# Not inherited are the variables that say which repository, index or objects to use: inside a hook they
# name the repository of the hook. Kept is what a person sets to configure Git itself.
_KEPT = ("GIT_CONFIG_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")

# By these Git tells a hook on the receiving side where the pushed objects are until it accepts them.
_QUARANTINE = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH")

_FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone must not fetch; Git before 2.45 does not know this, so:
    "GIT_ALLOW_PROTOCOL": "none",  # overrides protocol.*.allow, ext:: included
}

_AS_THEY_ARE = {"GIT_NO_REPLACE_OBJECTS": "1"}

_STDERR_KEPT = 20  # lines


class GitFailed(RepositoryError):
    """Git ended with a status other than 0.

    Args:
        command: the Git command, such as ``log``.
        status: exit status; negative for a signal's number.
        text: Git's stderr.
    """

    def __init__(self, command: str, status: int, text: str) -> None:
        self.status = status
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
        self.reason = told[-1] if told else f"exit status {status}"
        super().__init__(_advice(text) or f"git {command}: {self.reason}")


def _advice(text: str) -> str:
    """What to do about the refusal in Git's stderr `text`; empty where there is nothing special to say."""
    if "dubious ownership" not in text:
        return ""
    return (
        "Git refuses a repository that belongs to another user (dubious ownership); if you trust it, run: "
        "git config --global --add safe.directory FOLDER"
    )


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what redirects Git, and with what keeps it quiet, offline and in English."""
    kept = {k: v for k, v in environment.items() if not k.startswith("GIT_") or k.startswith(_KEPT)}
    return kept | _FIXED


def quarantine(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that show Git the objects of a push which a hook is to judge: git-receive-pack(1),
    "Quarantine Environment". Also one that shows objects as they are, whatever replacements were pushed.

    Args:
        environment: of the hook, which Git has set; what of it is not given stays unset.
    """
    return {name: environment[name] for name in _QUARANTINE if environment.get(name)} | _AS_THEY_ARE


class Program:
    """Git, run in one folder.

    Args:
        directory: an existing folder, the working directory of every run.
        environment: the surrounding environment; it is cleaned (see `clean_environment`).
        objects: the variables of a push's `quarantine`; empty for the repository's own objects.
    """

    def __init__(
        self, directory: Path, environment: Mapping[str, str], objects: Mapping[str, str] | None = None
    ) -> None:
        self.directory, self.objects = directory, dict(objects or {})
        self.environment = clean_environment(environment) | self.objects

    def at(self, directory: Path) -> Program:
        """Git, run in another folder of the same surroundings."""
        return Program(directory, self.environment, self.objects)

    def output(
        self,
        *arguments: str | bytes,
        stdin: bytes = b"",
        settings: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
    ) -> bytes:
        """Standard output of one run, for outputs that are small.

        Args:
            arguments: the Git command and its arguments.
            stdin: given to the program on its standard input.
            settings: further ``-c`` settings, ``name=value``.
            variables: further environment variables, such as ``GIT_INDEX_FILE``.

        Raises:
            GitFailed: the exit status is not 0.
            RepositoryError: there is no Git.
        """
        with self.start(*arguments, settings=settings, variables=variables) as process:
            feeder = threading.Thread(target=process.feed, args=(stdin,), daemon=True)
            feeder.start()
            data = process.stdout.read()
            feeder.join()
            process.check()
        return data

    def start(
        self,
        *arguments: str | bytes,
        settings: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        stdout: IO[bytes] | None = None,
    ) -> Process:
        """Start a run whose output is read piece by piece; arguments and errors as in `output`.

        Args:
            stdout: a file for the output, which is then there when the run has ended; None for a pipe.
        """
        options = [part for setting in _SETTINGS + settings for part in ("-c", setting)]
        try:
            popen = subprocess.Popen(
                ["git", "--no-pager", *options, *arguments],
                cwd=self.directory,
                env=self.environment | dict(variables or {}),
                stdin=subprocess.PIPE,
                stdout=stdout or subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except FileNotFoundError:
            raise RepositoryError("cannot run git: install Git 2.30 or newer, or put it on PATH") from None
        except OSError as error:
            raise RepositoryError(f"cannot run git: {error.strerror}") from None
        return Process(popen, os.fsdecode(arguments[0]), stdout)


class Process:
    """A running Git; leaving its ``with`` block ends it, also when its output was not read to the end."""

    def __init__(self, popen: subprocess.Popen[bytes], command: str, stdout: IO[bytes] | None = None) -> None:
        stdout = stdout or popen.stdout
        if popen.stdin is None or stdout is None or popen.stderr is None:
            raise ValueError("the process needs pipes")
        self.stdin: IO[bytes] = popen.stdin
        self.stdout: IO[bytes] = stdout
        self._popen, self._command, self._stderr = popen, command, popen.stderr
        self._lines: deque[bytes] = deque(maxlen=_STDERR_KEPT)
        # Read all the while: a program that fills this pipe unread would stop.
        self._drain = threading.Thread(target=self._read_stderr, daemon=True)
        self._drain.start()

    def _read_stderr(self) -> None:
        while line := self._stderr.readline(1000):
            self._lines.append(line)

    def feed(self, data: bytes) -> None:
        """Write `data` as the whole standard input; a program that does not want it may end."""
        if self.stdin.closed:
            return
        try:
            self.stdin.write(data)
            self.stdin.close()
        except (OSError, ValueError):  # it ended without reading, or was ended meanwhile
            pass

    def wait(self) -> None:
        """Wait for the end of a program whose output goes to a file."""
        self.feed(b"")
        self._popen.wait()

    def check(self) -> None:
        """Wait for the end; raises `GitFailed` unless the status is 0."""
        self.feed(b"")
        status = self._popen.wait()
        self._drain.join()
        if status:
            raise GitFailed(self._command, status, b"".join(self._lines).decode(errors="replace"))

    def close(self) -> None:
        """End the program, whatever it is doing, and let go of its pipes."""
        if self._popen.poll() is None:
            self._popen.terminate()
        self.feed(b"")
        self.stdout.close()
        self._popen.wait()
        self._drain.join()
        self._stderr.close()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Dialogue:
    """A long-lived Git command that reads commit ids and answers each, such as ``diff-tree --stdin``.

    Such commands copy a line that is no commit id to their output and flush; a line that cannot be
    foreseen, sent after each id, therefore marks the end of the answer. Not for use by several threads.
    """

    def __init__(self, program: Program, *arguments: str, settings: tuple[str, ...] = ()) -> None:
        self._program, self._arguments, self._settings = program, arguments, settings
        self._mark = b"end-" + os.urandom(16).hex().encode() + b"\n"
        self._process: Process | None = None

    def ask(self, commit: str) -> bytes | None:
        """The answer on one commit; None when the program died of it (the next call starts anew)."""
        if self._process is None:
            self._process = self._program.start(*self._arguments, settings=self._settings)
        answer: list[bytes] = []
        try:
            self._process.stdin.write(commit.encode() + b"\n" + self._mark)
            self._process.stdin.flush()
            while line := self._process.stdout.readline():
                if line.endswith(self._mark):
                    answer.append(line.removesuffix(self._mark))
                    return b"".join(answer)
                answer.append(line)
        except BrokenPipeError:
            pass
        self.close()
        return None

    def close(self) -> None:
        """End the program if it runs."""
        if self._process is not None:
            self._process.close()
            self._process = None
