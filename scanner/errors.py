"""Everything that can go wrong on purpose, and the table of exit codes.

    LeakscanError                what a user can act on: one line, no traceback
    ├── UsageError               the command line asks for something impossible
    ├── ConfigError              a config, rule, ignore or template file is wrong
    ├── RepositoryError          there is no repository, or Git cannot read it
    └── IncompleteError          what should be scanned is not there

Messages name the file, the line where it is known, and what to do. They never hold a secret.
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """Exit codes of every command. Findings use ``--exit-code`` (1 unless set)."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INTERNAL = 3
    INCOMPLETE = 4
    INTERRUPTED = 130


class LeakscanError(Exception):
    """Base of all errors that end a command with one line on stderr."""

    exit_code = ExitCode.USAGE


class UsageError(LeakscanError):
    """The command line asks for something impossible."""


class ConfigError(LeakscanError):
    """A config, rule, ignore, baseline or template file is wrong.

    Args:
        reason: what is wrong and what to do, in one line.
        file: the file's name as the user knows it; empty where there is none.
        line: line number in that file, from 1; 0 where it is unknown.
        rule_id: the rule concerned; empty where there is none.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0, rule_id: str = "") -> None:
        self.reason, self.file, self.line, self.rule_id = reason, file, line, rule_id
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        rule = f"rule {self.rule_id}" if self.rule_id else ""
        return ": ".join(part for part in (place, rule, self.reason) if part)


class RepositoryError(LeakscanError):
    """There is no repository at that path, or Git cannot read it at all."""


class IncompleteError(LeakscanError):
    """What should be scanned is not there, such as commits that a shallow clone lacks."""

    exit_code = ExitCode.INCOMPLETE


class PatternError(ValueError):
    """A regular expression is refused; the message is the regex library's reason."""
