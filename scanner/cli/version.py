"""``leakscan version``: what runs here."""

from __future__ import annotations

import platform
from importlib import metadata

import click

from scanner._version import __version__
from scanner.cli.command import Command
from scanner.git import delta


@click.command(
    "version",
    cls=Command,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    examples=[("leakscan version", "For a bug report:")],
)
def command() -> int:
    """Print the versions of leakscan, of the engine that runs by default, and of Python."""
    click.echo(f"leakscan {__version__} ({build()}, engine {_engine()}, Python {platform.python_version()})")
    return 0


def build() -> str:
    """Whether the modules that are slow as plain Python were compiled when leakscan was installed."""
    return "compiled" if delta.COMPILED else "uncompiled"


def _engine() -> str:
    """The prefilter that ``--engine auto`` takes, with its version."""
    try:
        return f"hyperscan {metadata.version('hyperscan')}"
    except metadata.PackageNotFoundError:
        return "ahocorasick"
