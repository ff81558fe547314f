"""``leakscan stdin``: what is piped in."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import BinaryIO

import click

from scanner.cli.command import EXIT_CODES, Command
from scanner.cli.options import ENVIRONMENT, ScanArguments, scan_options
from scanner.cli.scan import execute
from scanner.pipeline import scan_stdin


@click.command(
    "stdin",
    cls=Command,
    exit_codes=EXIT_CODES,
    environment=ENVIRONMENT,
    examples=[
        ("kubectl get configmaps -o yaml | leakscan stdin", "Scan what another program prints:"),
        ("leakscan stdin < server.log", "A file without its name, so that no path rule or allowlist holds:"),
    ],
)
@scan_options
def command(arguments: ScanArguments) -> int:
    """Scan standard input, as one text without a name.

    The working directory's config and ignore files count.
    """
    return scan_standard_input(arguments)


def scan_standard_input(arguments: ScanArguments) -> int:
    """Scan stdin; a closed one is empty."""
    stream: BinaryIO = sys.stdin.buffer if sys.stdin is not None else io.BytesIO()
    return execute(
        arguments,
        [Path()],
        lambda detector, options, summary, progress: scan_stdin(stream, detector, options, summary),
    )
