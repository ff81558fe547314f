"""The page of all rules."""

from __future__ import annotations

from pathlib import Path

from scanner.config import load_default
from scanner.config.catalogue import catalogue
from scanner.model import Config, Rule

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"


def test_the_page_is_current() -> None:
    hint = "leakscan rules list --markdown > docs/rules.md"
    assert PAGE.read_text(encoding="utf-8") == catalogue(load_default()), f"run: {hint}"


def test_rules_stand_by_their_files_and_in_one_line_each() -> None:
    rules = (
        Rule(
            "b",
            "A | *b*.",
            severity="high",
            remediation="See\n<b>: https://b.example/a_b",
            origin="own.toml",
        ),
        Rule("c", "C.", origin="built-in a c.toml"),
        Rule("a", "A.", origin="own.toml"),
        Rule("d", "Only with another.", origin="own.toml", skip_report=True),
    )
    page = catalogue(Config(rules=rules))
    assert "3 rules of 2 providers." in page
    assert "\n[A](#a) · [O](#o)\n" in page
    assert page.endswith(
        "\n## O\n\n| provider | rule | what it is | severity | how to rotate |\n|---|---|---|---|---|\n"
        "| own | `a` | A. |  |  |\n| own | `b` | A \\| \\*b\\*. | high | See \\<b>: https://b.example/a_b |\n"
    )
