"""Where reports go: the options that name them, the files and stdout that they are written to."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from scanner._version import __version__
from scanner.cli.options import ScanArguments
from scanner.errors import UsageError
from scanner.model import Config, Finding, Summary
from scanner.report import FORMATS, format_of_path, open_report
from scanner.report.base import ReportContext, Reporter

STDOUT = "-"
FOR_PEOPLE = ("text", "verbose", "html")
"""Formats that hide secrets unless told otherwise: they are read on screens, kept in logs and passed on."""


class ClosedOutput(Exception):
    """Nobody reads stdout any more."""


class Shown(Protocol):
    """What was said on the command line of how reports look; the names are the options'."""

    @property
    def redact(self) -> int | None:
        """Percentage of each secret to hide."""

    @property
    def show_secrets(self) -> bool:
        """Whether formats for people show secrets, too."""

    @property
    def report_template(self) -> Path | None:
        """File of format ``template``."""

    @property
    def no_color(self) -> bool:
        """Whether colours are refused."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One report: its format, and the file (or `STDOUT`)."""

    format: str
    path: str


def destinations(arguments: ScanArguments, stdout: BinaryIO | None) -> list[Destination]:
    """The reports that were asked for, and the one for people where nothing else takes stdout.

    Raises:
        UsageError: one of them is impossible.
    """
    wanted = [_parsed(text) for text in arguments.output]
    if arguments.report_path:
        wanted.insert(0, _main_report(arguments))
    if arguments.report_template and not any(one.format == "template" for one in wanted):
        raise UsageError("--report-template needs a report of format template (-f template -r FILE)")
    for one in wanted:
        if sum(other.path == one.path for other in wanted) > 1:
            raise UsageError(f"two reports cannot both go to {one.path!r}")
        _check(one, stdout)
    if stdout is not None and not any(one.path == STDOUT for one in wanted):
        wanted.append(Destination("verbose" if arguments.verbose else "text", STDOUT))
    return wanted


def _parsed(text: str) -> Destination:
    name, joined, path = text.partition("=")
    if not (name and joined and path):
        raise UsageError(f"--output takes FORMAT=FILE, such as sarif=leaks.sarif, not {text!r}")
    return Destination(name.strip().lower(), path)


def _main_report(arguments: ScanArguments) -> Destination:
    """The report of Gitleaks' options."""
    return _named(arguments.report_format, arguments.report_path, "--report-format")


def destination(name: str, path: str, stdout: BinaryIO | None) -> Destination:
    """One report, to `path` or `STDOUT`, of the format `name`; empty for what the path's ending says.

    Raises:
        UsageError: it is impossible.
    """
    one = _named(name, path, "--format")
    _check(one, stdout)
    return one


def _named(name: str, path: str, option: str) -> Destination:
    name = name.strip().lower() or format_of_path(path) or ""
    if not name:
        where = "stdout" if path == STDOUT else f"the ending of {path!r}"
        raise UsageError(f"{where} names no report format: add {option}")
    return Destination(name, path)


def _check(one: Destination, stdout: BinaryIO | None) -> None:
    if one.format not in FORMATS:
        raise UsageError(f"unknown report format {one.format!r}: use one of {', '.join(FORMATS)}")
    if one.path == STDOUT and stdout is None:
        raise UsageError("a report cannot go to stdout, which is closed")


def open_reports(
    wanted: Sequence[Destination],
    arguments: Shown,
    config: Config,
    stdout: BinaryIO | None,
    environment: Mapping[str, str],
) -> list[Reporter]:
    """Reporters for `wanted`, whose files are open and empty.

    Raises:
        UsageError: a file cannot be written, or a format lacks what it needs.
        ConfigError: a template cannot be used.
    """
    reporters: list[Reporter] = []
    with contextlib.ExitStack() as opened:  # closes the files if one report fails
        for one in wanted:
            context = _context(one, arguments, config, environment)
            if one.path == STDOUT:
                assert stdout is not None  # noqa: S101  (see `destinations`)
                reporters.append(_ToStdout(open_report(one.format, stdout, context), stdout))
            else:
                file = opened.enter_context(_opened(one.path))
                reporters.append(_ToFile(open_report(one.format, file, context), file, one.path))
        opened.pop_all()
    return reporters


def _opened(path: str) -> BinaryIO:
    with _writing(path):
        return Path(path).open("wb")


def _context(
    one: Destination, arguments: Shown, config: Config, environment: Mapping[str, str]
) -> ReportContext:
    redact = arguments.redact
    if redact is None:
        redact = 100 if one.format in FOR_PEOPLE and not arguments.show_secrets else 0
    terminal = one.path == STDOUT and is_terminal(sys.stdout)
    return ReportContext(
        config,
        __version__,
        redact=min(redact, 100),
        template=arguments.report_template,
        color=terminal and not arguments.no_color and colorful(environment),
        width=shutil.get_terminal_size().columns if terminal else None,
    )


def is_terminal(stream: object) -> bool:
    """Whether a standard stream, which may be closed, is a terminal."""
    try:
        return stream is not None and bool(stream.isatty())  # type: ignore[attr-defined]
    except ValueError:
        return False


def colorful(environment: Mapping[str, str]) -> bool:
    """Whether the environment allows colours (https://no-color.org)."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


class _ToStdout:
    """A report on stdout; `ClosedOutput` where nobody reads it."""

    def __init__(self, reporter: Reporter, stdout: BinaryIO) -> None:
        self._reporter, self._stdout = reporter, stdout

    def add(self, finding: Finding) -> None:
        """See `Reporter`."""
        with _writing("stdout"):
            self._reporter.add(finding)

    def finish(self, summary: Summary) -> None:
        """See `Reporter`."""
        with _writing("stdout"):
            self._reporter.finish(summary)
            self._stdout.flush()


class _ToFile:
    """A report in a file of its own."""

    def __init__(self, reporter: Reporter, file: BinaryIO, path: str) -> None:
        self._reporter, self._file, self._path = reporter, file, path

    def add(self, finding: Finding) -> None:
        """See `Reporter`."""
        with _writing(self._path):
            self._reporter.add(finding)

    def finish(self, summary: Summary) -> None:
        """See `Reporter`; closes the file."""
        with _writing(self._path), self._file:
            self._reporter.finish(summary)


@contextlib.contextmanager
def _writing(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ClosedOutput from None
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) and "\0" not in name:
            raise
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise UsageError(f"report {os.fsencode(name)!r}: cannot be written ({reason})") from None
