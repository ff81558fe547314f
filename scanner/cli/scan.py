"""What every scanning command does between its arguments and its exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from scanner.cache import FileStore
from scanner.cli.configuration import FoundConfig, find_config, ignore_files
from scanner.cli.log import Log
from scanner.cli.options import ScanArguments
from scanner.cli.progress import ProgressBar
from scanner.cli.reports import STDOUT, Destination, colorful, destinations, is_terminal, open_reports
from scanner.cli.signals import Interrupts
from scanner.config import select
from scanner.detect import ALLOW_MARKS, OTHER_TOOLS_MARKS, Detector, make_prefilter, make_sieve, sought
from scanner.errors import ExitCode, UsageError
from scanner.git import Repository, Selection, open_repository
from scanner.known import baseline, ignore
from scanner.model import Config, Summary
from scanner.options import Item, NoProgress, Options, Progress
from scanner.pipeline import Known, run
from scanner.report.base import Reporter
from scanner.report.summary import human_bytes
from scanner.repositories import scan_history

if TYPE_CHECKING:
    from scanner.detect.sieve import Sieve

Scan = Callable[[Detector, Options, Summary, Progress], Iterator[Item]]
"""One of the ``scan_*`` of `scanner.pipeline` and `scanner.repositories`, given what it scans."""

ChangesScan = Callable[[Repository, Detector, Options, Summary], Iterator[Item]]
"""`scanner.repositories.scan_staged` or `scan_unstaged`."""


def execute(
    arguments: ScanArguments,
    targets: Sequence[Path],
    scan: Scan,
    options: Options | None = None,
    without_effect: Sequence[str] = (),
    needs_bytes: bool = False,
    more: Sequence[Reporter] = (),
) -> int:
    """Scan, report, and return the exit code.

    Args:
        targets: what is scanned: a folder's own config and ignore files count. Several files and folders
            use the working directory's config.
        scan: begins the scan.
        options: what the command's own options say; the shared ones are added.
        without_effect: options that were given and mean nothing to this command.
        needs_bytes: a scan that has looked at nothing at all is incomplete.
        more: further reports.

    Raises:
        LeakscanError: there was something wrong before or in the scan.
        ClosedOutput: stdout was closed early.
        KeyboardInterrupt: the scan was interrupted; its reports are finished.
    """
    log = Log(arguments.log_level)
    _log_without_effect(log, arguments, without_effect)
    stdout: BinaryIO | None = sys.stdout.buffer if sys.stdout is not None else None
    wanted = destinations(arguments, stdout)
    folder = targets[0] if len(targets) == 1 else Path()
    found = find_config(arguments.config, folder, os.environ, cache_store())
    if found.from_target:
        log.info(f"using {found.path} of what is scanned; what it allows is not reported")
    config = select(found.config, arguments.enable_rule)
    known = _known(arguments, targets)
    notifiers = _notifiers(arguments, targets, log)
    summary = Summary(warnings=list(config.warnings))
    bar = _progress_bar(arguments, wanted)
    items = scan(
        _detector(arguments, config),
        _options(options or Options(), arguments, found, wanted),
        summary,
        bar or NoProgress(),
    )
    reporters: list[Reporter] = [*([bar] if bar else []), *more]
    reporters += open_reports(wanted, arguments, config, stdout, os.environ)
    reporters += notifiers
    interrupts = click.get_current_context().ensure_object(Interrupts)
    run(interrupts.between(items), summary, reporters, known)
    if arguments.stats:
        _write_stats(arguments.stats, summary)
    if interrupts.received:
        raise interrupts.received
    if not _summary_on_screen(wanted):
        _log_summary(log, summary)
    code = _exit_code(arguments, summary)
    if needs_bytes and code == ExitCode.CLEAN and not summary.bytes:
        log.error("0 bytes scanned: there was nothing to look at (--allow-empty accepts that)")
        return ExitCode.INCOMPLETE
    return code


def execute_on_history(
    arguments: ScanArguments,
    repo: Path,
    selection: Selection,
    options: Options | None = None,
    more: Sequence[Reporter] = (),
) -> int:
    """`execute` for what the selected commits of the repository at `repo` brought in."""

    def scan(detector: Detector, options: Options, summary: Summary, progress: Progress) -> Iterator[Item]:
        def sieve() -> Sieve:
            depth = arguments.max_decode_depth
            return make_sieve(detector.config, arguments.engine, cache_store(), depth)

        store = None if arguments.no_cache else cache_store()
        return scan_history(repository, selection, detector, options, summary, progress, sieve, store)

    with repository_at(repo) as repository:
        return execute(arguments, [repo], scan, options, more=more)


def execute_on_changes(
    arguments: ScanArguments, repo: Path, scan: ChangesScan, without_effect: Sequence[str] = ()
) -> int:
    """`execute` for what is not committed yet in the repository at `repo`.

    Args:
        scan: `scan_staged` or `scan_unstaged`.
    """
    with repository_at(repo) as repository:
        return execute(
            arguments,
            [repo],
            lambda detector, options, summary, progress: scan(repository, detector, options, summary),
            without_effect=without_effect,
        )


def repository_at(path: Path) -> Repository:
    """The repository at `path`, for a ``with`` block; raises `RepositoryError`."""
    return open_repository(path, os.environ)


def cache_store() -> FileStore:
    """Where compiled rules, and what is known of histories, are kept for the next run."""
    return FileStore(cache_folder())


def cache_folder() -> Path:
    """The folder for what can be made again, where platformdirs says; on Linux without importing it, which
    takes long beside a small scan."""
    if sys.platform == "linux":
        given = os.environ.get("XDG_CACHE_HOME", "")
        return (Path(given) if given.strip() else Path.home() / ".cache") / "leakscan"
    import platformdirs

    return platformdirs.user_cache_path("leakscan")


def _detector(arguments: ScanArguments, config: Config) -> Detector:
    marks = ALLOW_MARKS + (OTHER_TOOLS_MARKS if arguments.allow_marks == "all" else ())
    return Detector(
        config,
        make_prefilter(sought(config), arguments.engine, cache_store()),
        max_decode_depth=arguments.max_decode_depth,
        allow_marks=() if arguments.ignore_gitleaks_allow else marks,
    )


def _options(
    own: Options, arguments: ScanArguments, found: FoundConfig, wanted: Sequence[Destination]
) -> Options:
    files = (found.path, arguments.baseline_path)
    return replace(
        own,
        max_megabytes=max(arguments.max_target_megabytes, 0),
        max_archive_depth=max(arguments.max_archive_depth, 0),
        own_files=[file for file in files if file],
        outputs=[Path(one.path) for one in wanted if one.path != STDOUT],
        timeout=max(arguments.timeout, 0),
        max_memory=arguments.max_memory * 1_000_000,
        jobs=arguments.jobs or os.cpu_count() or 1,
        identity_key=os.environb.get(b"LEAKSCAN_FINGERPRINT_KEY", b""),
    )


def _notifiers(arguments: ScanArguments, targets: Sequence[Path], log: Log) -> list[Reporter]:
    """Who tells others of findings; none where nobody is to be told."""
    if not arguments.notify:
        return []
    from scanner._version import __version__
    from scanner.notify.notifier import Notifier
    from scanner.notify.target import parse

    told = [parse(text, os.environ) for text in arguments.notify]
    source = ", ".join(path.resolve().name or str(path) for path in targets) or "standard input"
    return [Notifier(told, source, __version__, log.warn)]


def _known(arguments: ScanArguments, targets: Sequence[Path]) -> Known:
    ignored = ignore.load(ignore_files(arguments.gitleaks_ignore_path, targets), date.today())
    path = arguments.baseline_path
    old = baseline.load(path) if path else baseline.Baseline()
    return Known(ignored, old, list_unused=arguments.list_unused_ignores)


def _progress_bar(arguments: ScanArguments, wanted: Sequence[Destination]) -> ProgressBar | None:
    """The bar, where somebody sees it and nothing else is written there meanwhile."""
    streams = any(one.path == STDOUT and one.format != "text" for one in wanted) and is_terminal(sys.stdout)
    if not is_terminal(sys.stderr) or os.environ.get("CI") or streams:
        return None
    return ProgressBar(color=not arguments.no_color and colorful(os.environ))


def _summary_on_screen(wanted: Sequence[Destination]) -> bool:
    """Whether the text report shows its summary to the one who would read the log."""
    return Destination("text", STDOUT) in wanted and is_terminal(sys.stdout) and is_terminal(sys.stderr)


def _log_without_effect(log: Log, arguments: ScanArguments, more: Sequence[str]) -> None:
    given = [
        *(["--diagnostics"] if arguments.diagnostics else []),
        *(["--diagnostics-dir"] if arguments.diagnostics_dir else []),
        *(["--report-format (without --report-path)"] if _lone_format(arguments) else []),
        *more,
    ]
    for name in given:
        log.warn(f"{name} has no effect here")


def _lone_format(arguments: ScanArguments) -> bool:
    return bool(arguments.report_format and not arguments.report_path)


def _log_summary(log: Log, summary: Summary) -> None:
    """What Gitleaks logs at the end, and what was not scanned."""
    for warning in summary.warnings:
        log.warn(warning)
    if summary.commits:
        log.info(f"{summary.commits} commits scanned.")
    size = human_bytes(summary.bytes)
    log.info(f"scanned ~{summary.bytes} bytes ({size}) in {summary.seconds:.2f}s")
    for reason, count in summary.skipped.items():
        (log.warn if reason.incomplete else log.info)(f"not scanned: {count} {reason.value}")
    found = sum(summary.findings.values())
    if found:
        log.warn(f"leaks found: {found}")
    elif summary.incomplete:
        log.warn("no leaks found so far: the scan is incomplete")
    else:
        log.info("no leaks found")


def _write_stats(file: Path, summary: Summary) -> None:
    from scanner.git.delta import COMPILED

    stats = {
        "seconds": round(summary.seconds, 3),
        "commits": summary.commits,
        "commits_from_cache": summary.known_commits,
        "blobs": summary.blobs,
        "files": summary.files,
        "bytes": summary.bytes,
        "findings": sum(summary.findings.values()),
        "compiled": COMPILED,
        **summary.stats,
    }
    try:
        file.write_text(json.dumps(stats, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"--stats: {file}: cannot be written: {error.strerror}") from None


def _exit_code(arguments: ScanArguments, summary: Summary) -> int:
    if summary.findings:
        return arguments.exit_code
    if summary.incomplete and not arguments.allow_incomplete:
        return ExitCode.INCOMPLETE
    return ExitCode.CLEAN
