"""``leakscan cache``: what is kept between runs."""

from __future__ import annotations

import click

from scanner.cli.command import Command
from scanner.cli.scan import cache_store
from scanner.report.summary import human_bytes


@click.group("cache", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Show or clear what is kept between runs: compiled rules, and what is known of histories.

    Nothing of what files hold is kept: of a history, the names of commits, paths and objects.
    """


@command.command("info", cls=Command, examples=[("leakscan cache info", "Where it is, and how much:")])
def info() -> int:
    """Print the cache's folder, its files and their size."""
    store = cache_store()
    sizes = store.sizes()
    click.echo(f"folder  {store.folder}")
    click.echo(f"files   {len(sizes)}")
    click.echo(f"size    {human_bytes(sum(sizes))}")
    return 0


@command.command("clear", cls=Command, examples=[("leakscan cache clear", "Forget everything:")])
def clear() -> int:
    """Remove all that is kept; the next runs make it anew."""
    store = cache_store()
    click.echo(f"removed {store.clear()} files from {store.folder}")
    return 0
