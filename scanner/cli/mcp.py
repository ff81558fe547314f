"""``leakscan mcp``: a server for agents that speak the Model Context Protocol."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import click

from scanner.cli.command import Command
from scanner.cli.config import named_config
from scanner.cli.configuration import find_config, ignore_files
from scanner.cli.scan import cache_store
from scanner.detect import Detector, make_prefilter, sought
from scanner.errors import UsageError
from scanner.known import ignore
from scanner.options import Options
from scanner.pipeline import Known


@click.command(
    "mcp",
    cls=Command,
    examples=[
        ("leakscan mcp", "On standard input and output, for the files below the working directory:"),
        ("leakscan mcp ~/src/app -c rules.toml", "For those of another folder, with rules of your own:"),
    ],
)
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@named_config
def command(folder: Path, named: str) -> int:
    """Serve agents that speak the Model Context Protocol, on standard input and output.

    They may scan texts and the files below FOLDER, and ask what a rule means. Answers never show a secret.
    Needs the extra: pip install 'leakscan[mcp]'
    """
    try:
        from scanner.agents.server import server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "scanner":
            raise
        raise UsageError("leakscan mcp needs an extra: pip install 'leakscan[mcp]'") from None
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    store = cache_store()
    config = find_config(named, folder, os.environ, store).config
    detector = Detector(config, make_prefilter(sought(config), store=store))
    known = Known(ignore.load(ignore_files(folder, [folder]), date.today()))
    options = Options(identity_key=os.environb.get(b"LEAKSCAN_FINGERPRINT_KEY", b""))
    server(detector, known, folder, options).run("stdio")
    return 0
