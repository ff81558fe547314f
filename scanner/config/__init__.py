"""Gitleaks' TOML configs, read into the model.

Not named here is what no scan needs: see `scanner.config.export`, `scanner.config.starter`.
"""

from scanner.config.load import load_default, load_file, load_text, select

__all__ = [
    "load_default",
    "load_file",
    "load_text",
    "select",
]
