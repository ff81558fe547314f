"""The policy of push protection: what an administrator decided, outside of anything that can be pushed.

It comes from a TOML file (``/etc/leakscan/push.toml``, or the one that ``leakscan.policy`` in the bare
repository's own Git configuration names), and from ``leakscan.*`` there, which counts first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from scanner.config.source import read_file, read_toml
from scanner.errors import ConfigError
from scanner.git import Repository
from scanner.git.program import GitFailed

SYSTEM_POLICY = Path("/etc/leakscan/push.toml")
_SECTION = "leakscan."

Decision = Literal["block", "allow"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done with pushes. In files the names are written in camel case, such as ``onTimeout``.

    Attributes:
        config: the rules; None for the built-in ones. Configs in what is pushed never count.
        ignore: a ``.leakscanignore`` file of accepted findings; None for none.
        allow_marks: inline comments such as ``leakscan:allow`` count, although who pushes writes them.
        bypass: who pushes may let secrets through by giving a reason.
        on_error, on_timeout: what happens to a push that could not be scanned (completely), or not in time.
        timeout: seconds.
        max_megabytes, max_archive_depth, max_decode_depth, jobs: as on the command line; 0 jobs for as many
            as there are processors.
        audit_log: file that gets a line for each block and bypass; None for ``leakscan/audit.jsonl`` in the
            repository's folder.
        help: shown to those whose push is blocked: whom to ask.
    """

    config: Path | None = None
    ignore: Path | None = None
    allow_marks: bool = False
    bypass: bool = False
    on_error: Decision = "block"
    on_timeout: Decision = "block"
    timeout: float = 30.0
    max_megabytes: int = 0
    max_archive_depth: int = 0
    max_decode_depth: int = 5
    jobs: int = 0
    audit_log: Path | None = None
    help: str = ""


def _path(value: object) -> Path:
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise ValueError
    return Path(value)


def _flag(value: object) -> bool:
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False}
    known |= {"0": False, "": False}
    return value if isinstance(value, bool) else known[str(value).lower()]


def _decision(value: object) -> Decision:
    decisions: dict[object, Decision] = {"block": "block", "allow": "allow"}
    return decisions[value]


def _number(value: object) -> float:
    number = float(value) if isinstance(value, int | float | str) and value is not True else -1
    if not 0 < number < 1e6:
        raise ValueError
    return number


def _count(value: object) -> int:
    number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    if number < 0:
        raise ValueError
    return number


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


_KEYS: dict[str, tuple[str, Callable[[object], object], str]] = {
    "config": ("config", _path, "an absolute path"),
    "ignore": ("ignore", _path, "an absolute path"),
    "auditlog": ("audit_log", _path, "an absolute path"),
    "allowmarks": ("allow_marks", _flag, "true or false"),
    "bypass": ("bypass", _flag, "true or false"),
    "onerror": ("on_error", _decision, '"block" or "allow"'),
    "ontimeout": ("on_timeout", _decision, '"block" or "allow"'),
    "timeout": ("timeout", _number, "a number of seconds"),
    "maxmegabytes": ("max_megabytes", _count, "a whole number"),
    "maxarchivedepth": ("max_archive_depth", _count, "a whole number"),
    "maxdecodedepth": ("max_decode_depth", _count, "a whole number"),
    "jobs": ("jobs", _count, "a whole number"),
    "help": ("help", _text, "a text"),
}


def load_policy(repository: Repository, system: Path = SYSTEM_POLICY) -> Policy:
    """The policy for pushes into a repository.

    Args:
        system: the file that counts where the repository's configuration names none, if it exists.

    Raises:
        ConfigError: the file cannot be read, or something in it or in Git's configuration is wrong.
    """
    settings = _settings(repository)
    named = settings.pop("policy", "")
    policy = Policy()
    if named or system.exists():
        file = Path(named) if named else system
        policy = _changed(policy, read_toml(read_file(file, str(file)), str(file)), str(file))
    return _changed(policy, settings, f"{repository.git_dir / 'config'}, section [leakscan]")


def _settings(repository: Repository) -> dict[str, str]:
    """The values of ``leakscan.*`` in the repository's own file: not what ``-c`` or a user's file says."""
    try:
        listed = repository.program.output("config", "--local", "-z", "--get-regexp", r"^leakscan\.")
    except GitFailed as error:
        if error.status == 1:  # there are none
            return {}
        raise
    entries = (entry.partition("\n") for entry in listed.decode(errors="replace").split("\0") if entry)
    return {key.removeprefix(_SECTION): value if found else "true" for key, found, value in entries}


def _changed(policy: Policy, values: Mapping[str, object], file: str) -> Policy:
    """`policy` with `values`; a key that nobody knows is an error, for it may be a rule misspelt."""
    changes: dict[str, object] = {}
    for key, value in values.items():
        if key.lower() not in _KEYS:
            raise ConfigError(f"unknown key {key[:60]!r}; known are {', '.join(sorted(_KEYS))}", file=file)
        name, convert, kind = _KEYS[key.lower()]
        try:
            changes[name] = convert(value)
        except (ValueError, KeyError, TypeError, OverflowError):
            raise ConfigError(f"{key} must be {kind}", file=file) from None
    return replace(policy, **changes)  # type: ignore[arg-type]
