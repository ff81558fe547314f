"""``python -m scanner.cli``."""

from scanner.cli.app import main

main()
