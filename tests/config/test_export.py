"""Export: what the real Gitleaks and we ourselves read in it is what was exported."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.config import load_default, load_text
from scanner.config.export import describe, to_gitleaks_toml
from scanner.model import Allowlist, Config, Required, Rule

Load = Callable[..., Config]
Gitleaks = Callable[[str, bytes], set[tuple[str, str]] | None]

SECRET = "tok_" + "a1b2c3d4"


def reload(text: str) -> Config:
    return load_text(text, "x", cwd=Path())


def without_places(config: Config) -> Config:
    def bare(allowlists: tuple[Allowlist, ...]) -> tuple[Allowlist, ...]:
        return tuple(replace(entry, origin="", line=0) for entry in allowlists)

    rules = tuple(replace(r, origin="", line=0, allowlists=bare(r.allowlists)) for r in config.rules)
    return replace(config, rules=rules, allowlists=bare(config.allowlists), origins=(), warnings=())


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
filled = texts.filter(bool)
literals = texts.filter(bool).map(re.escape)  # patterns that compile, with every kind of character


def tuples(items: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(items, max_size=3).map(lambda found: tuple(dict.fromkeys(found)))


lowered = filled.map(str.lower).filter(lambda word: word == word.lower())
allowlists = st.builds(
    Allowlist,
    description=texts,
    match_all=st.booleans(),
    commits=st.frozensets(st.from_regex(r"\A[0-9a-f]{1,40}\Z"), min_size=1, max_size=3),
    paths=tuples(literals),
    regexes=tuples(literals),
    regex_target=st.sampled_from(["secret", "match", "line"]),
    stopwords=tuples(lowered),
)
limits = st.none() | st.integers(-5, 5)
rules = st.builds(
    Rule,
    id=texts.filter(str.strip),
    description=texts,
    regex=literals,
    path=st.just("") | literals,
    entropy=st.floats(0, 8) | st.just(float("inf")),
    keywords=tuples(lowered),
    tags=st.lists(texts, max_size=2).map(tuple),
    skip_report=st.booleans(),
    allowlists=st.lists(allowlists, max_size=2).map(tuple),
    required=st.builds(Required, st.just("base"), limits, limits).map(lambda one: (one,)) | st.just(()),
)


@settings(deadline=None)
@given(st.lists(rules, max_size=3, unique_by=lambda rule: rule.id), st.lists(allowlists, max_size=2), texts)
def test_round_trip(found: list[Rule], entries: list[Allowlist], title: str) -> None:
    base = Rule("base", regex="(?:base)")
    config = Config(
        rules=(base, *(rule for rule in found if rule.id != "base")),
        allowlists=tuple(entries),
        title=title,
        description=title,
    )
    again = without_places(reload(to_gitleaks_toml(config)))
    assert again == config
    assert without_places(reload(describe(config))) == config


def test_what_gitleaks_cannot_express_is_left_out_and_said(load: Load) -> None:
    config = load(
        "[[rules]]\nid = 'around'\nregex = 'a(?=b)'\nregexEngine = 'regex'\n"
        "[[rules]]\nid = 'needs'\nregex = 'a'\nrequired = { id = 'around' }\n"
        "[[rules]]\nid = 'chain'\nregex = 'a'\nrequired = { id = 'needs' }\n"
        "[[rules]]\nid = 'fine'\nregex = 'a'\nremediation = 'x'\nseverity = 'low'\ncheck = 'npm'\n"
    )
    text = to_gitleaks_toml(config)
    assert [rule.id for rule in reload(text).rules] == ["fine"]
    assert "# Left out: rule around needs the regex engine" in text
    assert "# Left out: rule needs requires a rule that is not in this file" in text
    assert "# Left out: rule chain requires" in text
    assert "remediation" not in text and "severity" not in text and "check" not in text


def test_describe_says_where_each_part_came_from(load: Load) -> None:
    base = "[[rules]]\nid = 'a'\nregex = 'a(?=b)'\nregexEngine = 'regex'\nexamples = ['a']\n"
    own = "[extend]\npath = 'b.toml'\ndisabledRules = ['zork']\n[[allowlists]]\npaths = ['p']\n"
    own += "[[rules]]\nid = 'a'\ncheck = 'npm'\nseverity = 'low'\n"
    own += "remediation = 'revoke'\n[rules.allowlist]\npaths = ['q']\n"
    text = describe(load(own, {"b.toml": base}))
    assert text.startswith("# Built from: c.toml, b.toml\n# Warning: c.toml: disabledRules names 'zork'")
    assert "\n# from c.toml, line 4\n[[allowlists]]\npaths = ['''p''']\n" in text
    assert "\n# from b.toml + c.toml, line 6\n[[rules]]\nid = \"a\"\nregex = '''a(?=b)'''\n" in text
    assert (
        'regexEngine = "regex"\ncheck = "npm"\nseverity = "low"\nremediation = "revoke"\n'
        "# from c.toml, line 6\n[[rules.allowlists]]\n" in text
    )
    assert "examples" not in text


def test_a_comment_stays_a_comment(load: Load) -> None:
    config = load("[[rules]]\nid = \"a\\n[[rules]]\"\nregex = 'a(?=b)'\nregexEngine = 'regex'\n")
    assert reload(to_gitleaks_toml(config)).rules == ()


PROBES = {
    "flag stays in its own pattern": (
        "[[rules.allowlists]]\nregexes = ['(?i)ZORK', 'TOK_']\n",
        {("tok", SECRET)},
    ),
    "open quote stays in its own pattern": (
        "[[rules.allowlists]]\nregexes = ['\\Qzork', 'nope']\n",
        {("tok", SECRET)},
    ),
    "stopword": ("[[rules.allowlists]]\nstopwords = ['A1B2']\n", set()),
    "and": (
        "[[rules.allowlists]]\ncondition = 'and'\nregexes = ['tok']\nstopwords = ['zork']\n",
        {("tok", SECRET)},
    ),
    "line": ("[[rules.allowlists]]\nregexTarget = 'line'\nregexes = ['fixture']\n", set()),
    "entropy": ("entropy = 3.9\n", set()),
    "required": (
        "required = [{ id = 'usr', withinLines = 0 }]\n[[rules]]\nid = 'usr'\nregex = 'zork'\n",
        set(),
    ),
    "keyword": ("keywords = ['zork']\n", set()),
    "skipReport": ("skipReport = true\n", set()),
    "group": ("secretGroup = 1\n", {("tok", SECRET)}),
}


@pytest.mark.slow
def test_gitleaks_reads_the_same(gitleaks: Gitleaks, load: Load) -> None:
    for name, (more, expected) in PROBES.items():
        config = load("[[rules]]\nid = 'tok'\nregex = '''(tok_[a-z0-9]{8})'''\n" + more)
        assert gitleaks(to_gitleaks_toml(config), f"x {SECRET} fixture\n".encode()) == expected, name


@pytest.mark.slow
def test_gitleaks_loads_odd_strings(gitleaks: Gitleaks) -> None:
    odd = "a'''b\"\\\t\r\n\x00\x1b\x7f\x85é\U0001f600'"
    entry = Allowlist(odd, stopwords=(odd,), regexes=(re.escape(odd), "'"), commits=frozenset({"a"}))
    rule = Rule(
        odd, odd, regex=f"tok_|{re.escape(odd)}", path="", entropy=-1, tags=(odd,), allowlists=(entry,)
    )
    found = gitleaks(to_gitleaks_toml(Config(rules=(rule,), title=odd)), b"tok_")
    assert found == {(odd, "tok_")}


@pytest.mark.slow
def test_gitleaks_loads_the_built_in_pack(gitleaks: Gitleaks) -> None:
    assert gitleaks(to_gitleaks_toml(load_default()), b"nothing here") == set()
