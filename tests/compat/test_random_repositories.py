"""Random histories, scanned by the real Gitleaks and by leakscan: nothing that Gitleaks finds is missed,
and whatever leakscan finds beyond has one of few reasons."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.model import Config, Finding, Rule, text_of

RUNS = settings(
    max_examples=250,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list(HealthCheck),
)
# What conftest.py hides in its lines, by its encoding.
DECODED = {
    b"dG9rX2JiYmIyMjIyIGFzIHRleHQ=": b"tok_bbbb2222 as text",
    b"tok_%62bbb2222%20": b"tok_bbbb2222 ",
    b"746f6b5f626262623232323220617320746578742e2e": b"tok_bbbb2222 as text..",
}
ALLOW = "gitleaks:allow"


class Key(NamedTuple):
    """What makes a finding the same in both."""

    rule: str
    commit: str
    file: str
    line: int
    secret: str


@pytest.mark.slow
@RUNS
@given(data=st.data())
def test_nothing_is_missed_and_extra_findings_have_a_reason(
    data: st.DataObject,
    histories: st.SearchStrategy[Any],
    config: tuple[str, Config],
    gitleaks: Callable[[Path, str], list[dict[str, Any]]],
    leakscan: Callable[[Path, Config, str], list[Finding]],
) -> None:
    history = data.draw(histories)
    with tempfile.TemporaryDirectory() as folder:
        history.build(Path(folder) / "repo")
        judge = Judge(Path(folder) / "repo", history, config[1])
        theirs = gitleaks(judge.repository, config[0])
        ours = leakscan(judge.repository, config[1], "hyperscan")
        assert ours == leakscan(judge.repository, config[1], "ahocorasick")
        by_key: dict[Key, list[Finding]] = defaultdict(list)
        for finding in ours:
            by_key[our_key(finding)].append(finding)
        common: set[Key] = set()
        for report in theirs:
            pairs = by_key.get(their_key(report)) or judge.counterparts(report, ours)
            common.update(our_key(finding) for finding in pairs)
            if judge.repeats(report, ours) or judge.allowed_after_the_end(report):
                continue
            differences = [judge.differences(report, finding) for finding in pairs]
            assert differences, f"missed: {report}"
            assert not all(differences), (report, differences)
        for key, findings in by_key.items():
            if key not in common and not judge.swallowed(findings[0], theirs):
                assert judge.reason(findings[0]), f"extra without a reason: {findings[0]}"


def their_key(report: dict[str, Any]) -> Key:
    return Key(*(report[name] for name in ("RuleID", "Commit", "File", "StartLine", "Secret")))


def our_key(finding: Finding) -> Key:
    commit = finding.commit.id if finding.commit else ""
    return Key(finding.rule.id, commit, text_of(finding.path), finding.start_line, text_of(finding.secret))


class Judge:
    """Knows one repository, by Git alone, and says why the two differ on it."""

    def __init__(self, repository: Path, history: Any, config: Config) -> None:
        self.repository, self.history = repository, history
        self.rules = {rule.id: rule for rule in config.rules}

    def counterparts(self, theirs: dict[str, Any], ours: list[Finding]) -> list[Finding]:
        """Our findings that are this one of theirs, but for a deliberate difference."""
        return [
            finding
            for finding in ours
            if our_key(finding)[:3] == (theirs["RuleID"], theirs["Commit"], theirs["File"])
            and text_of(finding.match) == theirs["Match"]
            and self._same_secret(theirs, finding)
            and self._same_line(theirs, finding)
        ]

    def repeats(self, theirs: dict[str, Any], ours: list[Finding]) -> bool:
        """Gitleaks reports a secret beside something decoded twice, as it stands and as decoded."""
        # Where it has lost the end, as in `_lost_end`, only single lines are asked for.
        last = theirs["EndLine"] if theirs["EndColumn"] else theirs["StartLine"] + 1
        return any(tag.startswith("decode-depth") for tag in theirs["Tags"]) and any(
            our_key(finding)[:3] == (theirs["RuleID"], theirs["Commit"], theirs["File"])
            and self._same_secret(theirs, finding)
            and theirs["Tags"][-1] not in finding.tags
            and finding.start_line <= last
            and theirs["StartLine"] <= finding.end_line
            for finding in ours
        )

    def swallowed(self, ours: Finding, theirs: list[dict[str, Any]]) -> bool:
        """Gitleaks takes a whole match for the secret (see `_same_secret`), and drops the generic in it."""
        return "generic" in ours.rule.id and any(
            (other["Commit"], other["File"], other["StartLine"]) == (*our_key(ours)[1:4],)
            and other["Secret"] == other["Match"]
            and text_of(ours.secret) in other["Secret"]
            and re2.search(self.rules[other["RuleID"]].regex, other["Match"]) is None
            for other in theirs
        )

    def _same_secret(self, theirs: dict[str, Any], ours: Finding) -> bool:
        """Gitleaks takes the groups from the match alone: where that does not match by itself it has none."""
        if theirs["Secret"] == text_of(ours.secret):
            return True
        alone = re2.search(ours.rule.regex, theirs["Match"])
        return (
            theirs["Secret"] == theirs["Match"] and text_of(ours.secret) in theirs["Match"] and alone is None
        )

    def _same_line(self, theirs: dict[str, Any], ours: Finding) -> bool:
        """Gitleaks trims newlines before a match and leaves its start where they were."""
        between = self._version(ours).split(b"\n")[theirs["StartLine"] - 1 : ours.start_line - 1]
        return ours.start_line == theirs["StartLine"] + len(between) and not any(between)

    def differences(self, theirs: dict[str, Any], ours: Finding) -> dict[str, tuple[Any, Any]]:
        """The fields of the report that are not the same."""
        commit = ours.commit
        assert commit
        same_line = theirs["StartLine"] == ours.start_line
        pairs = {
            "EndLine": (theirs["EndLine"], ours.end_line),
            "Match": (theirs["Match"], text_of(ours.match)),
            "Author": (theirs["Author"], commit.author),
            "Email": (theirs["Email"], commit.email),
            "Date": (theirs["Date"], commit.date),
            "Message": (theirs["Message"], commit.message),
            "Link": (theirs.get("Link", ""), ours.link),
            "Tags": (theirs["Tags"], list(ours.tags)),
        }
        if same_line:
            pairs["Fingerprint"] = (theirs["Fingerprint"], ours.fingerprint)
            # Gitleaks counts one too far on every line of a fragment but the first.
            pairs["StartColumn"] = (theirs["StartColumn"] in (ours.start_column, ours.start_column + 1), True)
            pairs["EndColumn"] = (theirs["EndColumn"] in (ours.end_column, ours.end_column + 1), True)
        if theirs["Secret"] == text_of(ours.secret):
            pairs["Entropy"] = (abs(theirs["Entropy"] - ours.entropy) < 1e-5, True)
        if self._lost_end(theirs) or self._late_end(theirs, ours):
            del pairs["EndLine"], pairs["EndColumn"]
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def _lost_end(self, theirs: dict[str, Any]) -> bool:
        """Gitleaks has no end for a match that ends on an unterminated last line below its first one."""
        return (
            "\n" in theirs["Match"] and theirs["EndColumn"] == 0 and theirs["EndLine"] == theirs["StartLine"]
        )

    def _late_end(self, theirs: dict[str, Any], ours: Finding) -> bool:
        """In decoded text Gitleaks trims the newlines after a match and leaves its end behind them."""
        decoded = any(tag.startswith("decode-depth") for tag in theirs["Tags"])
        return decoded and theirs["EndColumn"] == 1 and theirs["EndLine"] > ours.end_line

    def allowed_after_the_end(self, theirs: dict[str, Any]) -> bool:
        """Gitleaks misses an allow comment on the last line of such a match."""
        if not self._lost_end(theirs):
            return False
        number = self.history.ids.index(theirs["Commit"])
        files = self.history.revisions[number].files
        versions = [content for path, (_, content) in files.items() if text_of(path) == theirs["File"]]
        return any(ALLOW in text_of(version.rpartition(b"\n")[2]) for version in versions)

    def reason(self, ours: Finding) -> str:
        """Why Gitleaks has no such finding; empty where there is no reason."""
        assert ours.commit
        number = self.history.ids.index(ours.commit.id)
        if len(self.history.revisions[number].parents) > 1:
            return "merge commit"
        old, new, status = self._entry(ours.commit.id, ours.path)
        if status == "T":
            return "type change"
        hunks = self._hunks(old, new) if status != "A" else {1: self._version(ours)}
        if hunks is None or (not ours.rule.regex and b"\0" in self._version(ours)):
            return "binary version"
        if "\ufffd" in text_of(ours.match):
            return "byte that is not UTF-8"  # the packaged Gitleaks is built with RE2, which matches none
        if self._wanted(ours) not in self.naive(ours.rule, self._version(ours)):
            return ""
        if not any(self._found_in(ours, text, line) for line, text in hunks.items()):
            return "context across hunks"
        if any(self._allowed_in(ours, text, line) for line, text in hunks.items()):
            return "allow comment on another line"
        return ""

    def _wanted(self, ours: Finding) -> tuple[int, str, str]:
        return ours.start_line, text_of(ours.secret), text_of(ours.match)

    def _found_in(self, ours: Finding, text: bytes, first_line: int) -> bool:
        """Whether a hunk's text alone shows the finding, with its keyword and its companions."""
        line, secret, match = self._wanted(ours)
        if (line - first_line + 1, secret, match) not in self.naive(ours.rule, text):
            return False
        return all(
            any(
                needed.within_lines is None or abs(other - line + first_line - 1) <= needed.within_lines
                for other, _, _ in self.naive(self.rules[needed.id], text)
            )
            for needed in ours.rule.required
        )

    def _allowed_in(self, ours: Finding, text: bytes, first_line: int) -> bool:
        """Gitleaks takes all lines of a hunk for the line of a match on its unterminated last one."""
        last_line = first_line + text.count(b"\n")
        ends = [ours.end_line, *(other.end_line for other in ours.companions)]
        if text.endswith(b"\n") or last_line not in ends:
            return False
        return ALLOW.encode() in text or (ours.rule.id == "token" and b"harmless" in text)

    def naive(self, rule: Rule, text: bytes) -> set[tuple[int, str, str]]:
        """Line, secret and match of all that the rule shows in a text, but where its line is allowed."""
        return {found for version in {text, _decoded(text)} for found in _naive(rule, version)}

    def _version(self, ours: Finding) -> bytes:
        assert ours.commit
        number = self.history.ids.index(ours.commit.id)
        content: bytes = self.history.revisions[number].files[ours.path][1]
        return content

    def _entry(self, commit: str, path: bytes) -> tuple[str, str, str]:
        """Blobs before and after, and the kind of the change, as Git tells them."""
        raw = self._git(
            "diff-tree", "-r", "--root", "-M", "--raw", "-z", "--no-commit-id", "--full-index", commit
        )
        tokens = iter(raw.split(b"\0"))
        for token in tokens:
            if not token:
                break
            _, _, old, new, status = token.decode().split()
            name = next(tokens)
            if status[0] in "RC":
                name = next(tokens)
            if name == path:
                return old, new, status[0]
        raise AssertionError(f"{commit} does not change {path!r}")

    def _hunks(self, old: str, new: str) -> dict[int, bytes] | None:
        """First line and text of what each hunk adds; None where Git calls a version binary."""
        hunks: dict[int, bytes] = {}
        line = 0
        for part in self._git("diff", "-U0", "--no-color", old, new).split(b"\n"):
            if part.startswith(b"Binary files "):
                return None
            if start := re.match(rb"@@ -\S+ \+(\d+)", part):
                line = int(start[1])
            elif part.startswith(b"+") and line:
                hunks[line] = hunks.get(line, b"") + part[1:] + b"\n"
            elif part.startswith(b"\\") and line in hunks:
                hunks[line] = hunks[line].removesuffix(b"\n")
        return hunks

    def _git(self, *arguments: str) -> bytes:
        return subprocess.run(
            ["git", *arguments], cwd=self.repository, capture_output=True, check=True
        ).stdout


def _decoded(text: bytes) -> bytes:
    for encoded, plain in DECODED.items():
        text = text.replace(encoded, plain)
    return text


def _naive(rule: Rule, raw: bytes) -> Iterator[tuple[int, str, str]]:
    text = text_of(raw)
    if rule.keywords and not any(keyword in text.lower() for keyword in rule.keywords):
        return
    for found in re2.finditer(rule.regex, text):
        match = found[0].strip("\n")
        start = found.start() + len(found[0]) - len(found[0].lstrip("\n"))
        before, after = text[:start].rpartition("\n")[2], text[start + len(match) :].partition("\n")[0]
        if any(re2.search(mark, before + match + after) for mark in (ALLOW, *_line_targets(rule))):
            continue
        groups = [found[rule.secret_group]] if rule.secret_group else [*filter(None, found.groups()), match]
        yield text.count("\n", 0, start) + 1, (groups[0] or ""), match


def _line_targets(rule: Rule) -> list[str]:
    return [
        regex for allowed in rule.allowlists if allowed.regex_target == "line" for regex in allowed.regexes
    ]
