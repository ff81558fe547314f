"""The page on rules of one's own: what it tells to append works, and is as good as what it asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scanner.config import load_text
from scanner.config.starter import STARTER
from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.examples import failures
from scanner.detect.strict import shortcomings
from scanner.model import Config

PAGE = Path(__file__).resolve().parents[2] / "docs" / "custom-rules.md"
BLOCKS = re.findall(r"(?ms)^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def config() -> Config:
    return load_text("\n".join([STARTER, *BLOCKS]), "page.toml", cwd=Path())


def test_its_rules_find_their_examples_and_are_complete(config: Config) -> None:
    own = [rule for rule in config.rules if rule.origin == "page.toml"]
    assert [rule.id for rule in own] == ["acme-token", "globex-client-id", "globex-secret", "initech-api-key"]
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    assert [failure for rule in own for failure in failures(rule, detector)] == []
    assert [lack for rule in own for lack in shortcomings(rule)] == []


def test_it_changes_a_built_in_rule(config: Config) -> None:
    (rule,) = (rule for rule in config.rules if rule.id == "generic-api-key")
    assert rule.entropy == 3.7 and rule.origin == "built-in generic.toml + page.toml"
