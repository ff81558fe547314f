"""Gitleaks' TOML configs, read into the model."""

from scanner.config.export import describe, to_gitleaks_toml
from scanner.config.load import load_default, load_file, load_text, select
from scanner.config.starter import STARTER

__all__ = [
    "STARTER",
    "describe",
    "load_default",
    "load_file",
    "load_text",
    "select",
    "to_gitleaks_toml",
]
