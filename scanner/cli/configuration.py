"""Which config a scan uses, and the files beside it that say what is known: Gitleaks' look-up order, with
leakscan's names first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.config import load_default, load_file, load_text
from scanner.config.saved import Store
from scanner.model import Config

_PATHS = ("LEAKSCAN_CONFIG", "GITLEAKS_CONFIG")
_TEXTS = ("LEAKSCAN_CONFIG_TOML", "GITLEAKS_CONFIG_TOML")
_FILES = (".leakscan.toml", ".gitleaks.toml")
_IGNORES = (".leakscanignore", ".gitleaksignore")


@dataclass(frozen=True, slots=True)
class FoundConfig:
    """A config and where it was found.

    Attributes:
        path: the file; None where it is none.
        from_target: it lies in what is scanned, whose owner thereby says what is allowed.
    """

    config: Config
    path: Path | None = None
    from_target: bool = False


def find_config(
    named: str, target: Path, environment: Mapping[str, str], store: Store | None = None
) -> FoundConfig:
    """The config to use.

    Args:
        named: value of ``--config``; empty for none.
        target: what is scanned; its own config counts where it is a folder.
        environment: the process's.
        store: keeps the built-in pack in a form that loads at once.

    Raises:
        ConfigError: the one that was found is wrong.
    """
    path = named or _first(environment, _PATHS)
    if path:
        return FoundConfig(load_file(Path(path), cwd=Path(), store=store), Path(path))
    for name in _TEXTS:
        if environment.get(name):
            return FoundConfig(load_text(environment[name], name, cwd=Path(), store=store))
    if target.is_dir():
        for file in (target / name for name in _FILES):
            if file.is_file():
                return FoundConfig(load_file(file, cwd=Path(), store=store), file, from_target=True)
    return FoundConfig(load_default(store))


def _first(environment: Mapping[str, str], names: Sequence[str]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


def ignore_files(named: Path, targets: Sequence[Path]) -> list[Path]:
    """Where ignore files may be.

    Args:
        named: value of ``--gitleaks-ignore-path``: a file, or a folder with one.
        targets: what is scanned.
    """
    return [named, *(folder / name for folder in (named, *targets) for name in _IGNORES)]
