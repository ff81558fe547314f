"""leakscan: finds leaked secrets in Git history. The documented Python API is `scanner.api`."""

from scanner._version import __version__

__all__ = ["__version__"]
