"""``leakscan hook run agent``: what a coding agent is about to send, run or has written; and its settings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from scanner.agents.protocol import AGENTS, Event, answer, encoded, encoded_path, read_event
from scanner.agents.settings import Settings
from scanner.cli.command import Command
from scanner.cli.configuration import find_config, ignore_files
from scanner.cli.scan import cache_store
from scanner.detect import Detector, make_prefilter, sought
from scanner.known import ignore
from scanner.model import Finding, Summary, text_of
from scanner.options import Item, Options
from scanner.pipeline import Known, reported, scan_bytes
from scanner.report.terminal import one_line

_MOST_BYTES = 20_000_000  # of a written file
_SHOWN = 5

EXIT_CODES = (
    ("0", "The answer, to go on or not, is on standard output."),
    ("2", "A config or the input is wrong: Claude Code and Cursor take it for a no."),
    ("3", "An internal error: agents go on, and show it."),
)


@click.command(
    "agent",
    cls=Command,
    exit_codes=EXIT_CODES,
    examples=[("leakscan hook run agent claude-code < event.json", "As Claude Code calls it:")],
)
@click.argument("agent", type=click.Choice(AGENTS))
@click.option("--event", default="", metavar="NAME", help="The event, where the agent does not say it.")
def agent(agent: str, event: str) -> int:
    """Scan what a coding agent is about to send or run, or has written, and answer in its way.

    The agent says what it is on standard input. Where there is a secret in it, the answer is no, with the
    reason and what to do, without the secret.
    """
    said = read_event(agent, sys.stdin.buffer.read() if sys.stdin is not None else b"", event)
    findings = list(_findings(said)) if said.texts or said.written else []
    click.echo(json.dumps(answer(said, _reason(said, findings) if findings else "")))
    return 0


def _findings(event: Event) -> Iterator[Finding]:
    folder = event.folder if event.folder.is_dir() else Path()
    store = cache_store()
    config = find_config("", folder, os.environ, store).config
    detector = Detector(config, make_prefilter(sought(config), store=store))
    known = Known(ignore.load(ignore_files(folder, [folder]), date.today()))
    options = Options(identity_key=os.environb.get(b"LEAKSCAN_FINGERPRINT_KEY", b""))
    summary = Summary()

    def items() -> Iterator[Item]:
        path = encoded_path(_relative(event.path, folder))
        texts = [encoded(text) for text in event.texts]
        for data in [*texts, *_content(event.written)]:
            if not detector.excludes(path):
                yield from scan_bytes(data, path, detector, options, summary)

    return reported(items(), summary, known)


def _relative(path: str, folder: Path) -> str:
    """`path` from the folder that the agent works in, as reports and ignore files have it."""
    try:
        return Path(path).relative_to(folder.absolute()).as_posix() if path else ""
    except ValueError:
        return path


def _content(file: Path | None) -> list[bytes]:
    """What was written; nothing where it cannot be read, or is no file."""
    try:
        if file is None or not file.is_file():
            return []
        with file.open("rb") as stream:
            return [stream.read(_MOST_BYTES)]
    except (OSError, ValueError):
        return []


def _reason(event: Event, findings: Sequence[Finding]) -> str:
    """Why not, for the agent and for the person; one paragraph a secret."""
    distinct = {(finding.rule.id, finding.secret): finding for finding in findings}
    lines = [f"leakscan found {len(distinct)} secret(s) in {one_line(event.what, 80)}; not shown here:"]
    for finding in list(distinct.values())[:_SHOWN]:
        where = (
            f"{text_of(finding.path)}:{finding.start_line}" if finding.path else f"line {finding.start_line}"
        )
        head = f"- {finding.rule.id} ({where}): {finding.rule.description}"
        lines.append(one_line(" ".join(filter(None, (head, finding.rule.remediation)))))
        lines.append(f"  If it is none, add this line to .leakscanignore: {finding.id}")
    if len(distinct) > _SHOWN:
        lines.append(f"- and {len(distinct) - _SHOWN} more")
    lines.append(
        "Put secrets into the environment or a secret manager, and name them instead of writing them."
    )
    text = "\n".join(lines)
    for finding in findings:
        if finding.secret:
            text = text.replace(text_of(finding.secret), "REDACTED")
    return text


def install(settings: Sequence[Settings]) -> None:
    """Have agents call leakscan, and say so."""
    for one in settings:
        changed = one.install()
        click.echo(f"{one.agent}: {'installed in' if changed else 'is in'} {one.file}")


def uninstall(settings: Sequence[Settings]) -> None:
    """Have agents call leakscan no more, and say so."""
    for one in settings:
        click.echo(f"{one.agent}: {'removed from' if one.uninstall() else 'is not in'} {one.file}")
