"""The command line: arguments, environment variables, terminals, printing and exit codes; nothing else."""

from scanner.cli.app import main

__all__ = ["main"]
