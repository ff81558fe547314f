"""``leakscan config``: show, begin or check a config."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scanner.cli.command import Command
from scanner.cli.configuration import find_config
from scanner.config.export import describe
from scanner.config.starter import STARTER
from scanner.errors import UsageError
from scanner.model import Config

_CONFIG_HELP = "Config to use; without it, the one that a scan of the working directory would use."
_OWN_FILE = ".leakscan.toml"

named_config = click.option("-c", "--config", "named", default="", metavar="FILE", help=_CONFIG_HELP)
"""The option that names a config, as the scanning commands have it."""


@click.group("config", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Show, begin or check a config."""


@command.command(
    "show",
    cls=Command,
    examples=[
        ("leakscan config show", "What a scan of this folder uses:"),
        ("leakscan config show -c my.toml", "What a file amounts to, with all that it extends:"),
    ],
)
@named_config
def show(named: str) -> int:
    """Print the resolved config, and where each part of it came from."""
    click.echo(describe(find_config(named, Path(), os.environ).config), nl=False)
    return 0


@command.command("init", cls=Command, examples=[("leakscan config init", "Begin a config here:")])
@click.argument("file", type=click.Path(path_type=Path), default=_OWN_FILE)
def init(file: Path) -> int:
    """Write a commented config to FILE, by default .leakscan.toml, which must not exist yet."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(STARTER)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {file}")
    return 0


@command.command(
    "check",
    cls=Command,
    examples=[
        ("leakscan config check", "The config of this folder:"),
        ("leakscan config check my.toml", "A file:"),
    ],
    exit_codes=[
        ("0", "It is right."),
        ("2", "It is wrong; one line says where."),
    ],
)
@click.argument("file", default="")
def check(file: str) -> int:
    """Check a config: that it is read without an error, and what in it is probably not meant."""
    config = checked(file)
    click.echo(f"{' + '.join(config.origins)}: {len(config.rules)} rules, no errors")
    return 0


def checked(file: str) -> Config:
    """The config in `file`, or the one that counts here where that is empty, its warnings shown."""
    config = find_config(file, Path(), os.environ).config
    for warning in config.warnings:
        click.echo(f"warning: {warning}", err=True)
    return config
