"""What a config's text becomes in the model."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.errors import ConfigError
from scanner.model import Allowlist, Config, Required

Load = Callable[..., Config]


def test_every_key_of_a_rule(load: Load) -> None:
    config = load(
        """title = "t"
description = "d"
minVersion = "v8.0"

[[rules]]
id = "tok"
description = "a token"
regex = '''(tok)_(x)'''
path = '''\\.txt$'''
secretGroup = 2
entropy = 3
keywords = ["TOK_", "tok_", "É"]
tags = ["a", "b"]
skipReport = true
regexEngine = "regex"
check = "github"
severity = "high"
remediation = "revoke it"
examples = ["tok_x", ["tok", "_x"]]
negative_examples = [["no", "ne"]]
[[rules.required]]
id = "tok"
withinLines = 0
[[rules.allowlists]]
description = "al"
condition = "and"
commits = [" ABC ", "abc"]
paths = ['p']
regexTarget = "line"
regexes = ['r']
stopwords = ["Stop", "stop"]
within = ['w']
"""
    )
    rule = config.rules[0]
    assert (config.title, config.description, config.min_version) == ("t", "d", "v8.0")
    assert (rule.id, rule.description, rule.regex, rule.path) == ("tok", "a token", "(tok)_(x)", r"\.txt$")
    assert (rule.secret_group, rule.entropy, rule.skip_report) == (2, 3.0, True)
    assert (rule.keywords, rule.tags) == (("tok_", "é"), ("a", "b"))
    assert (rule.regex_engine, rule.check, rule.severity) == ("regex", "github", "high")
    assert rule.remediation == "revoke it"
    assert (rule.examples, rule.negative_examples) == (("tok_x", "tok_x"), ("none",))
    assert rule.required == (Required("tok", 0, None),)
    assert (rule.origin, rule.line) == ("c.toml", 5)
    assert rule.allowlists == (
        Allowlist("al", True, frozenset({"abc"}), ("p",), ("r",), "line", ("stop",), ("w",), "c.toml", 5),
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("'a'", "a"),
        ("3", "3"),
        ("-7", "-7"),
        ("true", "1"),
        ("3.50", "3.5"),
        ("2.0", "2"),
        ("1e30", "1000000000000000000000000000000"),
        ("1e-7", "0.0000001"),
        ("inf", "+Inf"),
        ("-inf", "-Inf"),
        ("nan", "NaN"),
    ],
)
def test_numbers_as_strings(load: Load, written: str, read: str) -> None:
    assert load(f"[[rules]]\nid = {written}\nregex = 'a'").rules[0].id == read


def test_keys_of_any_case(load: Load) -> None:
    rule = load("[[RULES]]\nID = 'q'\nRegex = '(a)(b)'\nSECRETGROUP = '2'\n").rules[0]
    assert (rule.id, rule.secret_group, rule.line) == ("q", 2, 1)


@pytest.mark.parametrize(
    ("written", "read"), [("'2'", 2), ("'0b10'", 2), ("'+2'", 2), ("'02'", 2), ("2.9", 2), ("'0x2'", 2)]
)
def test_groups_as_strings(load: Load, written: str, read: int) -> None:
    assert (
        load(f"[[rules]]\nid = 'q'\nregex = '(a)(b)'\nsecretGroup = {written}").rules[0].secret_group == read
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [("'a,b'", ("a", "b")), ("'a, b'", ("a", " b")), ("3", ("3",)), ("[1, 'a']", ("1", "a"))],
)
def test_lists_as_strings(load: Load, written: str, read: tuple[str, ...]) -> None:
    assert load(f"[[rules]]\nid = 'q'\nregex = 'a'\ntags = {written}").rules[0].tags == read


def test_deprecated_allowlists(load: Load) -> None:
    config = load(
        "[allowlist]\npaths = ['a']\n[[rules]]\nid = 'q'\nregex = 'a'\n[rules.allowlist]\nregexes = ['b']"
    )
    assert [entry.paths for entry in config.allowlists] == [("a",)]
    assert [entry.regexes for entry in config.rules[0].allowlists] == [("b",)]


def test_target_rules(load: Load) -> None:
    config = load(
        "[[allowlists]]\ntargetRules = ['a', 'a', 'b']\nregexes = ['x']\n"
        "[[allowlists]]\nregexes = ['y']\n"
        + "".join(f"[[rules]]\nid = '{rule_id}'\nregex = 'a'\n" for rule_id in "abc")
    )
    assert [[entry.regexes for entry in rule.allowlists] for rule in config.rules] == [[("x",)], [("x",)], []]
    assert [entry.regexes for entry in config.allowlists] == [("y",)]


def test_the_last_of_a_repeated_id_counts(load: Load) -> None:
    config = load("[[rules]]\nid = 'q'\nregex = 'a'\n[[rules]]\nid = 'q'\nregex = 'b'\n")
    assert [rule.regex for rule in config.rules] == ["b"]
    assert "rule q is defined more than once" in config.warnings[0]


def test_rules_keep_the_order_of_the_file(load: Load) -> None:
    config = load("[[rules]]\nid = 'z'\nregex = 'a'\n[[rules]]\nid = 'a'\nregex = 'b'\n")
    assert [rule.id for rule in config.rules] == ["z", "a"]


def test_lines_of_rules_and_allowlists(load: Load) -> None:
    config = load(
        "# [[rules]]\n\n [[ 'rules' ]]\nid = 'a'\nregex = 'a'\n[[allowlists]]\npaths = ['[[rules]]']\n"
    )
    assert [rule.line for rule in config.rules] == [3]
    assert [entry.line for entry in config.allowlists] == [6]


def test_lines_are_unknown_where_a_string_holds_a_header(load: Load) -> None:
    config = load("description = '''\n[[rules]]\n'''\n[[rules]]\nid = 'a'\nregex = 'a'\n")
    assert [rule.line for rule in config.rules] == [0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rules]]\nid = 'q'\nregex = 'a(b'\n", "c.toml:1: rule q: regex is not a valid pattern"),
        ("\n[[rules]]\nid = 'q'\n", "c.toml:2: rule q: has neither regex nor path"),
        ("\n[[rules]]\nregex = 'q'\n", "c.toml:2: rule 1 of the file has no id"),
        ("a = [\n", "c.toml:2: not valid TOML"),
        ("a = 1\nb = \n", "c.toml:2: not valid TOML: Invalid value, column 5"),
        (
            "[[rules]]\nid='q'\nregex='(a)'\nsecretGroup=2",
            "c.toml:1: rule q: secretGroup is 2, but regex has 1 group",
        ),
        ("[[rules]]\nid='q'\nregex='(a)(a)'\nsecretGroup=3", "but regex has 2 groups"),
        ("[[rules]]\nid='q'\nregex='a'\nentropy='x'", "c.toml:1: rule q: entropy must be a number, not 'x'"),
        ("[[rules]]\nid='q'\nregex='a'\nentropy=[]", "entropy must be a number, not a list"),
        ("[[rules]]\nid='q'\nregex='a(?=b)'", 'look-around or backreferences, set regexEngine = "regex"'),
        ("[[rules]]\nid='q'\nregex='a(?=b'\nregexEngine='regex'", "regex is not a valid pattern"),
        ("[[allowlists]]\npaths=['a(?!b)']", "c.toml:1: [[allowlists]] paths is not a valid pattern"),
        ('[[rules]]\nid="a\\nb\\u001b"\n', "c.toml:1: rule a\\nb\\x1b: has neither"),
        ("minVersion = 'x'", "c.toml: minVersion 'x' is not a version"),
    ],
)
def test_errors_say_where_and_what(load: Load, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert message in str(caught.value)


def test_look_around_with_its_key(load: Load) -> None:
    text = "[[rules]]\nid = 'q'\nregex = '(a)(?=b)'\nregexEngine = 'regex'\nsecretGroup = "
    assert load(text + "1").rules[0].regex_engine == "regex"
    with pytest.raises(ConfigError, match="but regex has 1 group"):
        load(text + "2")


@pytest.mark.parametrize(
    ("version", "warns"),
    [
        ("8.30.1", False),
        ("v8.30.2", True),
        ("8.31-rc1", True),
        ("8.30.1-rc1", False),
        ("8.30.1.0", False),
        ("8.30.1.1", True),
        ("99", True),
    ],
)
def test_min_version(load: Load, version: str, warns: bool) -> None:
    warnings = load(f"minVersion = '{version}'").warnings
    assert [version in warning for warning in warnings] == [True] * warns


def test_what_has_no_effect_is_said(load: Load) -> None:
    config = load("[extend]\nurl = 'https://example.invalid'\ndisabledRules = ['a']\n")
    assert [warning.split(";")[0] for warning in config.warnings] == [
        "c.toml: [extend] url has no effect (nor has it in Gitleaks)",
        "c.toml: [extend] disabledRules has no effect without useDefault or path",
    ]
