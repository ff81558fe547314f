"""``leakscan ci``: what a build of a CI system is about."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click

from scanner._version import __version__
from scanner.ci.annotations import annotator
from scanner.ci.build import Build, Kind
from scanner.ci.environments import AZURE, find_build
from scanner.ci.head import HeadVersion
from scanner.ci.span import span_of
from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.log import Log
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.reports import STDOUT
from scanner.cli.scan import execute_on_history, repository_at
from scanner.errors import UsageError
from scanner.model import Config
from scanner.report import open_report
from scanner.report.base import ReportContext, Reporter

_MAX_EVENT = 32_000_000  # bytes; GitHub's payloads are at most 25 MB ("Webhook events and payloads")


@click.command(
    "ci",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("leakscan ci", "In a job: scan what the build is about:"),
        ("leakscan ci -o sarif=leaks.sarif", "With a report to upload:"),
        ("leakscan ci --base origin/main", "What HEAD adds to a branch, whatever the system tells:"),
        ("leakscan ci --full", "Everything:"),
    ],
)
@click.argument("repo", type=click.Path(path_type=Path), default=".")
@click.option("--base", default="", metavar="REV",
              help="Scan what the build's commit adds to this one, whatever the environment tells; an empty "
              "one does not count.")  # fmt: skip
@click.option("--full", is_flag=True, help="Scan the full history of all refs.")
@click.option("--summary", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="Append a summary in Markdown to this file; in GitHub Actions and Azure Pipelines the job "
              "shows one without being asked.")  # fmt: skip
@scan_options
def command(arguments: ScanArguments, repo: Path, base: str, full: bool, summary: Path | None) -> int:
    """Scan what a CI build is about, which is found out from the environment.

    A pull or merge request: its own commits. A push: its new commits, also of a new branch or a forced push.
    A tag: all that it reaches. A schedule, a manual build, and where there is no CI: the full history. Known
    are GitHub Actions, GitLab CI, Jenkins, CircleCI, Azure Pipelines, Bitbucket Pipelines and Buildkite.

    A clone that is too shallow to see these commits is an error (exit code 4), which says what to set;
    with --allow-incomplete what is there is scanned.
    """
    build = _chosen(find_build(os.environ, _event(os.environ)), base, full)
    with repository_at(repo) as repository, contextlib.ExitStack() as stack:
        span = span_of(build, repository, arguments.allow_incomplete)
        Log(arguments.log_level).info(f"{build.system.name}, {build.kind.value}: scanning {span.what}")
        head = HeadVersion(repository, build.head)
        more = list(_reports(arguments, build, head, summary, stack))
        return execute_on_history(arguments, repo, span.selection, more=more)


def _chosen(build: Build, base: str, full: bool) -> Build:
    """`build`, changed as the command line says."""
    if base and full:
        raise UsageError("--base and --full exclude each other")
    if full:
        return replace(build, kind=Kind.FULL)
    return replace(build, kind=Kind.PULL_REQUEST, base=base) if base else build


def _event(environment: Mapping[str, str]) -> object:
    """The payload of GitHub's event; None where there is none that can be read."""
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path or environment.get("GITHUB_ACTIONS") != "true":
        return None
    try:
        with Path(path).open("rb") as file:
            event: object = json.loads(file.read(_MAX_EVENT))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH: cannot be read ({type(error).__name__})") from None
    return event


def _reports(
    arguments: ScanArguments,
    build: Build,
    head: HeadVersion,
    summary: Path | None,
    stack: contextlib.ExitStack,
) -> Iterator[Reporter]:
    """Annotations and the summary, where the system shows them."""
    taken = STDOUT in (arguments.report_path, *(text.partition("=")[2] for text in arguments.output))
    stream = sys.stderr if taken or sys.stdout is None else sys.stdout
    out: BinaryIO | None = stream.buffer if stream is not None else None
    if out and (annotations := annotator(build.system, out, head.line_of)):
        yield annotations
    path = summary or _summary_file(build, os.environ)
    if path:
        try:
            file = stack.enter_context(path.open("ab"))
        except OSError as error:
            raise UsageError(f"summary {path}: cannot be written ({error.strerror})") from None
        yield open_report("markdown", file, ReportContext(Config(), __version__, redact=100))
        if out and build.system is AZURE:
            stack.callback(_upload, out, path)


def _summary_file(build: Build, environment: Mapping[str, str]) -> Path | None:
    """The file in which the system looks for a job's summary, or in which Azure's is put."""
    if path := environment.get("GITHUB_STEP_SUMMARY"):
        return Path(path)
    folder = environment.get("AGENT_TEMPDIRECTORY") if build.system is AZURE else None
    return Path(folder) / "leakscan.md" if folder else None


def _upload(out: BinaryIO, path: Path) -> None:
    """Tells Azure's agent where the summary is."""
    out.write(b"##vso[task.uploadsummary]" + os.fsencode(path.resolve()) + b"\n")
    out.flush()
