"""The explanation for people: rotate, see who knows, purge, tell. No secret is in it."""

from __future__ import annotations

import re
import shlex

from scanner.explain.exposure import Exposure, needles
from scanner.explain.revocation import Revocation
from scanner.model import Commit, Finding, text_of
from scanner.report.paint import Paint
from scanner.report.terminal import one_line

_SHOWN = 8  # names in a list before "and N more"
_LABEL = 12
_USER = re.compile(r"(?<=://)[^/@]*@")  # of an address; a token may stand there


def explanation(exposed: Exposure, revoke: Revocation | None, remote: str, paint: Paint) -> list[str]:
    """All of it, a line an element.

    Args:
        remote: address to clone from; empty where there is none.
    """
    first = exposed.places[0]
    rule = first.rule
    head = paint.alarm(one_line(rule.id)) + (f" ({rule.severity})" if rule.severity else "")
    return [
        head + (f": {one_line(rule.description)}" if rule.description else ""),
        *_row("id", one_line(first.id)),
        *(_row("state", first.verdict.state.value) if first.verdict else []),
        "",
        *_rotate(first, revoke),
        "",
        *_seen(exposed),
        "",
        *_purge(exposed, remote),
        "",
        *_tell(exposed),
    ]


def _row(label: str, text: str) -> list[str]:
    return [f"   {label:<{_LABEL}}{text}"]


def _rotate(first: Finding, revoke: Revocation | None) -> list[str]:
    lines = ["1. Rotate it first. Whoever has seen it keeps it, whatever becomes of the history."]
    fix = one_line(first.rule.remediation) or "Revoke it where it was issued, and issue a new one."
    lines += _row("fix", fix)
    if revoke:
        lines += _row("revoke", f"{revoke.method} {one_line(revoke.url)}")
        lines += [row for name, value in revoke.headers for row in _row("", f"{name}: {one_line(value)}")]
        lines += _row("", one_line(revoke.body)) if revoke.body else []
    return lines


def _seen(exposed: Exposure) -> list[str]:
    first = exposed.places[0]
    lines = ["2. Who can see it: whoever can read one of these, and every clone, fork and cache made of it."]
    lines += _row("added", f"{_commit(first.commit)}: {_place(first)}")
    lines += [
        row
        for place in exposed.places[1:_SHOWN]
        for row in _row("", f"{_commit(place.commit)}: {_place(place)}")
    ]
    if len(exposed.places) > _SHOWN:
        lines += _row("", f"and {len(exposed.places) - _SHOWN} more places")
    if exposed.last and not exposed.in_head:
        lines += _row("last seen", _commit(exposed.last))
    there = ", ".join(one_line(text_of(path)) for path in exposed.in_head[:_SHOWN])
    lines += _row("HEAD", f"still there: {there}" if there else "no longer there, but in the history")
    for label, names in (
        ("branches", exposed.branches),
        ("remote", exposed.remotes),
        ("tags", exposed.tags),
        ("other refs", exposed.others),
    ):
        lines += _row(label, _names(names)) if names else []
    if exposed.tags:
        lines += _row("releases", "what was built from these tags, and their source archives, may hold it")
    if not any((exposed.branches, exposed.remotes, exposed.tags, exposed.others)):
        lines += _row("refs", "none leads to it any more; hosts and clones may keep the commits all the same")
    return lines


def _names(names: tuple[str, ...]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(one_line, names[:_SHOWN])) + more


def _commit(commit: Commit | None) -> str:
    if commit is None or not commit.id:
        return "not committed"
    by = f" by {one_line(commit.author)}" if commit.author else ""
    return f"{commit.date[:10]} in {commit.id[:12]}{by}"


def _place(finding: Finding) -> str:
    path = one_line(text_of(finding.path))
    return f"{path}:{finding.start_line}" if finding.start_line else path


def purge_commands(exposed: Exposure, remote: str) -> list[str]:
    """The shell lines that rewrite history without the secret.

    A secret of one line is replaced wherever it is. Of one with several lines, of one in encoded text, and
    of a rule on the path alone, the files are removed: git-filter-repo replaces line by line.
    """
    lines = [f"git clone --mirror {_quoted(_USER.sub('', remote) or 'URL')} purge.git", "cd purge.git"]
    first = exposed.places[0]
    if needles(first) == first.secret and first.secret:
        lines.insert(0, "(umask 077; ${EDITOR:-vi} leaked.txt)")
        lines += ["git filter-repo --sensitive-data-removal --replace-text ../leaked.txt"]
    else:
        paths = sorted({place.path for place in exposed.places} | set(exposed.in_head))
        options = " ".join(f"--path {_quoted(text_of(path))}" for path in paths)
        lines += [f"git filter-repo --sensitive-data-removal --invert-paths {options}"]
    return [*lines, "git push --force --mirror origin"]


def _quoted(text: str) -> str:
    return shlex.quote(text) if text.isprintable() else shlex.quote(one_line(text))


def _purge(exposed: Exposure, remote: str) -> list[str]:
    commands = purge_commands(exposed, remote)
    lines = ["3. Purge it from history, if it is worth a rewrite once it is rotated (needs git-filter-repo)."]
    if "leaked.txt" in commands[0]:
        lines += ["   Into leaked.txt goes the secret on a line of its own; delete the file afterwards."]
    else:
        lines += ["   These files go from all commits; add them again without the secret."]
    lines += ["", *(f"     {command}" for command in commands), ""]
    return [
        *lines,
        "   Protected branches must allow the forced push; that refs of pull requests are refused is usual.",
    ]


def _tell(exposed: Exposure) -> list[str]:
    lines = [
        "4. Tell everybody who works with it.",
        "   - The history is rewritten: clone anew, and carry open work over by rebasing it.",
        "     A merge or push from an old clone brings the secret back.",
        "   - The host keeps what pull requests, forks and caches refer to: ask its support to remove the",
        "     old commits (GitLab: Settings, Repository, 'Repository maintenance').",
        "   - Delete CI caches and artifacts, packages and images that were built from these commits.",
    ]
    if exposed.tags:
        lines += ["   - Tags move: whoever has fetched them needs 'git fetch --tags --force'."]
    return [*lines, "   - Keep it from coming back: 'leakscan hook install', and leakscan in CI."]
