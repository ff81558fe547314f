"""What is told to somebody whose push is judged: what is wrong, where, and how to put it right."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model import Finding, Summary, text_of
from scanner.push.policy import Policy
from scanner.push.received import COMMIT_MESSAGE, TAG_MESSAGE
from scanner.report.summary import human_bytes
from scanner.report.terminal import one_line

OPTION = "leakscan.bypass"
_SHOWN = 5  # findings
_ID = 12  # digits of a commit's name


def blocked(findings: Sequence[Finding], policy: Policy, refused: str = "") -> str:
    """What somebody is told whose push holds secrets.

    Args:
        findings: at least one; their secrets are not shown.
        refused: why the bypass that was asked for does not count; empty where none was.
    """
    count = len({(finding.rule.id, finding.secret or finding.path) for finding in findings})
    lines = [f"leakscan: push blocked: {count} secret{'s' if count > 1 else ''} in what it brings", ""]
    for finding in findings[:_SHOWN]:
        lines += [*_finding(finding), ""]
    if len(findings) > _SHOWN:
        lines += [f"and {len(findings) - _SHOWN} more.", ""]
    lines += _advice(findings)
    return "\n".join([*lines, *_way_out(policy, refused)])


def _finding(finding: Finding) -> list[str]:
    secrets = {text_of(finding.secret)} - {""}
    head = ": ".join(filter(None, (finding.rule.id, finding.rule.description)))
    rows = [
        ("commit", finding.commit.id[:_ID] if finding.commit and finding.path != TAG_MESSAGE else ""),
        ("tag", finding.commit.id[:_ID] if finding.commit and finding.path == TAG_MESSAGE else ""),
        ("file", _file(finding)),
        ("line", str(finding.start_line) if finding.start_line else ""),
        ("secret", "REDACTED" if finding.secret else ""),
        ("fix", " ".join(finding.rule.remediation.split())),
        ("id", finding.id),
    ]
    shown = [f"  {label:<8}{one_line(value)}" for label, value in rows if value]
    return [_hidden(line, secrets) for line in (one_line(head), *shown)]


def _file(finding: Finding) -> str:
    names = {COMMIT_MESSAGE: "(the commit's message)", TAG_MESSAGE: "(the tag's message)"}
    return names.get(finding.path) or text_of(finding.path)


def _hidden(text: str, secrets: set[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "REDACTED")
    return text


def _advice(findings: Sequence[Finding]) -> list[str]:
    commits = {finding.commit.id for finding in findings if finding.commit and finding.path != TAG_MESSAGE}
    lines = ["Take it out of the commits that hold it, not only in a later one:"]
    if len(commits) == 1:
        commit = min(commits)[:_ID]
        lines += [
            f"  git rebase -i {commit}^     mark {commit} 'edit', remove the secret,",
            "  git commit --amend, git rebase --continue; then push again.",
        ]
    else:
        lines += [
            "  git rebase -i the oldest of these commits' parent, mark each 'edit', remove the secret,",
            "  git commit --amend, git rebase --continue; then push again.",
        ]
    return [*lines, "If the secret was ever anywhere but on your machine, revoke it first.", ""]


def _way_out(policy: Policy, refused: str) -> list[str]:
    lines = []
    if refused:
        lines.append(f"The bypass does not count: {refused}.")
    elif policy.bypass:
        lines += [
            "If it is no secret, say so (it is logged):",
            f'  git push -o {OPTION}="false positive: why"',
        ]
    if policy.help:
        lines += [one_line(line) for line in policy.help.splitlines()]
    return lines


def bypassed(findings: Sequence[Finding]) -> str:
    """What somebody is told who lets secrets through."""
    return f"leakscan: {len(findings)} finding(s) let through by {OPTION}; this is logged"


def not_scanned(why: str, allowed: bool, policy: Policy, refused: str = "") -> str:
    """What somebody is told whose push could not be scanned to its end.

    Args:
        why: one line.
        allowed: it goes through all the same.
    """
    if allowed:
        return f"leakscan: this push was not scanned completely, and is let through: {why}"
    lines = [f"leakscan: push blocked: it could not be scanned: {why}"]
    return "\n".join([*lines, *_way_out(policy, refused)])


def passed(summary: Summary) -> str:
    """What somebody is told whose push is clean: what was looked at."""
    commits = f"{summary.commits:,} commit{'' if summary.commits == 1 else 's'}"
    return f"leakscan: no secrets in {commits}, {human_bytes(summary.bytes)}, {summary.seconds:.1f} s"
