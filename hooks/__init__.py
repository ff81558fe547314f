"""The hooks as they are installed: programs that Git calls. Data of this package; see docs/hooks.md."""
