"""The program: its commands, each imported when it is called, and what becomes of exceptions."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn, TextIO

import click

from scanner._version import __version__
from scanner.cli.arguments import Vocabulary, command_first
from scanner.cli.log import Log
from scanner.cli.signals import Interrupts, Terminated
from scanner.errors import ExitCode, LeakscanError

PROGRAM = "leakscan"
COMPLETE = "_LEAKSCAN_COMPLETE"  # set by the shell's completion script
_GARBAGE = 50_000  # objects between two looks for cycles; what a start makes stays, so looking is in vain
_CLOSED_STDOUT = 141  # as shells report a program that SIGPIPE ended
_TERMINATED = 143  # as shells report a program that SIGTERM ended


@dataclass(frozen=True, slots=True)
class _Entry:
    """A command: the module of `scanner.cli` that has it as ``command``, and its line in the help.

    A command without a section is not listed.
    """

    module: str
    section: str = ""
    summary: str = ""


_SCAN, _GITLEAKS, _RULES = "Scan", "Gitleaks' command lines", "Rules and configs"
_COMMANDS = {
    "history": _Entry("history", _SCAN, "The full history of a repository."),
    "dir": _Entry("dir", _SCAN, "Files and folders."),
    "stdin": _Entry("stdin", _SCAN, "Standard input."),
    "staged": _Entry("staged", _SCAN, "What the next commit adds."),
    "unstaged": _Entry("unstaged", _SCAN, "What the work tree adds to the index."),
    "ci": _Entry("ci", _SCAN, "What a CI build is about: a pull request, a push, everything."),
    "git": _Entry("git", _GITLEAKS, "History, staged or unstaged changes."),
    "directory": _Entry("dir"),
    "file": _Entry("dir"),
    "detect": _Entry("detect"),
    "protect": _Entry("protect"),
    "hook": _Entry("hook", "Hooks", "Install Git hooks and push protection, and run them."),
    "mcp": _Entry("mcp", "Hooks", "Serve coding agents by the Model Context Protocol."),
    "explain": _Entry("explain", "Reports", "What to do about a finding: rotate, who can see it, purge."),
    "baseline": _Entry("baseline", "Reports", "Keep what is known in a file, and label it."),
    "report": _Entry("report", "Reports", "Turn saved reports into other formats."),
    "config": _Entry("config", _RULES, "Show, begin or check a config."),
    "rules": _Entry("rules", _RULES, "List, show, check, test or export rules."),
    "cache": _Entry("cache", "More", "Show, make or clear what is kept between runs."),
    "completion": _Entry("completion", "More", "Print the completion script of a shell."),
    "version": _Entry("version", "More", "Print versions."),
    "help": _Entry("help"),
}


class LazyGroup(click.Group):
    """The commands of `_COMMANDS`; only the one that is called is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See `click.Group`."""
        return [name for name, entry in _COMMANDS.items() if entry.section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See `click.Group`."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = import_module(f"scanner.cli.{entry.module}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See `click.Group`; options of the scanning commands may stand before the command."""
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help", "--version"):
            from scanner.cli.options import shared_parameters

            args = command_first(args, Vocabulary(shared_parameters()))
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands, a section for each kind."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in _COMMANDS.items():
            if entry.section:
                sections.setdefault(entry.section, []).append((name, entry.summary))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from scanner.cli.version import build

        click.echo(f"{PROGRAM} {__version__} ({build()})")
        context.exit()


@click.group(
    PROGRAM,
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="See 'leakscan COMMAND --help' for a command's options, examples and exit codes.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version, and exit.",
)
def program() -> None:
    """Finds leaked secrets in Git history, files and streams.

    Reads Gitleaks' configs, ignore files, baselines and command lines: in a script that calls gitleaks,
    change that one word.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program and exit: of a process of its own without tearing Python down, which takes its time.

    Args:
        arguments: without the program's name; None for the process's.
    """
    gc.set_threshold(_GARBAGE)
    interrupts = Interrupts()
    interrupts.install()
    code = _run(list(sys.argv[1:] if arguments is None else arguments), interrupts)
    _flush(sys.stdout, 1)
    if arguments is not None:
        sys.exit(code)
    atexit._run_exitfuncs()
    _flush(sys.stderr, 2)
    os._exit(code)


def _run(arguments: list[str], interrupts: Interrupts) -> int:
    """The exit code of a command line."""
    try:
        return _called(arguments, interrupts)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except Terminated:
        return _TERMINATED
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except LeakscanError as error:
        if interrupts.received:  # Ctrl-C ends the Git programs too, which then seem to have failed
            return ExitCode.INTERRUPTED
        Log().error(str(error))
        return error.exit_code
    except Exception as error:
        return _unexpected(error)


def _called(arguments: list[str], interrupts: Interrupts) -> int:
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(program, {}, PROGRAM, COMPLETE, instruction)
    with program.make_context(PROGRAM, arguments, obj=interrupts) as context:
        return int(program.invoke(context) or 0)


def _unexpected(error: Exception) -> int:
    """A closed stdout, or a fault of ours. No message of an exception is shown: it may hold a secret."""
    from scanner.cli.reports import ClosedOutput

    if isinstance(error, ClosedOutput | BrokenPipeError):
        return _CLOSED_STDOUT
    import traceback

    if os.environ.get("LEAKSCAN_DEBUG") == "1":
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(last.filename)}:{last.lineno}"  # noqa: PTH119
    Log().error(
        f"internal error: {type(error).__name__} at {place} (leakscan {__version__}). Please report this "
        "line and the command; LEAKSCAN_DEBUG=1 shows more, read it for secrets before you pass it on"
    )
    return ExitCode.INTERNAL


def _flush(stream: TextIO | None, descriptor: int) -> None:
    """Write out what a standard stream holds; where nobody reads it any more, nobody is told."""
    try:
        if stream is not None:
            stream.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
