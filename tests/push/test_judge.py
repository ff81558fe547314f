"""What becomes of a push, whatever the scan of it finds or raises, and what the log and the pusher see."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import RepositoryError
from scanner.model import Commit, Finding, Reason, Rule, Skipped
from scanner.push import audit, message
from scanner.push.judge import Bypass, Judge, Judgement, OutOfTime, Scanned, bypass_of
from scanner.push.policy import Policy
from scanner.push.received import COMMIT_MESSAGE, TAG_MESSAGE, Update

SECRET = b"tok_" + b"a1b2c3d4"
RULE = Rule("tok", "A token.", remediation="Throw it\n away.", severity="high")
UPDATES = (Update("refs/heads/" + SECRET.decode(), "0" * 40, "1" * 40),)


def finding(path: bytes = b"a.txt", secret: bytes = SECRET, commit: str = "c" * 40) -> Finding:
    return Finding(RULE, path, secret, secret, start_line=3, commit=Commit(commit), id="leakscan:v1:00")


def found(*findings: Finding) -> Callable[[Scanned], None]:
    return lambda scanned: scanned.findings.extend(findings)


def raising(error: Exception) -> Callable[[Scanned], None]:
    def scan(scanned: Scanned) -> None:
        raise error

    return scan


def incomplete(scanned: Scanned) -> None:
    skipped = Skipped(Reason.MISSING_OBJECT, object="d" * 40)
    scanned.summary.skipped[skipped.reason] = 1
    scanned.summary.notable.append(skipped)


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., tuple[Judgement, list[dict[str, Any]]]]:
    """What becomes of a push, and what was logged."""

    def judge(
        scan: Callable[[Scanned], None], asked: Bypass | None = None, **policy: Any
    ) -> tuple[Judgement, list[dict[str, Any]]]:
        one = Judge(Policy(**policy), audit.Pusher("ada"), UPDATES, asked or Bypass(), tmp_path)
        judgement = one.judge(scan)
        log = tmp_path / "leakscan/audit.jsonl"
        return judgement, [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return judge


def test_clean(judged: Any) -> None:
    judgement, logged = judged(found())
    assert (judgement.exit_code, logged) == (0, [])


def test_no_secret_is_told_or_logged_wherever_it_stands(judged: Any) -> None:
    judgement, (logged,) = judged(found(finding(b"dir/" + SECRET + b".txt")))
    assert judgement.exit_code == 1
    assert SECRET.decode() not in judgement.text + json.dumps(logged)
    assert logged["refs"][0]["ref"] == "refs/heads/REDACTED"
    assert logged["findings"][0]["path"] == "dir/REDACTED.txt"
    assert "fix     Throw it away." in judgement.text


@pytest.mark.parametrize(
    ("scan", "told", "code"),
    [
        (raising(RepositoryError("no objects")), "no objects", 2),
        (raising(RuntimeError(SECRET.decode())), "internal error: RuntimeError at test_judge.py:", 3),
        (raising(MemoryError()), "internal error: MemoryError", 3),
        (raising(OutOfTime()), "it took longer than 30 s", 4),
        (incomplete, f"object missing from the repository: {'d' * 40}", 4),
    ],
)
def test_what_could_not_be_scanned(judged: Any, scan: Any, told: str, code: int) -> None:
    judgement, (logged,) = judged(scan)
    assert judgement.exit_code == code
    assert told in judgement.text
    assert logged["event"] == "blocked"
    assert told in logged["reason"]
    assert SECRET.decode() not in judgement.text + logged["reason"]
    judgement, logged = judged(scan, on_error="allow", on_timeout="allow")
    assert judgement.exit_code == 0
    assert "let through" in judgement.text
    assert logged[-1]["event"] == "allowed"


def test_errors_and_lateness_are_decided_apart(judged: Any) -> None:
    assert judged(raising(OutOfTime()), on_error="allow")[0].exit_code == 4
    assert judged(raising(ValueError()), on_timeout="allow")[0].exit_code == 3

    def late(scanned: Scanned) -> None:
        time.sleep(0.02)
        raise ValueError  # of something that the end of its time broke

    assert "longer than 0.01 s" in judged(late, timeout=0.01)[0].text


def test_findings_count_also_where_the_scan_did_not_end(judged: Any) -> None:
    def scan(scanned: Scanned) -> None:
        scanned.findings.append(finding())
        raise OutOfTime

    assert judged(scan, on_timeout="allow")[0].exit_code == 1


@pytest.mark.parametrize("scan", [found(finding()), raising(OutOfTime())])
def test_a_bypass(judged: Any, scan: Any) -> None:
    asked = Bypass(True, "false positive")
    assert "does not allow" in judged(scan, asked)[0].text
    assert "needs a reason" in judged(scan, Bypass(True), bypass=True)[0].text
    judgement, logged = judged(scan, asked, bypass=True)
    assert judgement.exit_code == 0
    assert [entry["event"] for entry in logged] == ["blocked", "blocked", "bypassed"]
    assert logged[-1]["reason"].startswith("false positive")


@pytest.mark.parametrize("scan", [found(finding()), raising(OutOfTime())])
def test_without_a_log_no_bypass_counts(judged: Any, scan: Any) -> None:
    nowhere = Path("/dev/null/audit.jsonl")
    judgement, logged = judged(scan, Bypass(True, "why"), bypass=True, audit_log=nowhere)
    assert judgement.exit_code != 0
    assert "cannot be written" in judgement.text
    assert logged == []


def test_an_open_policy_stays_open_without_a_log(judged: Any) -> None:
    nowhere = Path("/dev/null/audit.jsonl")
    judgement, _ = judged(raising(ValueError()), on_error="allow", audit_log=nowhere)
    assert judgement.exit_code == 0
    assert "cannot be written" in judgement.text


def test_push_options() -> None:
    def options(*values: str) -> dict[str, str]:
        numbered = {f"GIT_PUSH_OPTION_{n}": value for n, value in enumerate(values)}
        return numbered | {"GIT_PUSH_OPTION_COUNT": str(len(values))}

    assert bypass_of({}) == Bypass()
    assert bypass_of({"GIT_PUSH_OPTION_COUNT": "x"}) == Bypass()
    assert bypass_of(options("ci.skip")) == Bypass()
    assert bypass_of(options("ci.skip", 'LeakScan.bypass="a  b"')) == Bypass(True, "a b")
    assert bypass_of(options("leakscan.bypass= ")) == Bypass(True, "")


def test_who_pushes() -> None:
    folder = Path("/srv/app.git")
    assert audit.pusher_of({}, folder) == audit.Pusher("", "", "/srv/app.git")
    gitea = {"GITEA_PUSHER_NAME": "ada", "GITEA_REPO_USER_NAME": "team", "GITEA_REPO_NAME": "app"}
    assert audit.pusher_of(gitea, folder) == audit.Pusher("ada", "", "team/app")
    ssh = {"LOGNAME": "git", "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    assert audit.pusher_of(ssh, folder) == audit.Pusher("git", "192.0.2.1", "/srv/app.git")


def test_many_findings_are_cut_and_counted() -> None:
    findings = [finding(secret=b"%d" % number + SECRET, commit=f"{number:040}") for number in range(200)]
    text = message.blocked(findings, Policy())
    assert "200 secrets" in text
    assert "and 195 more." in text
    written = audit.entry("blocked", audit.Pusher(), UPDATES, findings, "", 0)
    assert (len(written["findings"]), written["count"]) == (100, 200)


def test_a_long_reason_is_cut_after_its_secrets_are_out() -> None:
    reason = "x" * 495 + SECRET.decode()
    written = audit.without(audit.entry("bypassed", audit.Pusher(), (), (), reason, 0), [SECRET])
    assert written["reason"] == "x" * 495 + "REDAC"


def test_messages_are_told_as_such() -> None:
    text = message.blocked([finding(COMMIT_MESSAGE), finding(TAG_MESSAGE, commit="e" * 40)], Policy())
    assert "(the commit's message)" in text
    assert f"tag     {'e' * 12}" in text
    assert "git rebase -i cccccccccccc^" in text


def test_a_hostile_path_does_not_move_the_cursor() -> None:
    assert "\x1b" not in message.blocked([finding(b"a\x1b[2Jb\n")], Policy())
