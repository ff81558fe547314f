"""Decides on a push: blocked, let through, or let through with a reason; and has that logged."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanner.errors import ExitCode, LeakscanError
from scanner.model import Finding, Summary
from scanner.push import audit, message
from scanner.push.policy import Policy
from scanner.push.received import Update


class OutOfTime(Exception):
    """The time that the policy grants has passed."""


@dataclass(slots=True)
class Scanned:
    """What a scan of a push has found so far.

    Attributes:
        findings: with their secrets.
        said: secrets that the pusher gave as a reason.
    """

    findings: list[Finding] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    said: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bypass:
    """What the push options say.

    Attributes:
        asked: the pusher wants the push let through.
        reason: why; empty where none is given.
    """

    asked: bool = False
    reason: str = ""

    def refusal(self, policy: Policy) -> str:
        """Why it does not count; empty where it does, or where none is asked for."""
        if not self.asked:
            return ""
        if not policy.bypass:
            return "this server does not allow it"
        return "" if self.reason else f'it needs a reason: -o {message.OPTION}="false positive: why"'


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a push, and what the pusher is told."""

    exit_code: int
    text: str


def bypass_of(environment: Mapping[str, str]) -> Bypass:
    """The bypass among a push's options, which Git hands to hooks in variables (githooks(5))."""
    try:
        count = int(environment.get("GIT_PUSH_OPTION_COUNT") or 0)
    except ValueError:
        count = 0
    options = (environment.get(f"GIT_PUSH_OPTION_{number}", "") for number in range(min(count, 1000)))
    for option in options:
        name, _, value = option.partition("=")
        if name.strip().lower() == message.OPTION:
            return Bypass(True, " ".join(value.strip().strip("\"'").split()))
    return Bypass()


class Judge:
    """Judges one push.

    Args:
        policy: of the server.
        pusher, updates, bypass: who wants what.
        folder: the repository's, for the audit log where the policy names none.
    """

    def __init__(
        self, policy: Policy, pusher: audit.Pusher, updates: Sequence[Update], bypass: Bypass, folder: Path
    ) -> None:
        self._policy, self._pusher, self._updates, self._bypass = policy, pusher, updates, bypass
        self._log = policy.audit_log or folder / "leakscan" / "audit.jsonl"
        self._started = time.monotonic()
        self._scanned = Scanned()

    def judge(self, scan: Callable[[Scanned], None]) -> Judgement:
        """What becomes of the push.

        Args:
            scan: adds what it finds; whatever it raises counts as a scan that did not come to its end.
        """
        scanned = self._scanned
        why, decision, code = "", self._policy.on_error, ExitCode.INTERNAL
        try:
            scan(scanned)
        except Exception as error:  # the server's policy says what becomes of it, not this program's faults
            if isinstance(error, OutOfTime) or self._seconds() >= self._policy.timeout:
                why = f"it took longer than {self._policy.timeout:g} s"
                decision, code = self._policy.on_timeout, ExitCode.INCOMPLETE
            elif isinstance(error, LeakscanError):
                why, code = str(error), error.exit_code
            else:
                why = _fault(error)
        else:
            why, code = _incomplete(scanned.summary), ExitCode.INCOMPLETE
        if scanned.findings:
            return self._with_findings(scanned.findings)
        if why:
            return self._not_scanned(why, decision, code)
        return Judgement(ExitCode.CLEAN, message.passed(scanned.summary))

    def _with_findings(self, findings: list[Finding]) -> Judgement:
        refused = self._bypass.refusal(self._policy)
        if self._bypass.asked and not refused:
            refused = self._logged("bypassed", findings, self._bypass.reason)
            if not refused:
                return Judgement(ExitCode.CLEAN, message.bypassed(findings))
        trouble = self._logged("blocked", findings, self._bypass.reason)
        text = message.blocked(findings, self._policy, refused)
        return Judgement(ExitCode.FINDINGS, "\n".join(filter(None, (text, trouble))))

    def _not_scanned(self, why: str, decision: str, code: int) -> Judgement:
        if decision == "allow":
            trouble = self._logged("allowed", (), why)
            text = message.not_scanned(why, True, self._policy)
            return Judgement(ExitCode.CLEAN, "\n".join(filter(None, (text, trouble))))
        refused = self._bypass.refusal(self._policy)
        if self._bypass.asked and not refused:
            refused = self._logged("bypassed", (), f"{self._bypass.reason} (not scanned: {why})")
            if not refused:
                return Judgement(ExitCode.CLEAN, message.not_scanned(why, True, self._policy))
        trouble = self._logged("blocked", (), why)
        text = message.not_scanned(why, False, self._policy, refused)
        return Judgement(code, "\n".join(filter(None, (text, trouble))))

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _logged(self, event: str, findings: Sequence[Finding], reason: str) -> str:
        """Why the event could not be logged; empty where it was."""
        try:
            secrets = [*(finding.secret for finding in findings), *self._scanned.said]
            written = audit.entry(event, self._pusher, self._updates, findings, reason, self._seconds())
            audit.append(self._log, audit.without(written, secrets))
        except audit.AuditError as error:
            return str(error)
        return ""


def _incomplete(summary: Summary) -> str:
    """What could not be read; empty where everything could."""
    if not summary.incomplete:
        return ""
    missing = [one for one in summary.notable if one.reason.incomplete]
    first = f": {missing[0].object or missing[0].detail}" if missing else ""
    return f"{missing[0].reason.value if missing else 'unfinished'}{first}"


def _fault(error: Exception) -> str:
    """Where something went wrong, never with what."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error: {type(error).__name__} at {os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119
