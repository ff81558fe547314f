"""Where a repository's hooks are, and how ours get there, beside those of others."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import UsageError
from scanner.git.program import GitFailed, Program
from scanner.git.repository import Repository

ON_COMMITS = ("pre-commit", "commit-msg", "pre-push")
ON_PUSHES = ("pre-receive", "update")
NAMES = (*ON_COMMITS, *ON_PUSHES)
BEFORE = ".before-leakscan"
"""What a hook that was there before has at the end of its name."""

_OURS = b"leakscan hook run "
_PASSES_ON = b"# leakscan's folder of hooks"
_LIMIT = 1 << 16  # bytes of a hook that are looked at

# Other hooks of Git's that core.hooksPath would switch off in every repository (githooks(5)). Not those whose
# mere presence changes what Git does.
_PASSED_ON = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-merge-commit", "prepare-commit-msg"),
    *("post-commit", "pre-rebase", "post-checkout", "post-merge", "post-rewrite", "pre-auto-gc"),
    *("sendemail-validate", "post-receive", "post-update"),
)
_OWN_HOOK = """#!/bin/sh
# leakscan's folder of hooks for all repositories: this one is the repository's own.
hook="$(git rev-parse --git-common-dir)/hooks/{name}"
[ -x "$hook" ] || exit 0
exec "$hook" "$@"
"""


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook's file and what is there.

    Attributes:
        ours: it is leakscan's.
        before: another hook was there before, and is run first.
        exists: there is a file.
    """

    name: str
    file: Path
    exists: bool
    ours: bool
    before: bool


def hooks_folder(repository: Repository) -> Path:
    """The folder that Git looks for a repository's hooks in: ``core.hooksPath``, or the one that all its
    work trees share."""
    git = Program(repository.path, repository.program.environment)
    named = configured_folder(git)
    if named:
        root = Path(os.fsdecode(repository.common_dir)) if _is_bare(repository) else repository.work_tree
        return root / named
    return Path(os.fsdecode(repository.common_dir)) / "hooks"


def _is_bare(repository: Repository) -> bool:
    return repository.program.output("rev-parse", "--is-bare-repository").strip() == b"true"


def configured_folder(program: Program, *options: str) -> str:
    """The value of ``core.hooksPath``, without regard to the one that keeps hooks from running here."""
    scopes = (options,) if options else (("--worktree",), ("--local",), ("--global",), ("--system",))
    for scope in scopes:
        try:
            answer = program.output("config", *scope, "--type=path", "--get", "core.hooksPath")
        except GitFailed:  # it is not set there
            continue
        if path := os.fsdecode(answer.removesuffix(b"\n")):
            return path
    return ""


def global_folder(environment: Mapping[str, str]) -> Path:
    """Where the hooks for all repositories of a user are kept."""
    given = environment.get("XDG_CONFIG_HOME", "")
    return (Path(given) if given.strip() else Path.home() / ".config") / "leakscan" / "hooks"


def look(folder: Path, name: str) -> Hook:
    """What is there of a hook."""
    file = folder / name
    try:
        with file.open("rb") as stream:
            exists, ours = True, _OURS in stream.read(_LIMIT)
    except OSError:
        exists, ours = file.is_symlink(), False
    return Hook(name, file, exists, ours, (folder / f"{name}{BEFORE}").exists())


def managed_by(folder: Path, name: str) -> str:
    """The program that writes a folder's hooks and would write over ours; empty where there is none."""
    if ".husky" in folder.parts:
        return "husky"
    try:
        return "lefthook" if b"lefthook" in (folder / name).read_bytes()[:_LIMIT] else ""
    except OSError:
        return ""


def install(folder: Path, name: str, script: str) -> Hook:
    """Put our hook there; another one that is there stays, and is run first.

    Args:
        script: its text.

    Raises:
        UsageError: it cannot be written.
    """
    hook = look(folder, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if hook.exists and not hook.ours and not _passes_on(hook.file):
            kept = folder / f"{name}{BEFORE}"
            if kept.exists():
                raise UsageError(f"{kept} is there already: look which of the two is needed, and remove one")
            hook.file.rename(kept)
        _write(hook.file, script)
    except OSError as error:
        raise UsageError(f"{hook.file}: cannot be written: {error.strerror}") from None
    return look(folder, name)


def uninstall(folder: Path, name: str) -> bool:
    """Take our hook away, and put back the one that was there before; whether ours was there.

    Raises:
        UsageError: it cannot be removed.
    """
    hook = look(folder, name)
    if not hook.ours:
        return False
    try:
        hook.file.unlink()
        if hook.before:
            (folder / f"{name}{BEFORE}").rename(hook.file)
    except OSError as error:
        raise UsageError(f"{hook.file}: cannot be removed: {error.strerror}") from None
    return True


def pass_on_others(folder: Path) -> None:
    """Write, into a folder for all repositories, hooks that run the repositories' own; raises OSError."""
    for name in (*_PASSED_ON, *NAMES):
        if not (folder / name).exists():
            _write(folder / name, _OWN_HOOK.format(name=name))


def remove_passing_on(folder: Path) -> None:
    """Take away what `pass_on_others` wrote; raises OSError."""
    for name in (*_PASSED_ON, *NAMES):
        if _passes_on(folder / name):
            (folder / name).unlink()


def _passes_on(file: Path) -> bool:
    return file.is_file() and _PASSES_ON in file.read_bytes()[:_LIMIT]


def with_path(script: str) -> str:
    """A hook that finds this installation where PATH has none, as in programs started from a desktop."""
    folder = Path(sys.executable).parent
    first, _, rest = script.partition("\n")
    return f'{first}\nPATH="$PATH":{shlex.quote(str(folder))}\n{rest}'


def _write(file: Path, text: str) -> None:
    """Write a program, never half of one."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_text(text, "utf-8")
    aside.chmod(0o755)
    aside.replace(file)
