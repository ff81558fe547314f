"""Keywords for a little text, Hyperscan for more."""

from __future__ import annotations

import pytest

from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.gradual import LITTLE, GradualPrefilter
from scanner.detect.prefilter import KeywordPrefilter, Prefilter
from scanner.model import Config, Rule

RULES = [Rule("a", regex="aa[0-9]", keywords=("aa",)), Rule("b", regex="bb[0-9]", keywords=("bb",))]
TEXT = b"aa1 bb"


class Other:
    """Names the rule 1, whatever the text."""

    def places(self, text: bytes) -> dict[int, list[int]]:
        return {1: []}

    def expect_more(self) -> None:
        pass


class Maker:
    """Counts how often it makes `made`."""

    def __init__(self, made: Prefilter | None) -> None:
        self.made, self.times = made, 0

    def __call__(self) -> Prefilter | None:
        self.times += 1
        return self.made


def test_the_other_one_is_made_for_more_than_a_little() -> None:
    maker = Maker(Other())
    prefilter = GradualPrefilter(RULES, maker)
    assert sorted(prefilter.places(TEXT.ljust(LITTLE))) == [0, 1]
    assert maker.times == 0
    assert sorted(prefilter.places(b"")) == []
    assert sorted(prefilter.places(TEXT)) == [1]
    assert sorted(prefilter.places(TEXT)) == [1]
    assert maker.times == 1


def test_the_other_one_is_made_when_more_is_expected() -> None:
    maker = Maker(Other())
    prefilter = GradualPrefilter(RULES, maker)
    prefilter.expect_more()
    prefilter.expect_more()
    assert sorted(prefilter.places(TEXT)) == [1]
    assert maker.times == 1


def test_keywords_stay_where_there_is_no_other() -> None:
    maker = Maker(None)
    prefilter = GradualPrefilter(RULES, maker)
    prefilter.expect_more()
    assert sorted(prefilter.places(TEXT.ljust(LITTLE + 1))) == [0, 1]
    assert maker.times == 1


@pytest.mark.parametrize("engine", ["auto", "hyperscan", "ahocorasick"])
def test_the_same_is_found_before_and_after(engine: str) -> None:
    config = Config(rules=tuple(RULES))
    detector = Detector(config, make_prefilter(sought(config), engine))
    before = detector.scan(b"aa1 bb bb2")
    assert [match.text for match in before.matches] == [b"aa1", b"bb2"]
    detector.expect_more()
    assert detector.scan(b"aa1 bb bb2") == before


def test_auto_does_not_load_hyperscan_for_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.detect._hyperscan", lambda engine: pytest.fail("loaded"))
    assert sorted(make_prefilter(RULES, "auto").places(TEXT)) == sorted(KeywordPrefilter(RULES).places(TEXT))
