"""``leakscan baseline``: make a baseline, bring it up to date, and say what is a leak in it."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from scanner.cli.command import Command
from scanner.cli.log import Log
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute, execute_on_history
from scanner.errors import ConfigError, ExitCode, UsageError
from scanner.git import Selection
from scanner.known import baseline, entries
from scanner.known.baseline import Baseline
from scanner.known.entries import Entry, Label, Recorder
from scanner.pipeline import scan_paths
from scanner.report.terminal import one_line

_DEFAULT = Path(".leakscan-baseline.jsonl")
_SCAN_CODES = (
    ("0", "The baseline is written, with findings or without."),
    ("2", "The command line, a config, the baseline or the repository is wrong."),
    ("4", "Something that should have been read was not; no old entry was removed."),
)
_ANSWERS: dict[str, Label] = {"t": "true", "f": "false", "l": "later"}


@click.group("baseline")
def command() -> None:
    """Keep what is known in a file, and label it."""


_file = click.option(
    "--file", type=click.Path(path_type=Path), default=_DEFAULT, show_default=True, metavar="FILE",
    help="The baseline.",
)  # fmt: skip
_dir = click.option("--dir", "as_files", is_flag=True, help="Scan files as they are, not history.")


_from = click.option(
    "--from", "report", type=click.Path(path_type=Path), default=None, metavar="REPORT",
    help="Take only what this report knows: Gitleaks' JSON, JSON Lines or SARIF.",
)  # fmt: skip


@command.command(
    "create",
    cls=Command,
    exit_codes=_SCAN_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("leakscan baseline create", "Of the history of the repository you are in:"),
        ("leakscan baseline create --dir --file known.jsonl src", "Of files:"),
        ("leakscan baseline create --from gitleaks.json", "Of what a baseline of Gitleaks' hides:"),
        ("leakscan history -b .leakscan-baseline.jsonl", "From then on:"),
    ],
)
@click.argument("path", type=click.Path(path_type=Path), default=".")
@_file
@_dir
@_from
@scan_options
def create(arguments: ScanArguments, path: Path, file: Path, as_files: bool, report: Path | None) -> int:
    """Write a baseline of all that is found now. No secret is in it."""
    if os.path.lexists(file):
        raise UsageError(f"{file} is there already; 'leakscan baseline update' brings it up to date")
    return _record(arguments, path, Recorder(file, only=_report(report)), as_files)


@command.command(
    "update",
    cls=Command,
    exit_codes=_SCAN_CODES,
    environment=ENVIRONMENT,
    examples=[("leakscan baseline update", "Add what is new, and remove what is gone:")],
)
@click.argument("path", type=click.Path(path_type=Path), default=".")
@_file
@_dir
@_from
@scan_options
def update(arguments: ScanArguments, path: Path, file: Path, as_files: bool, report: Path | None) -> int:
    """Bring a baseline up to date: new findings come in, those that are gone go out, labels stay.

    It must be of the same kind of scan: history, or with --dir files.
    """
    return _record(arguments, path, Recorder(file, entries.read(file), _report(report)), as_files)


def _report(file: Path | None) -> Baseline | None:
    """The report that says what to take."""
    if file is None:
        return None
    known = baseline.load(file)
    if known.warnings:
        raise ConfigError(known.warnings[0])
    return known


def _record(arguments: ScanArguments, path: Path, recorder: Recorder, as_files: bool) -> int:
    """Scan, and write what was found."""
    arguments = replace(arguments, exit_code=0)
    if as_files:
        code = execute(arguments, (path,), partial(scan_paths, (path,)), more=[recorder])
    else:
        code = execute_on_history(arguments, path, Selection(), more=[recorder])
    Log(arguments.log_level).info(
        f"{recorder.file}: {recorder.added} entries added, {recorder.removed} removed, {recorder.kept} kept"
    )
    return ExitCode.INCOMPLETE if recorder.incomplete and not arguments.allow_incomplete else code


@command.command(
    "audit",
    cls=Command,
    exit_codes=(("0", "The end, or 'q'; each answer is kept at once."), ("2", "The baseline is wrong.")),
    examples=[
        ("leakscan baseline audit", "Label what has no label yet:"),
        ("leakscan baseline audit --all", "Go through all entries again:"),
    ],
)
@_file
@click.option("--all", "everything", is_flag=True, help="Ask about entries that are labelled, too.")
def audit(file: Path, everything: bool) -> int:
    """Walk through a baseline and say of each entry whether it is a leak, and why.

    Asked about are entries without a label, and those for later. The answers are in the file.
    """
    known = sorted(entries.read(file))
    open_ = [n for n, entry in enumerate(known) if everything or entry.label in ("", "later")]
    for count, n in enumerate(open_, 1):
        click.echo(_shown(known[n], count, len(open_)))
        answer = _answer(known[n])
        if answer is None:
            break
        if answer != known[n]:
            known[n] = answer
            entries.write(file, known)
    counts = Counter(entry.label or "not labelled" for entry in known)
    click.echo(", ".join(f"{number} {label}" for label, number in sorted(counts.items())) or "no entries")
    if counts["true"]:
        click.echo("Rotate what is true: 'leakscan explain' tells how.")
    return ExitCode.CLEAN


def _shown(entry: Entry, count: int, total: int) -> str:
    """An entry, as one is asked about it."""
    now = f"\n  now     {entry.label}  {one_line(entry.reason)}" if entry.label else ""
    context = f"\n  line    {one_line(entry.context)}" if entry.context else ""
    head = f"\n[{count}/{total}] {one_line(entry.rule)}\n  where   {one_line(entry.path)}"
    return f"{head}{context}\n  id      {one_line(entry.id)}{now}"


def _answer(entry: Entry) -> Entry | None:
    """The entry with what somebody says of it; None where they have enough."""
    question = "Is it a leak? [t]rue, [f]alse, [l]ater, [s]kip, [q]uit"
    try:
        answer = click.prompt(question, type=click.Choice([*_ANSWERS, "s", "q"]), show_choices=False)
        if answer == "q":
            return None
        if answer == "s":
            return entry
        reason = click.prompt("Why", default=entry.reason, show_default=bool(entry.reason))
    except click.Abort:  # the input's end, or Ctrl-C
        click.echo()
        return None
    return replace(entry, label=_ANSWERS[answer], reason=one_line(reason.strip()))
