"""The data that flows through leakscan: plain, frozen, and without behaviour beyond itself.

Text is ``bytes`` throughout; offsets and columns count bytes, as Gitleaks counts them. Words are
Gitleaks' (rule, allowlist, keyword, fragment, finding) and Git's (commit, blob, path).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import Any, Literal

RegexTarget = Literal["secret", "match", "line"]
RegexEngine = Literal["re2", "regex"]
Severity = Literal["", "critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Allowlist:
    """What is not a leak although a rule matches.

    Attributes:
        match_all: True for condition AND: every criterion that is given must hold; else any one.
        commits: full lower-case object names.
        paths, regexes: RE2 patterns, searched unanchored, each compiled on its own.
        regex_target: which text ``regexes`` are searched in.
        stopwords: lower-case; searched in the lower-cased secret.
        within: RE2 patterns, searched in the whole text; a secret inside an occurrence of one is allowed,
            such as what stands in an encrypted block (our own key).
        origin, line: where it was written, as in `Rule`.
    """

    description: str = ""
    match_all: bool = False
    commits: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    regexes: tuple[str, ...] = ()
    regex_target: RegexTarget = "secret"
    stopwords: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    origin: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Required:
    """A companion rule that must match nearby (``[[rules.required]]``); ``None`` means anywhere."""

    id: str
    within_lines: int | None = None
    within_columns: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret.

    Attributes:
        regex: RE2 pattern of the match; empty for a rule on the path alone.
        path: RE2 pattern that the file's path must match; empty for any.
        secret_group: number of the group that holds the secret; 0 for the first that is not empty.
        entropy: Shannon entropy in bits per byte that the secret must exceed; 0 for no check.
        keywords: lower-case; the rule runs only on text that contains one. Empty: always.
        skip_report: runs only as another rule's required companion.
        regex_engine: ``regex`` for a pattern with look-around, which RE2 refuses (our own key).
        check: name of the offline check of its secrets; empty for none (our own key).
        severity, remediation: how bad a leak is, and how to revoke and rotate (our own keys); empty: unsaid.
        examples, negative_examples: texts that the rule must and must not find something in (our own keys).
        origin: the file that the rule came from, as shown to users; where one file changes the rule of
            another, both, joined by `` + ``, and ``line`` is in the last one.
        line: line of the rule's table in ``origin``, from 1; 0 where unknown.
    """

    id: str
    description: str = ""
    regex: str = ""
    path: str = ""
    secret_group: int = 0
    entropy: float = 0.0
    keywords: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    skip_report: bool = False
    allowlists: tuple[Allowlist, ...] = ()
    required: tuple[Required, ...] = ()
    regex_engine: RegexEngine = "re2"
    check: str = ""
    severity: Severity = ""
    remediation: str = ""
    examples: tuple[str, ...] = ()
    negative_examples: tuple[str, ...] = ()
    origin: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Config:
    """A complete, validated configuration: what is searched for and what is allowed.

    Attributes:
        rules: in the order in which reports list them.
        allowlists: global ones, checked before each rule's own.
        origins: the files that it was built from, outermost first, as shown to users.
        warnings: what loads but is probably not meant, one line each.
    """

    rules: tuple[Rule, ...] = ()
    allowlists: tuple[Allowlist, ...] = ()
    title: str = ""
    description: str = ""
    min_version: str = ""
    origins: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fragment:
    """Bytes to scan, and where they came from.

    Attributes:
        data: the text itself.
        path: as reported: relative to the scanned root, ``/`` between parts, ``!`` before a path
            inside an archive; empty for standard input.
        symlink: the link through which the file was reached; empty for none.
        first_line: line number of the first byte, from 1, where the text is a part of a file.
        known: length of the leading part that the fragment before already ended with; a match that
            lies wholly in it was found there.
    """

    data: bytes
    path: bytes = b""
    symlink: bytes = b""
    first_line: int = 1
    known: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """One place in a text where a rule holds, before it is known where the text came from.

    Attributes:
        start, end: byte offsets of the match in the scanned text; of the whole encoded span when
            the match lies in decoded text.
        start_line, end_line: from 1. ``start_column``, ``end_column``: bytes, from 1, inclusive.
        text: the match, without newlines at its ends; decoded when ``tags`` say so.
        secret: the part of it that must not leak.
        line: the whole line or lines that the match touches.
        entropy: Shannon entropy of the secret, bits per byte.
        tags: the rule's tags, then ``decoded:<kind>`` and ``decode-depth:<n>``.
        companions: for each of the rule's ``required`` entries the companions' matches in reach.
        open_ended: it has several lines, and its last is the text's last and has no newline.
        allowed_at: allowlists that hold for this text; the match is no leak where their paths and
            commits hold too.
    """

    rule: Rule
    start: int
    end: int
    start_line: int
    end_line: int
    start_column: int
    end_column: int
    text: bytes
    secret: bytes
    line: bytes
    entropy: float
    tags: tuple[str, ...] = ()
    companions: tuple[tuple[Match, ...], ...] = ()
    open_ended: bool = False
    allowed_at: tuple[Allowlist, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """What a report says of a commit.

    Attributes:
        id: full hexadecimal object name.
        date: author date, RFC 3339 in UTC with ``Z`` (as Gitleaks writes it).
        message: subject, a blank line, body.
        merge: it has several parents.
    """

    id: str
    author: str = ""
    email: str = ""
    date: str = ""
    message: str = ""
    merge: bool = False


UNCOMMITTED = Commit(id="", date="0001-01-01T00:00:00Z")
"""Stands for the commit that is not made yet; Gitleaks reports Go's zero date there."""


class State(enum.Enum):
    """Whether a secret still opens anything. The value is the word that reports show."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What its issuer, or the secret itself, says of a secret.

    Attributes:
        state: *unknown* where the issuer was asked and gave no answer that decides; *unverifiable* where
            there is nobody to ask.
        reason: why it is so, for a person (``timeout``, ``rate limit``, ``no verifier``); never content.
        opens: what an active secret opens, as the issuer said it: pairs of a word (``account``, ``user``,
            ``scopes``, ``expires``, ``team``) and a text.
    """

    state: State
    reason: str = ""
    opens: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A match at its place: what leaked, where, and since when.

    Attributes:
        path, symlink: as in `Fragment`.
        commit: None outside repositories; `UNCOMMITTED` for what is not in a commit yet.
        link: page of the host that shows the lines; empty where there is none.
        match, secret, line, and positions: as in `Match`. A rule on the path alone has lines and
            columns 0, and an empty secret.
        fingerprint: Gitleaks' ``[commit:]file:rule:line``.
        id: leakscan's own identity (see `scanner.identity`), stable over commits and lines.
        open_ended: as in `Match`.
        facts: what the secret says of itself without asking anybody, such as the account that a key is of
            or when a token expires; pairs of a word and a text.
        verdict: whether it is live; None where nobody asked.
        merge: entered in a merge commit's own resolution, which ``git log -p`` does not show.
    """

    rule: Rule
    path: bytes
    match: bytes
    secret: bytes
    line: bytes = b""
    start_line: int = 0
    end_line: int = 0
    start_column: int = 0
    end_column: int = 0
    entropy: float = 0.0
    tags: tuple[str, ...] = ()
    symlink: bytes = b""
    commit: Commit | None = None
    link: str = ""
    fingerprint: str = ""
    id: str = ""
    merge: bool = False
    open_ended: bool = False
    companions: tuple[Match, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    verdict: Verdict | None = None

    def masked(self, percent: int) -> Finding:
        """This finding with `percent` (1 to 100) of its secret hidden, as Gitleaks' ``--redact``.

        All of it becomes ``REDACTED``; of less, a leading part stays, its length rounded half to
        even, followed by ``...``. The secret is masked wherever it occurs in the match and the line.
        An empty secret hides nothing.
        """
        if percent <= 0 or not self.secret:
            return self
        mask = mask_secret(self.secret, percent)
        return replace(
            self,
            secret=mask,
            match=self.match.replace(self.secret, mask),
            line=self.line.replace(self.secret, mask),
        )


def mask_secret(secret: bytes, percent: int) -> bytes:
    """The text that stands for `secret` when `percent` (1 to 100) of it is hidden."""
    if percent >= 100:
        return b"REDACTED"
    return secret[: round(len(secret) * (100 - percent) / 100)] + b"..."


class Reason(enum.Enum):
    """Why something was not scanned. The value is the text that reports show."""

    EMPTY = "empty"
    BINARY = "binary"
    TOO_LARGE = "larger than --max-target-megabytes"
    ALLOWED_PATH = "allowed by a path allowlist"
    IGNORED = "ignored by Git (see --respect-gitignore)"
    SYMLINK = "symbolic link (see --follow-symlinks)"
    NOT_REGULAR = "not a regular file"
    OWN_FILE = "config or baseline of this scan"
    SUBMODULE = "submodule (scan its own repository)"
    LFS_POINTER = "Git LFS pointer (content is not in the repository)"
    ARCHIVE = "archive (see --max-archive-depth)"
    ARCHIVE_DEPTH = "archive nested deeper than --max-archive-depth"
    ARCHIVE_LIMIT = "archive beyond the limits on entries, size or compression ratio"
    ARCHIVE_BROKEN = "archive that cannot be read"
    ARCHIVE_ENCRYPTED = "encrypted archive entry"
    SHALLOW = "history before a shallow clone's boundary"
    MISSING_OBJECT = "object missing from the repository"
    CORRUPT_OBJECT = "object that cannot be read"
    UNREADABLE = "file that cannot be read"
    REGEX_TIMEOUT = "rule that ran into its time limit"
    TIMEOUT = "not reached before --timeout"

    @property
    def incomplete(self) -> bool:
        """Whether it should have been scanned, so that a scan without it is incomplete (exit 4)."""
        return self in _INCOMPLETE


_INCOMPLETE = frozenset(
    {
        Reason.ARCHIVE_LIMIT,
        Reason.ARCHIVE_BROKEN,
        Reason.MISSING_OBJECT,
        Reason.CORRUPT_OBJECT,
        Reason.UNREADABLE,
        Reason.REGEX_TIMEOUT,
        Reason.TIMEOUT,
    }
)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not looked at, and why.

    Attributes:
        path: the file, as in `Fragment`; empty where there is none.
        object: full name of the Git object concerned; empty where there is none.
        detail: more for a person, such as the system's error text or a rule's id; never content.
    """

    reason: Reason
    path: bytes = b""
    object: str = ""
    detail: str = ""


@dataclass(slots=True)
class Summary:
    """What a scan looked at and what came of it; filled in while it runs.

    Attributes:
        commits, blobs, files: how many were scanned.
        known_commits: how many more an earlier scan has looked at, whose findings are reported again.
        bytes: of content scanned.
        seconds: wall time.
        findings: number of findings reported, by rule id.
        skipped: number of things skipped, by reason.
        notable: the skipped things that make the scan incomplete or that a person should know of one
            by one, at most `NOTABLE_LIMIT`; the rest are in ``skipped``'s numbers.
        hidden: findings left out because they are known, by what knows them
            (``ignore file``, ``baseline``).
        unused: ignore entries that matched nothing.
        warnings: one line each.
        unfinished: the scan was interrupted or failed, and did not come to its end.
        stats: how a history was gone through, for those who measure: see docs/large-histories.md.
    """

    commits: int = 0
    known_commits: int = 0
    blobs: int = 0
    files: int = 0
    bytes: int = 0
    seconds: float = 0.0
    findings: dict[str, int] = field(default_factory=dict)
    skipped: dict[Reason, int] = field(default_factory=dict)
    notable: list[Skipped] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unfinished: bool = False
    stats: dict[str, Any] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        """Whether something that should have been read was not."""
        return self.unfinished or any(reason.incomplete for reason in self.skipped)


NOTABLE_LIMIT = 1000


def text_of(data: bytes) -> str:
    """`data` as text for a report: UTF-8, each byte that is not part of it becoming U+FFFD (as Go does)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape").translate(_ESCAPED)


_ESCAPED = {0xDC80 + n: "\ufffd" for n in range(128)}
