"""Hyperscan's database: what is in it, and that what was saved is used only where it is whole."""

from __future__ import annotations

import hyperscan
import pytest

from scanner.detect import hyperscan as hyperscan_prefilter
from scanner.detect.hyperscan import HyperscanPrefilter
from scanner.model import Rule

TEXT = b"x tok_abcd y"
KEYWORDS = [("begin",), ("e(", "begin"), ("begin", "end"), ("é",), (), ("",)]
RULES = [
    Rule(id="token", regex=r"tok_\w+"),
    Rule(id="look", regex=r"(?<!z)tok", regex_engine="regex"),
    Rule(id="letters", regex=r"\pL+"),
    Rule(id="keyword", regex=r"\pL+", keywords=("zz",)),
    Rule(id="large", regex=r"\w{1000} [^-]{1000}\w{900}"),
    Rule(id="other", regex=r"zzz"),
]


class Store:
    """Keeps databases in memory and tells what was asked."""

    def __init__(self) -> None:
        self.saved: dict[str, bytes] = {}
        self.saves = 0

    def load(self, digest: str) -> bytes | None:
        return self.saved.get(digest)

    def save(self, digest: str, data: bytes) -> None:
        self.saves += 1
        self.saved[digest] = data


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hyperscan counts repetitions exactly, for which the large rule is too large."""
    monkeypatch.setattr(hyperscan_prefilter, "_MANY", 10_000)


@pytest.mark.usefixtures("exact")
def test_what_hyperscan_cannot_express_goes_by_keyword() -> None:
    assert sorted(HyperscanPrefilter(RULES).places(TEXT)) == [0, 1, 2, 4]


def test_long_repetitions_are_counted_roughly() -> None:
    assert sorted(HyperscanPrefilter(RULES).places(TEXT)) == [0, 1, 2]
    assert sorted(HyperscanPrefilter(RULES).places(b"a" * 1000 + b" " + b"a" * 1900)) == [1, 2, 4]


def test_a_rule_over_many_lines_goes_by_its_keywords() -> None:
    rules = [Rule(id=f"r{n}", regex=r"begin[^;]+end", keywords=words) for n, words in enumerate(KEYWORDS)]
    assert sorted(HyperscanPrefilter(rules).places(b"BEGIN; end")) == [0, 1, 2]
    assert sorted(HyperscanPrefilter(rules).places(b"begin x end")) == [0, 1, 2, 4]


@pytest.mark.parametrize("pattern", ["é", r"\v", r"\x{e9}", r"\xe9", r"\101", "a\0b", r"\p{Greek}"])
def test_patterns_that_mean_something_else_to_hyperscan_are_always_named(pattern: str) -> None:
    assert sorted(HyperscanPrefilter([Rule(id="r", regex=pattern)]).places(b"z")) == [0]


@pytest.mark.parametrize("text", ["\v", "\u017f", "\u212a"])
def test_texts_that_mean_something_else_to_hyperscan_go_by_keyword(text: str) -> None:
    rules = [Rule(id="a", regex="q"), Rule(id="b", regex="q", keywords=("zz",))]
    assert sorted(HyperscanPrefilter(rules).places(text.encode())) == [0]


def test_no_rules_and_no_text() -> None:
    store = Store()
    assert sorted(HyperscanPrefilter([], store).places(TEXT)) == []
    assert sorted(HyperscanPrefilter([RULES[1]], store).places(TEXT)) == [0]
    assert store.saves == 0
    assert sorted(HyperscanPrefilter(RULES[:1]).places(b"")) == []
    assert sorted(HyperscanPrefilter([Rule(id="r", regex="x*")]).places(b"y")) == [0]


@pytest.mark.usefixtures("exact")
def test_a_saved_database_is_used() -> None:
    store = Store()
    assert sorted(HyperscanPrefilter(RULES, store).places(TEXT)) == [0, 1, 2, 4]
    assert store.saves == 1
    assert sorted(HyperscanPrefilter(RULES, store).places(TEXT)) == [0, 1, 2, 4]
    assert store.saves == 1


def test_other_rules_have_another_database() -> None:
    store = Store()
    for rules in (RULES, RULES[:1], RULES[::-1], [Rule(id="token", regex=r"tok_\w")]):
        HyperscanPrefilter(rules, store)
    assert len(store.saved) == store.saves == 4
    HyperscanPrefilter([Rule(id="renamed", regex=r"tok_\w+", tags=("t",))], store)
    assert store.saves == 4  # the same pattern and keywords


def damaged(data: bytes) -> list[bytes]:
    line = data.index(b"\n")
    return [
        b"",
        b"\n",
        b"nonsense",
        data[:line],
        data[:-1],
        data + b"x",
        data[line + 1 :],
        data.replace(b":0,", b":1,", 1),  # another rule than the one that is in it
        data.replace(b",3\n", b"\n", 1),
        *(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :] for at in range(0, len(data), 97)),
        data[: line + 13] + b"\xff" * 8 + data[line + 21 :],  # the processor it was made for
        data[: line + 5] + b"\1" + data[line + 6 :],  # the library's version
    ]


def test_a_damaged_or_foreign_database_is_built_anew() -> None:
    store = Store()
    rules = [*RULES[:3], RULES[5]]
    HyperscanPrefilter(rules, store)
    ((digest, good),) = store.saved.items()
    for number, bad in enumerate(damaged(good)):
        store.saved[digest] = bad
        assert sorted(HyperscanPrefilter(rules, store).places(TEXT)) == [0, 1, 2], number
        assert store.saved[digest][: good.index(b"\n")] == good[: good.index(b"\n")], number
    assert store.saves > 10


def test_hyperscan_reads_its_own_database_only() -> None:
    with pytest.raises(hyperscan.error):
        hyperscan.loadb(b"x" * 100, hyperscan.HS_MODE_BLOCK)
