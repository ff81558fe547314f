"""Extension: what of the base stays, and what the extending file changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.config import load_default, load_file
from scanner.config.extend import MAX_EXTENDED
from scanner.errors import ConfigError
from scanner.model import Config, Required

Load = Callable[..., Config]

EXTEND = "[extend]\npath = 'b.toml'\n"
BASE = """
[[rules]]
id = "tok"
description = "base"
regex = '''tok_(a)'''
path = '''p'''
secretGroup = 1
entropy = 1.5
keywords = ["tok_", "both"]
tags = ["base"]
check = "npm"
severity = "high"
remediation = "revoke"
examples = ["tok_a"]
[[rules.allowlists]]
stopwords = ["base"]
[[rules.required]]
id = "other"
[[rules]]
id = "other"
regex = "o"
skipReport = true
[[allowlists]]
paths = ["base"]
"""


def test_what_is_left_out_stays(load: Load) -> None:
    config = load(EXTEND + "[[rules]]\nid = 'tok'\n", {"b.toml": BASE})
    rule = next(rule for rule in config.rules if rule.id == "tok")
    assert (rule.description, rule.regex, rule.path, rule.secret_group) == ("base", "tok_(a)", "p", 1)
    assert (rule.entropy, rule.keywords, rule.tags) == (1.5, ("tok_", "both"), ("base",))
    assert (rule.required, rule.skip_report) == ((Required("other"),), False)
    assert (rule.severity, rule.remediation, rule.check) == ("high", "revoke", "npm")
    assert rule.examples == ("tok_a",)
    assert (rule.origin, rule.line) == ("b.toml + c.toml", 3)
    assert config.origins == ("c.toml", "b.toml")


def test_what_is_given_counts(load: Load) -> None:
    own = """[[rules]]
