"""Both engines find the same, and Hyperscan never leaves out a rule that RE2 finds: on the recorded
conformance cases, and on texts made from the rules' own patterns."""

from __future__ import annotations

import base64
import json
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.config import load_default, load_text
from scanner.detect import Detector, make_prefilter, sought
from scanner.model import Config, Rule
from scanner.regexp import compile_pattern, searchable

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "conformance"
RUNS = settings(
    max_examples=400,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list(HealthCheck),
)
# White space and letters that engines disagree on, bytes that are not UTF-8, and a line without end.
ODD = (
    *(b"\n", b"\r\n", b"\x0b", b"\x0c", b"\0", b"\xff", b"\xe2\x84", "\u212a".encode(), "\u017f".encode()),
    *(
        "\u2028".encode(),
        "\u00a0".encode(),
        b"\x85",
        "\U0001f511".encode(),
        b" ",
        b'"',
        b"'",
        b"=",
        b";",
        b"\\n",
    ),
    *(b";", b"\\n", b"a" * 5000, b"key = ", b"secret: ", b"gitleaks:allow", b"%20", b"\\u0041", b"U+0041 "),
)


class Engines:
    """A config's detectors, one for each engine."""

    def __init__(self, config: Config) -> None:
        self.rules = sought(config)
        self.prefilters = [make_prefilter(self.rules, name) for name in ("hyperscan", "ahocorasick")]
        self.detectors = [Detector(config, prefilter) for prefilter in self.prefilters]

    def agree(self, text: bytes) -> None:
        """Assert that both find the same, and name each rule whose regex and keyword are in `text`."""
        fast, plain = (detector.scan(text).matches for detector in self.detectors)
        assert fast == plain
        named = [prefilter.places(searchable(text).text) for prefilter in self.prefilters]
        for index in set(named[1]) - set(named[0]):
            rule = self.rules[index]
            assert not compile_pattern(rule.regex, rule.regex_engine).search(searchable(text).text), rule.id


@pytest.fixture(scope="module")
def own(config: tuple[str, Config]) -> Engines:
    return Engines(config[1])


@pytest.fixture(scope="module")
def default() -> Engines:
    return Engines(load_default())


@pytest.fixture(scope="module")
def stock() -> Engines:
    """Gitleaks' stock rules, where they are at hand."""
    file = SHARED / "gitleaks.toml"
    if not file.exists():
        pytest.skip("needs shared/conformance beside the checkout")
    return Engines(load_text(file.read_text("utf-8"), file.name, cwd=file.parent))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own", "default", "stock"])
def test_engines_agree_on_recorded_texts(name: str, request: pytest.FixtureRequest) -> None:
    if not (SHARED / "cases.json").exists():
        pytest.skip("needs shared/conformance beside the checkout")
    engines: Engines = request.getfixturevalue(name)
    texts = set(_recorded(json.loads((SHARED / "cases.json").read_bytes())))
    assert len(texts) > 100
    for text in texts:
        engines.agree(text)


def _recorded(cases: list[dict[str, object]]) -> Iterator[bytes]:
    for case in cases:
        for name, read in (("files", str.encode), ("files_b64", base64.b64decode)):
            files = case.get(name) or {}
            assert isinstance(files, dict)
            yield from (read(content) for content in files.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own", "default", "stock"])
@RUNS
@given(data=st.data())
def test_engines_agree_on_texts_made_from_the_rules(
    name: str, data: st.DataObject, request: pytest.FixtureRequest
) -> None:
    engines: Engines = request.getfixturevalue(name)
    engines.agree(b"".join(data.draw(st.lists(_piece(engines.rules), min_size=1, max_size=8))))


def _piece(rules: tuple[Rule, ...]) -> st.SearchStrategy[bytes]:
    """What a rule matches, perhaps with a byte cut off, one of its keywords, or something odd."""
    matched = st.sampled_from(rules).flatmap(_matched)
    odd = st.sampled_from(ODD) | st.binary(max_size=3)
    return (
        matched
        | matched
        | matched.map(lambda text: text[1:])
        | st.sampled_from(rules).flatmap(_keyword)
        | odd
    )


def _keyword(rule: Rule) -> st.SearchStrategy[bytes]:
    words = [word.encode() for word in rule.keywords] or [b" "]
    return st.sampled_from(words).map(lambda word: word + b" ") | st.sampled_from(words).map(bytes.upper)


def _matched(rule: Rule) -> st.SearchStrategy[bytes]:
    pattern = python_pattern(rule.regex)
    return st.from_regex(pattern) if pattern else _keyword(rule)


def python_pattern(regex: str) -> re.Pattern[bytes] | None:
    """`regex` as Python reads it, None where it does not: the strings need only nearly match."""
    text = regex.replace("\\z", "\\Z").replace("[[:alnum:]]", "[0-9A-Za-z]")
    flags = 0
    for flag, value in (("(?i)", re.IGNORECASE), ("(?s)", re.DOTALL), ("(?m)", re.MULTILINE)):
        if flag in text:
            flags |= value
            text = text.replace(flag, "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text.encode(), flags)
    except (re.error, OverflowError):
        return None


def test_most_rules_yield_texts(default: Engines, own: Engines) -> None:
    for engines in (default, own):
        readable = [rule for rule in engines.rules if python_pattern(rule.regex)]
        assert len(readable) > 0.9 * len(engines.rules)


@pytest.mark.parametrize("name", ["own", "default", "stock"])
@pytest.mark.parametrize("filler", [b"x", b"key=", "\u212a".encode(), b"\xff", b"A1b2"])
def test_engines_agree_on_very_long_lines(name: str, filler: bytes, request: pytest.FixtureRequest) -> None:
    engines: Engines = request.getfixturevalue(name)
    token = b" tok_" + b"abcd1234 "
    engines.agree(filler * (300_000 // len(filler)) + token + filler * 30_000 + b"\n" + token)
