"""``leakscan hook run pre-receive`` and ``update``: push protection, on the receiving side."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.budget import budget
from scanner.cli.command import Command
from scanner.cli.hook_chain import chained
from scanner.cli.log import Log
from scanner.cli.scan import cache_store
from scanner.errors import ExitCode
from scanner.git import Repository, open_repository
from scanner.git.program import quarantine
from scanner.push.audit import pusher_of
from scanner.push.judge import Judge, Scanned, bypass_of
from scanner.push.message import not_scanned
from scanner.push.policy import Policy, load_policy
from scanner.push.received import Received, Update, received, scan_received

if TYPE_CHECKING:
    from scanner.detect.sieve import Sieve

EXIT_CODES = (
    ("0", "The push goes on: no secrets in it, or let through as the policy says."),
    ("1", "Blocked: there are secrets in it."),
    ("2, 3, 4", "Blocked: a config is wrong, an internal error, not scanned completely or in time."),
)
_SHOWN_REFS = 3


@click.command("pre-receive", cls=Command, exit_codes=EXIT_CODES)
@chained("pre-receive")
def pre_receive(stdin: bytes) -> int:
    """Judge a push into the repository that is the working directory, as Git calls its hook pre-receive.

    Git writes the refs on standard input. What is blocked, and who may let it through, says the policy:
    see docs/push-protection.md.
    """
    return receive(_updates(stdin))


@click.command("update", cls=Command, exit_codes=EXIT_CODES)
@click.argument("ref")
@click.argument("old")
@click.argument("new")
@chained("update")
def update(stdin: bytes, ref: str, old: str, new: str) -> int:
    """Judge one ref of a push, as Git calls its hook update: for servers where pre-receive is taken."""
    return receive([Update(ref, old, new)])


def _updates(stdin: bytes) -> list[Update]:
    """The lines ``<old> SP <new> SP <ref>`` of githooks(5)."""
    lines = (line.split(b" ", 2) for line in stdin.splitlines() if line.count(b" ") >= 2)
    return [Update(os.fsdecode(ref), old.decode(), new.decode()) for old, new, ref in lines]


def receive(updates: Sequence[Update]) -> int:
    """Judge a push into the repository in the working directory; its exit code.

    Raises:
        RepositoryError: there is no repository here.
        ConfigError: the policy is wrong: it cannot say what shall happen then, so nothing goes through.
    """
    with open_repository(Path(), os.environ, quarantine(os.environ)) as repository:
        policy = load_policy(repository)
        pusher, bypass = pusher_of(os.environ, repository.git_dir), bypass_of(os.environ)
        judge = Judge(policy, pusher, updates, bypass, repository.git_dir)

        def scan(scanned: Scanned) -> None:
            late = not_scanned("it took too long", policy.on_timeout == "allow", policy)
            code = ExitCode.CLEAN if policy.on_timeout == "allow" else ExitCode.INCOMPLETE
            with budget(policy.timeout, code, late):
                brought = received(repository, updates)
                if not brought.empty:
                    _scan(repository, brought, policy, bypass.reason, scanned)

        judgement = judge.judge(scan)
    if judgement.text and sys.stderr is not None:
        click.echo(judgement.text, err=True)
    return judgement.exit_code


def _scan(repository: Repository, brought: Received, policy: Policy, reason: str, scanned: Scanned) -> None:
    """Scan with the policy's rules, and no other configuration; the reason for a bypass, too."""
    from scanner.config import load_default, load_file
    from scanner.detect import ALLOW_MARKS, Detector, make_prefilter, make_sieve, sought
    from scanner.known import ignore
    from scanner.options import Options
    from scanner.pipeline import Known, reported

    store = cache_store()
    config = load_file(policy.config, cwd=Path(), store=store) if policy.config else load_default(store)
    depth = policy.max_decode_depth
    detector = Detector(
        config,
        make_prefilter(sought(config), store=store),
        max_decode_depth=depth,
        allow_marks=ALLOW_MARKS if policy.allow_marks else (),
    )
    options = Options(
        max_megabytes=policy.max_megabytes,
        max_archive_depth=policy.max_archive_depth,
        jobs=policy.jobs or os.cpu_count() or 1,
        identity_key=os.environb.get(b"LEAKSCAN_FINGERPRINT_KEY", b""),
    )

    def sieve() -> Sieve:
        return make_sieve(config, store=store, max_decode_depth=depth)

    scanned.said += (match.secret for match in detector.scan(os.fsencode(reason)).matches)
    items = scan_received(repository, brought, detector, options, scanned.summary, make_sieve=sieve)
    known = Known(ignore.load([policy.ignore] if policy.ignore else [], date.today()))
    for finding in reported(items, scanned.summary, known):
        scanned.findings.append(finding)
    for warning in scanned.summary.warnings:
        Log().warn(warning)
