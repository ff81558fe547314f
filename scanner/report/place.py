"""What the formats of other systems say of a finding: in one sentence, never with its secret."""

from __future__ import annotations

import re

from scanner.model import Commit, Finding, Rule, text_of

_LINK = re.compile(r"https?://[^\s<>\"'`\\^{|}]*[^\s<>\"'`\\^{|}.,;:!?)\]]")
_ZERO_DATE = "0001-"  # Go's, of what is not committed yet


def path_of(finding: Finding) -> str:
    """The path under which a person finds it; empty for standard input."""
    return text_of(finding.symlink or finding.path)


def commit_of(finding: Finding) -> Commit | None:
    """The commit that it is in; None where it is not in one (yet)."""
    return finding.commit if finding.commit and finding.commit.id else None


def day_of(finding: Finding) -> str:
    """The day on which it was committed, as ``2026-11-24``; empty where that is not known."""
    commit = commit_of(finding)
    date = commit.date[:10] if commit else ""
    known = re.fullmatch(r"\d{4}-\d{2}-\d{2}", date, re.ASCII) and not date.startswith(_ZERO_DATE)
    return date if known else ""


def provider_of(rule: Rule) -> str:
    """Whose secret it is: the name of the pack's file that has the rule; empty for a rule of one's own."""
    for origin in rule.origin.split(" + "):
        if origin.startswith("built-in ") and origin.endswith(".toml"):
            return origin.removeprefix("built-in ").removesuffix(".toml")
    return ""


def links_in(text: str) -> list[str]:
    """The web addresses in a text, each once."""
    return list(dict.fromkeys(_LINK.findall(text)))


def sentence(finding: Finding) -> str:
    """What leaked, since when, whether it still works and what to do, in one line without the secret."""
    rule, commit = finding.rule, commit_of(finding)
    parts = [f"{rule.id}: {rule.description or 'a secret'}"]
    if finding.verdict:
        parts.append(f"State: {finding.verdict.state.value}.")
    if commit:
        parts.append(f"Committed {f'{day_of(finding)} ' if day_of(finding) else ''}in {commit.id[:12]}.")
    parts.append(rule.remediation)
    return " ".join(" ".join(parts).split())
