"""``leakscan hook``: install, uninstall and show hooks, and run them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli.command import Command
from scanner.cli.scan import repository_at
from scanner.errors import RepositoryError, UsageError
from scanner.git import hooks
from scanner.git.program import GitFailed, Program
from scanner.git.repository import Repository

if TYPE_CHECKING:
    from scanner.agents.settings import Settings

_RUN = {
    "pre-commit": ("hook_commit", "pre_commit", "Before a commit."),
    "commit-msg": ("hook_commit", "commit_msg", "A commit's message."),
    "pre-push": ("hook_commit", "pre_push", "Before a push."),
    "pre-receive": ("hook_receive", "pre_receive", "Push protection, on the receiving side."),
    "update": ("hook_receive", "update", "The same, ref by ref."),
    "agent": ("hook_agent", "agent", "What a coding agent sends, runs and writes."),
}


class _Runs(click.Group):
    """The hooks' commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See `click.Group`."""
        return list(_RUN)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See `click.Group`."""
        if cmd_name not in _RUN:
            return None
        module, name, _ = _RUN[cmd_name]
        command: click.Command = getattr(import_module(f"scanner.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See `click.Group`."""
        with formatter.section("Hooks"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in _RUN.items()])


@click.group("hook", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Install Git hooks that scan, and run them."""


@command.group("run", cls=_Runs)
def run() -> None:
    """Run a hook, as the installed ones do."""


_AGENT = "agent"
_names = click.argument("names", nargs=-1, metavar="[HOOK]...")
_repo = click.option(
    "--repo", type=click.Path(path_type=Path), default=".", metavar="PATH", help="Repository."
)
_agents = click.option(
    "--agent", "agents", multiple=True, type=click.Choice(("claude-code", "cursor", "copilot")),
    help="With the hook 'agent': for this one alone; repeatable.",
)  # fmt: skip
_global = click.option(
    "--global", "everywhere", is_flag=True, help="All repositories of this user, by core.hooksPath."
)


@command.command(
    "install",
    cls=Command,
    examples=[
        ("leakscan hook install", "pre-commit, commit-msg and pre-push, in this repository:"),
        ("leakscan hook install pre-commit --global", "In all repositories of yours:"),
        ("leakscan hook install pre-receive --repo /srv/git/app.git", "Push protection, on a server:"),
        ("leakscan hook install agent --agent claude-code", "Claude Code, for all who work in here:"),
    ],
)
@_names
@_repo
@_agents
@_global
def install(names: tuple[str, ...], repo: Path, agents: tuple[str, ...], everywhere: bool) -> int:
    """Install hooks: pre-commit, commit-msg, pre-push, pre-receive or update; or agent, for coding agents.

    Without HOOK those of a repository that one works in, or pre-receive in a bare one. A hook that is there
    already stays, and is run first.
    """
    if _AGENT in names:
        from scanner.cli import hook_agent

        hook_agent.install(_settings(repo, agents, everywhere))
        names = tuple(name for name in names if name != _AGENT)
        if not names:
            return 0
    if everywhere:
        return _install_everywhere(_checked(names) or hooks.ON_COMMITS)
    with repository_at(repo) as repository:
        folder = hooks.hooks_folder(repository)
        for name in _checked(names) or _usual(repository):
            if manager := hooks.managed_by(folder, name):
                raise UsageError(_lines_for(manager, name))
            _report(hooks.install(folder, name, _script(name)))
            if name in hooks.ON_PUSHES:
                click.echo(
                    "  next, as the user that Git runs as: leakscan cache warm (docs/push-protection.md)"
                )
    return 0


def _install_everywhere(names: Sequence[str]) -> int:
    git = Program(Path(), os.environ)
    folder = hooks.global_folder(os.environ)
    named = hooks.configured_folder(git, "--global")
    if named and Path(named) != folder:
        folder = Path(named)  # somebody's own folder for all repositories: beside their hooks
    for name in names:
        _report(hooks.install(folder, name, _script(name)))
    if not named:
        hooks.pass_on_others(folder)
        git.output("config", "--global", "core.hooksPath", str(folder))
        click.echo(f"core.hooksPath is {folder} now; the repositories' own hooks are run, too")
    return 0


@command.command("uninstall", cls=Command)
@_names
@_repo
@_agents
@_global
def uninstall(names: tuple[str, ...], repo: Path, agents: tuple[str, ...], everywhere: bool) -> int:
    """Take hooks away (all of Git's that are leakscan's without HOOK), and put back those that were there
    before."""
    if _AGENT in names:
        from scanner.cli import hook_agent

        hook_agent.uninstall(_settings(repo, agents, everywhere))
        names = tuple(name for name in names if name != _AGENT)
        if not names:
            return 0
    chosen = _checked(names) or hooks.NAMES
    if everywhere:
        return _uninstall_everywhere(chosen)
    with repository_at(repo) as repository:
        _remove(hooks.hooks_folder(repository), chosen)
    return 0


def _uninstall_everywhere(names: Sequence[str]) -> int:
    git = Program(Path(), os.environ)
    own, named = hooks.global_folder(os.environ), hooks.configured_folder(git, "--global")
    folder = Path(named) if named else own
    _remove(folder, names)
    if folder != own:
        return 0
    if any(hooks.look(folder, name).ours for name in hooks.NAMES):
        hooks.pass_on_others(folder)
        return 0
    hooks.remove_passing_on(folder)
    if named:
        git.output("config", "--global", "--unset", "core.hooksPath")
        click.echo("core.hooksPath is not set any more")
    return 0


def _remove(folder: Path, names: Sequence[str]) -> None:
    removed = [name for name in names if hooks.uninstall(folder, name)]
    for name in removed:
        click.echo(f"{name}: removed from {folder}")
    if not removed:
        click.echo(f"none of leakscan's hooks in {folder}")


@command.command("status", cls=Command)
@_repo
@_global
def status(repo: Path, everywhere: bool) -> int:
    """Show which hooks are there, and whose; exit with 1 where none is leakscan's."""
    if everywhere:
        named = hooks.configured_folder(Program(Path(), os.environ), "--global")
        code = _status(Path(named) if named else hooks.global_folder(os.environ))
    else:
        with repository_at(repo) as repository:
            code = _status(hooks.hooks_folder(repository))
    for one in _settings(repo, (), everywhere):
        if one.installed():
            click.echo(f"  {one.agent:<12}leakscan, in {one.file}")
            code = 0
    return code


def _settings(repo: Path, agents: Sequence[str], everywhere: bool) -> list[Settings]:
    """The settings of coding agents: of these, or all."""
    from scanner.agents import protocol, settings

    chosen = agents or protocol.AGENTS
    if everywhere:
        return [settings.in_home(agent, Path.home()) for agent in chosen]
    with repository_at(repo) as repository:
        try:
            root = repository.work_tree
        except RepositoryError:  # a bare one, in which no agent works
            return []
    return [settings.in_repository(agent, root) for agent in chosen]


def _status(folder: Path) -> int:
    click.echo(f"hooks in {folder}")
    found = [hooks.look(folder, name) for name in hooks.NAMES]
    for hook in found:
        state = "leakscan" if hook.ours else ("another program's" if hook.exists else "none")
        click.echo(
            f"  {hook.name:<12}{state}{', after the one that was there before' if hook.before else ''}"
        )
    return 0 if any(hook.ours for hook in found) else 1


def _checked(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in hooks.NAMES:
            raise UsageError(f"no such hook: {name!r}; there are {', '.join(hooks.NAMES)}, and agent")
    return names


def _usual(repository: Repository) -> Sequence[str]:
    try:
        bare = repository.program.output("rev-parse", "--is-bare-repository").strip() == b"true"
    except GitFailed:
        bare = False
    return hooks.ON_PUSHES[:1] if bare else hooks.ON_COMMITS


def _script(name: str) -> str:
    """The hook's text, which finds this installation."""
    from importlib.resources import files  # which no run of a hook needs

    return hooks.with_path((files("scanner.hooks") / name).read_text("utf-8"))


def _report(hook: hooks.Hook) -> None:
    before = f"; the hook that was there is {hook.file.name}{hooks.BEFORE} now, and run first"
    click.echo(f"{hook.name}: installed as {hook.file}{before if hook.before else ''}")


def _lines_for(manager: str, name: str) -> str:
    """What to do where another program writes the hooks."""
    operand = ' "$@"' if name != "pre-commit" else ""
    line = f"leakscan hook run {name} --{operand}" if operand else f"leakscan hook run {name}"
    if manager == "husky":
        return f"husky writes this repository's hooks: add to .husky/{name} the line: {line}"
    return (
        f"lefthook writes this repository's hooks: add to lefthook.yml: {name}: commands: leakscan: "
        f"run: leakscan hook run {name} (see docs/hooks.md)"
    )
