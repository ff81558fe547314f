"""``leakscan completion``: scripts that teach shells the commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from scanner.cli.app import COMPLETE, PROGRAM, program
from scanner.cli.command import Command
from scanner.errors import UsageError


@click.command(
    "completion",
    cls=Command,
    examples=[
        ('eval "$(leakscan completion bash)"', "In ~/.bashrc:"),
        ('eval "$(leakscan completion zsh)"', "In ~/.zshrc:"),
        ("leakscan completion fish > ~/.config/fish/completions/leakscan.fish", "Once, for fish:"),
    ],
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish", "powershell")))
@click.option("--no-descriptions", is_flag=True, hidden=True)
def command(shell: str, no_descriptions: bool) -> int:
    """Print a script that makes SHELL complete leakscan's commands and options."""
    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"there is no completion for {shell}; for bash, zsh and fish there is")
    if no_descriptions:
        click.echo("--no-descriptions has no effect here", err=True)
    click.echo(found(program, {}, PROGRAM, COMPLETE).source())
    return 0