id = "tok"
description = "own"
regex = "own_(a)(b)"
path = "q"
secretGroup = 2
entropy = 2
keywords = ["Own", "both"]
tags = ["own"]
skipReport = true
required = []
examples = ["own_ab"]
[[rules.allowlists]]
stopwords = ["own"]
[[rules]]
id = "a"
regex = "a"
[[allowlists]]
paths = ["own"]
"""
    config = load(EXTEND + own, {"b.toml": BASE})
    rule = config.rules[2]
    assert [r.id for r in config.rules] == ["a", "other", "tok"]
    assert (rule.description, rule.regex, rule.path, rule.secret_group) == ("own", "own_(a)(b)", "q", 2)
    assert (rule.entropy, rule.keywords, rule.tags) == (2.0, ("tok_", "both", "own"), ("base", "own"))
    assert (rule.required, rule.skip_report, rule.examples) == ((), True, ("own_ab",))
    assert [entry.stopwords for entry in rule.allowlists] == [("base",), ("own",)]
    assert [entry.origin for entry in rule.allowlists] == ["b.toml", "c.toml"]
    assert [entry.paths for entry in config.allowlists] == [("own",), ("base",)]


def test_skip_report_can_be_taken_back(load: Load) -> None:
    config = load(EXTEND + "[[rules]]\nid = 'other'\nskipReport = false\n", {"b.toml": BASE})
    assert [rule.skip_report for rule in config.rules if rule.id == "other"] == [False]


def test_a_group_of_the_base_regex(load: Load) -> None:
    with pytest.raises(
        ConfigError, match=r"^b\.toml \+ c\.toml:3: rule tok: secretGroup is 2, but regex has 1 group$"
    ):
        load(EXTEND + "[[rules]]\nid = 'tok'\nsecretGroup = 2\n", {"b.toml": BASE})


def test_the_engine_goes_with_the_regex(load: Load) -> None:
    base = "[[rules]]\nid = 'tok'\nregex = 'a(?=b)'\nregexEngine = 'regex'\n"
    kept = load(EXTEND + "[[rules]]\nid = 'tok'\nentropy = 1\n", {"b.toml": base})
    assert kept.rules[0].regex_engine == "regex"
    changed = load(EXTEND + "[[rules]]\nid = 'tok'\nregex = 'ab'\n", {"b.toml": base})
    assert changed.rules[0].regex_engine == "re2"
    with pytest.raises(ConfigError, match="regexEngine"):
        load(EXTEND + "[[rules]]\nid = 'tok'\nregexEngine = 're2'\n", {"b.toml": base})


def test_disabled_rules(load: Load) -> None:
    extend = EXTEND + "disabledRules = ['tok', 'zork']\n"
    config = load(extend, {"b.toml": BASE})
    assert [rule.id for rule in config.rules] == ["other"]
    assert config.warnings == ("c.toml: disabledRules names 'zork', which the extended config lacks",)
    own = load(extend + "[[rules]]\nid = 'tok'\nregex = 'mine'\n", {"b.toml": BASE})
    assert [(rule.regex, rule.description) for rule in own.rules if rule.id == "tok"] == [("mine", "")]
    with pytest.raises(ConfigError, match="rule tok: has neither regex nor path"):
        load(extend + "[[rules]]\nid = 'tok'\nentropy = 2\n", {"b.toml": BASE})


def test_a_required_rule_that_is_disabled(load: Load) -> None:
    config = load(EXTEND + "disabledRules = ['other']\n", {"b.toml": BASE})
    assert config.warnings == (
        "b.toml:2: rule tok: requires 'other', which is disabled, so it will never match",
    )
    assert config.rules[0].required == (Required("other"),)


def test_required_and_targeted_rules_in_the_base(load: Load) -> None:
    own = "[[rules]]\nid = 'new'\nregex = 'n'\nrequired = { id = 'tok' }\n"
    own += "[[allowlists]]\ntargetRules = 'other'\nregexes = ['x']\n"
    config = load(EXTEND + own, {"b.toml": BASE})
    assert [rule.required for rule in config.rules if rule.id == "new"] == [(Required("tok"),)]
    assert [entry.regexes for rule in config.rules if rule.id == "other" for entry in rule.allowlists] == [
        ("x",)
    ]


def test_targets_of_the_base(load: Load) -> None:
    base = BASE + "targetRules = ['tok', 'zork', 'other']\n"
    config = load(EXTEND + "disabledRules = ['other']\n", {"b.toml": base})
    assert [entry.paths for entry in config.rules[0].allowlists] == [(), ("base",)]
    assert "b.toml:23: [[allowlists]] targetRules names 'zork', but no rule has that id" in config.warnings
    assert len(config.warnings) == 2  # the other one: tok requires other


def test_errors_name_the_base(load: Load) -> None:
    with pytest.raises(ConfigError, match=r"^b\.toml:1: rule q: has neither"):
        load(EXTEND, {"b.toml": "[[rules]]\nid = 'q'\n"})
    with pytest.raises(ConfigError, match=r"^b\.toml:1: rule tok: regex is not a valid pattern"):
        load(
            EXTEND + "[[rules]]\nid = 'tok'\nregex = 'fine'\n",
            {"b.toml": "[[rules]]\nid='tok'\nregex='a('\n"},
        )
    with pytest.raises(ConfigError, match=r"^missing: cannot read .*extend.* path of c\.toml"):
        load("[extend]\npath = 'missing'\n")
    with pytest.raises(ConfigError, match=r"^a\\x00: cannot read the config: not a file name"):
        load('[extend]\npath = "a\\u0000"\n')


def chain(length: int) -> dict[str, str]:
    files = {f"{n}.toml": f"[extend]\npath = '{n + 1}.toml'\n" for n in range(1, length)}
    return files | {f"{length}.toml": "[[rules]]\nid = 'end'\nregex = 'a'\n"}


def test_depth(load: Load) -> None:
    start = "[extend]\npath = '1.toml'\n"
    config = load(start, chain(MAX_EXTENDED))
    assert [rule.id for rule in config.rules] == ["end"]
    assert len(config.origins) == MAX_EXTENDED + 1
    with pytest.raises(ConfigError, match=rf"^{MAX_EXTENDED}\.toml: \[extend\] goes more than 8 files deep"):
        load(start, chain(MAX_EXTENDED + 1))


def test_cycles(tmp_path: Path) -> None:
    for name, base in (("a", "b"), ("b", "c"), ("c", "./a")):
        (tmp_path / f"{name}.toml").write_text(f"[extend]\npath = '{base}.toml'\n")
    with pytest.raises(ConfigError, match=r"^c\.toml: \[extend\] path '\./a\.toml' leads back"):
        load_file(Path("a.toml"), cwd=tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="no such files on Windows")
def test_a_device_is_not_extended(load: Load, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("/dev/zero", "pipe"):
        with pytest.raises(ConfigError, match="is not a regular file"):
            load(f"[extend]\npath = '{name}'\n")
    with pytest.raises(ConfigError, match="is a folder"):
        load("[extend]\npath = '.'\n")


def test_the_built_in_rules(load: Load) -> None:
    config = load("[extend]\nuseDefault = true\n[[rules]]\nid = 'own'\nregex = 'a'\n")
    assert {rule.id for rule in config.rules} == {"own", *(rule.id for rule in load_default().rules)}
    assert config.origins == ("c.toml", "built-in rules")
    assert not any(rule.tags for rule in config.rules)  # as those of Gitleaks have none in reports
    assert any(rule.tags for rule in load_default().rules)
