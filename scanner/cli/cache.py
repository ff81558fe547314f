"""``leakscan cache``: what is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scanner.cli.command import Command
from scanner.cli.config import named_config
from scanner.cli.configuration import find_config
from scanner.cli.scan import cache_store
from scanner.detect import make_prefilter, make_sieve, sought
from scanner.report.summary import human_bytes


@click.group("cache", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Show, make or clear what is kept between runs: compiled rules, and what is known of histories.

    Nothing of what files hold is kept: of a history, the names of commits, paths and objects.
    """


@command.command("info", cls=Command, examples=[("leakscan cache info", "Where it is, and how much:")])
def info() -> int:
    """Print the cache's folder, its files and their size."""
    _print_info()
    return 0


def _print_info() -> None:
    store = cache_store()
    sizes = store.sizes()
    click.echo(f"folder  {store.folder}")
    click.echo(f"files   {len(sizes)}")
    click.echo(f"size    {human_bytes(sum(sizes))}")


@command.command(
    "warm",
    cls=Command,
    examples=[
        ("leakscan cache warm", "While an image is built, or before a server takes pushes:"),
        ("leakscan cache warm -c /etc/leakscan/rules.toml", "For rules of your own:"),
    ],
)
@named_config
def warm(named: str) -> int:
    """Compile the rules now, so that no hook or job has to do it in its own time."""
    store = cache_store()
    config = find_config(named, Path(), os.environ, store).config
    make_prefilter(sought(config), "auto", store).expect_more()
    make_sieve(config, store=store)
    _print_info()
    return 0


@command.command("clear", cls=Command, examples=[("leakscan cache clear", "Forget everything:")])
def clear() -> int:
    """Remove all that is kept; the next runs make it anew."""
    store = cache_store()
    click.echo(f"removed {store.clear()} files from {store.folder}")
    return 0
