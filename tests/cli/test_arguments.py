"""Gitleaks' ways of writing arguments."""

from __future__ import annotations

import click
import pytest

from scanner.cli.arguments import Vocabulary, command_first
from scanner.cli.options import shared_parameters


@pytest.fixture(scope="module")
def options() -> Vocabulary:
    return Vocabulary(shared_parameters())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["git", "."], ["git", "."]),
        (["--no-banner", "git", "."], ["git", "--no-banner", "."]),
        (["-v", "detect"], ["detect", "-v"]),
        (["-c", "git", "dir", "x"], ["dir", "-c", "git", "x"]),
        (["-vc", "a.toml", "dir"], ["dir", "-vc", "a.toml"]),
        (["-ca.toml", "dir"], ["dir", "-ca.toml"]),
        (["--config=a.toml", "dir"], ["dir", "--config=a.toml"]),
        (["--redact", "git"], ["git", "--redact"]),
        (["--redact=20", "git"], ["git", "--redact=20"]),
        (["--no-banner"], ["--help"]),
        (["-v", "--help"], ["--help"]),
        ([], []),
    ],
)
def test_options_may_stand_before_the_command(
    options: Vocabulary, words: list[str], expected: list[str]
) -> None:
    assert command_first(words, options) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--redact", "src"], ["--redact=100", "src"]),
        (["--redact=20", "src"], ["--redact=20", "src"]),
        (["-f=json"], ["-f", "json"]),
        (["--verbose=true"], ["--verbose"]),
        (["-v=T"], ["-v"]),
        (["-v", "--verbose=false"], []),
        (["--verbose=0", "-v"], ["-v"]),
        (["-r", "--redact", "x"], ["-r", "--redact", "x"]),
        (["-r"], ["-r"]),
        (["--", "--redact", "-f=json"], ["--", "--redact", "-f=json"]),
        (["--unknown=1", "a=b"], ["--unknown=1", "a=b"]),
    ],
)
def test_values_as_pflag_takes_them(options: Vocabulary, words: list[str], expected: list[str]) -> None:
    assert options.rewritten(words) == expected


def test_a_flag_is_true_or_false(options: Vocabulary) -> None:
    with pytest.raises(click.UsageError, match="true or false"):
        options.rewritten(["--verbose=maybe"])
