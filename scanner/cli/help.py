"""``leakscan help [COMMAND]``."""

from __future__ import annotations

import click

from scanner.cli.app import program
from scanner.cli.command import Command


@click.command("help", cls=Command)
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
def command(words: tuple[str, ...]) -> int:
    """Print the help of the program or of a command."""
    with program.make_context("leakscan", [*words, "--help"]) as context:
        program.invoke(context)
    return 0
