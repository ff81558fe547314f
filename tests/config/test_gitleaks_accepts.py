"""Which configs load: a table recorded from the real Gitleaks 8.30.1, held against it and against us."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scanner.config import load_text
from scanner.errors import ConfigError
from scanner.model import Config

RULE = "[[rules]]\nid = 'tok'\nregex = 'tok_[a-z0-9]{8}'\n"
ALLOW = "[[rules.allowlists]]\n"

ACCEPTED = {
    "nothing": "",
    "unknown keys": "zork = 1\n[other.table]\na = 1\n" + RULE + "zork = [1]\n",
    "empty [allowlist]": "[allowlist]\n" + RULE,
    "[allowlist] of empty tables": "[allowlist]\npaths = {}\n" + RULE,
    "allowlists = []": "allowlists = []\n" + RULE,
    "empty [allowlists]": "[allowlists]\n" + RULE,
    "one [allowlists]": "[allowlists]\nregexes = ['zz']\n" + RULE,
    "allowlists = ''": "allowlists = ''\n" + RULE,
    "one [rules]": RULE.replace("[[rules]]", "[rules]"),
    "rules = ''": "rules = ''",
    "inline rules": "rules = [{ id = 'tok', regex = 'tok' }]",
    "extend = {}": "extend = {}\n" + RULE,
    "one [rules.allowlists]": RULE + "[rules.allowlists]\nregexes = ['zz']\n",
    "rule allowlists = {}": RULE + "allowlists = {}\n",
    "rule allowlists = [] and [allowlist]": RULE + "allowlists = []\n[rules.allowlist]\nregexes = ['zz']\n",
    "group 0.9": RULE + "secretGroup = 0.9\n",
    "group ''": RULE + "secretGroup = ''\n",
    "group '0x0'": RULE + "secretGroup = '0x0'\n",
    "group '0_0'": RULE + "secretGroup = '0_0'\n",
    "entropy true": RULE + "entropy = true\n",
    "entropy ''": RULE + "entropy = ''\n",
    "entropy '1_0'": RULE + "entropy = '1_0'\n",
    "entropy nan": RULE + "entropy = nan\n",
    "entropy -inf": RULE + "entropy = -inf\n",
    "entropy '0x1p-2'": RULE + "entropy = '0x1p-2'\n",
    "entropy 'Infinity'": RULE + "entropy = 'Infinity'\n",
    "entropy -1": RULE + "entropy = -1\n",
    "skipReport 'true'": RULE + "skipReport = 'true'\n",
    "skipReport 'T'": RULE + "skipReport = 'T'\n",
    "skipReport ''": RULE + "skipReport = ''\n",
    "skipReport 1": RULE + "skipReport = 1\n",
    "skipReport 0.5": RULE + "skipReport = 0.5\n",
    "id 3": "[[rules]]\nid = 3\nregex = 'tok_'\n",
    "id true": "[[rules]]\nid = true\nregex = 'tok_'\n",
    "id inf": "[[rules]]\nid = inf\nregex = 'tok_'\n",
    "keywords 3": RULE + "keywords = 3\n",
    "keywords mixed": RULE + "keywords = [1, 'tok', true]\n",
    "keywords {}": RULE + "keywords = {}\n",
    "keywords ''": RULE + "keywords = ''\n",
    "keywords 'a, tok'": RULE + "keywords = 'a, tok'\n",
    "stopwords ['']": RULE + ALLOW + "stopwords = ['']\n",
    "commits ['']": RULE + ALLOW + "commits = ['']\n",
    "paths ['']": RULE + ALLOW + "paths = ['']\n",
    "condition &&": RULE + ALLOW + "condition = '&&'\nregexes = ['tok']\n",
    "condition aNd": RULE + ALLOW + "condition = 'aNd'\nregexes = ['tok']\n",
    "regexTarget ''": RULE + ALLOW + "regexTarget = ''\nregexes = ['tok']\n",
    "regexes 'a,b'": RULE + ALLOW + "regexes = 'zz,tok'\n",
    "one required": RULE + "required = { id = 'tok' }\n",
    "withinLines -1": RULE + "required = [{ id = 'tok', withinLines = -1 }]\n",
    "withinLines ''": RULE + "required = [{ id = 'tok', withinLines = '' }]\n",
    "minVersion ''": "minVersion = ''\n" + RULE,
    "minVersion 8": "minVersion = 8\n" + RULE,
    "minVersion 99.5": "minVersion = 99.5\n" + RULE,
    "minVersion of five parts": "minVersion = '8.1.1.1.1'\n" + RULE,
    "minVersion pre-release": "minVersion = 'v8.30.1-rc1'\n" + RULE,
    "minVersion build": "minVersion = '8.30.1+b'\n" + RULE,
    "empty [minVersion]": "[minVersion]\n" + RULE,
    "empty [title]": "[title]\n" + RULE,
    "CRLF": RULE.replace("\n", "\r\n"),
    "keys in two cases": RULE + "ID = 'q'\n",
    "targetRules []": "[[allowlists]]\ntargetRules = []\nregexes = ['tok']\n" + RULE,
    "targetRules in [allowlist]": "[allowlist]\ntargetRules = ['tok']\nregexes = ['tok']\n" + RULE,
    "unknown disabledRules": "[extend]\nuseDefault = true\ndisabledRules = ['zork']\n",
    "extend.url": "[extend]\nurl = 'https://example.invalid/x'\n" + RULE,
    "own keys": RULE
    + "remediation = 'x'\nseverity = 'low'\nexamples = ['a', ['b', 'c']]\nregexEngine = 're2'\nverify = 1\n",
}

REFUSED = {
    "not TOML": "[[rules]\n",
    "[allowlist] checks nothing": "[allowlist]\ndescription = 'x'\n" + RULE,
    "allowlists of text": "allowlists = 'x'\n" + RULE,
    "[allowlist] and [[allowlists]]": "[allowlist]\npaths=['a']\n[[allowlists]]\npaths=['a']\n" + RULE,
    "[[allowlist]]": "[[allowlist]]\nregexes = ['zz']\n" + RULE,
    "rules = 'x'": "rules = 'x'",
    "rules = 3": "rules = 3",
    "rules = [3]": "rules = [3]",
    "rules = ['']": "rules = ['']",
    "rules = [[]]": "rules = [[]]",
    "rules = false": "rules = false",
    "rules = [{}]": "rules = [{}]",
    "rules nested": "rules = [[{ id = 'tok', regex = 'tok_' }]]",
    "[[extend]]": "[[extend]]\nuseDefault = true\n" + RULE,
    "extend = ''": "extend = ''\n" + RULE,
    "extend twice": "[extend]\nuseDefault = true\npath = 'b.toml'\n",
    "extend of nothing": "[extend]\npath = 'missing.toml'\n",
    "rule allowlist empty": RULE + "[rules.allowlist]\n",
    "rule [[allowlist]]": RULE + "[[rules.allowlist]]\nregexes = ['zz']\n",
    "rule allowlists [{}]": RULE + "allowlists = [{}]\n",
    "rule allowlist ''": RULE + "allowlist = 'x'\n",
    "rule both allowlists": RULE + "allowlist = { paths = ['a'] }\n" + ALLOW + "paths = ['a']\n",
    "group true": RULE + "secretGroup = true\n",
    "group ' 0'": RULE + "secretGroup = ' 0'\n",
    "group '010' is octal": RULE + "secretGroup = '010'\n",
    "group []": RULE + "secretGroup = []\n",
    "group {}": RULE + "secretGroup = {}\n",
    "group too large": RULE + "secretGroup = 99999999999999999999\n",
    "entropy 'x'": RULE + "entropy = 'x'\n",
    "entropy ' 1'": RULE + "entropy = ' 1'\n",
    "entropy '1e999'": RULE + "entropy = '1e999'\n",
    "entropy []": RULE + "entropy = []\n",
    "skipReport 'yes'": RULE + "skipReport = 'yes'\n",
    "skipReport []": RULE + "skipReport = []\n",
    "id []": "[[rules]]\nid = []\nregex = 'tok_'\n",
    "id {}": "[[rules]]\nid = {}\nregex = 'tok_'\n",
    "id a date": "[[rules]]\nid = 2020-01-01\nregex = 'tok_'\n",
    "id blank": "[[rules]]\nid = ' '\nregex = 'tok_'\n",
    "id absent": "[[rules]]\nregex = 'tok_'\n",
    "no regex, no path": "[[rules]]\nid = 'a'\npath = ''\n",
    "keywords { a = 1 }": RULE + "keywords = { a = 1 }\n",
    "keywords [['tok']]": RULE + "keywords = [['tok']]\n",
    "condition xor": RULE + ALLOW + "condition = 'xor'\nregexes = ['tok']\n",
    "condition ' and'": RULE + ALLOW + "condition = ' and'\nregexes = ['tok']\n",
    "condition true": RULE + ALLOW + "condition = true\nregexes = ['tok']\n",
    "regexTarget LINE": RULE + ALLOW + "regexTarget = 'LINE'\nregexes = ['tok']\n",
    "regexes ''": RULE + ALLOW + "regexes = ''\n",
    "required 'tok'": RULE + "required = 'tok'\n",
    "required ['tok']": RULE + "required = ['tok']\n",
    "required without id": RULE + "required = [{ withinLines = 1 }]\n",
    "required unknown": RULE + "required = [{ id = 'zork' }]\n",
    "withinLines 'x'": RULE + "required = [{ id = 'tok', withinLines = 'x' }]\n",
    "minVersion V8": "minVersion = 'V8.1'\n" + RULE,
    "minVersion 8.30.2rc1": "minVersion = '8.30.2rc1'\n" + RULE,
    "minVersion ' 8'": "minVersion = ' 8'\n" + RULE,
    "minVersion 8.": "minVersion = '8.'\n" + RULE,
    "minVersion 8-": "minVersion = '8.30.1-'\n" + RULE,
    "minVersion too large": "minVersion = '9999999999999999999'\n" + RULE,
    "minVersion []": "minVersion = []\n" + RULE,
    "[title] a": "[title]\na = 1\n" + RULE,
    "description ['a']": "description = ['a']\n" + RULE,
    "lone CR": RULE.replace("\n", "\r"),
    "key twice": RULE + "id = 'q'\n",
    "unknown target": "[[allowlists]]\ntargetRules = 'tok,zork'\nregexes = ['tok']\n" + RULE,
    "target ''": "[[allowlists]]\ntargetRules = ['']\nregexes = ['tok']\n" + RULE,
    "regex []": "[[rules]]\nid = 'a'\nregex = ['tok']\n",
    "bad regex": "[[rules]]\nid = 'a'\nregex = 'a(b'\n",
    "bad path": "[[rules]]\nid = 'a'\npath = 'a(b'\n",
    "bad allowlist path": RULE + ALLOW + "paths = ['a(b']\n",
    "bad allowlist regex": "[[allowlists]]\nregexes = ['a(b']\n" + RULE,
    "bad regex of a rule defined again": "[[rules]]\nid = 'tok'\nregex = 'a(b'\n" + RULE,
    "look-around": "[[rules]]\nid = 'a'\nregex = 'a(?=b)'\n",
}

# What Gitleaks does, where we differ on purpose.
OURS_ACCEPTS = {
    "byte order mark": "\ufeff" + RULE,
    "open \\Q in an allowlist": RULE + ALLOW + "regexes = ['\\Qzz', 'yy']\n",
    "required rule extended": "[extend]\npath='b.toml'\n" + RULE + "required = { id = 'base' }\n",
}
OURS_REFUSES = {
    "group below 0": RULE + "secretGroup = -1\n",
    "group inf": RULE + "secretGroup = inf\n",
    "group 1e30": RULE + "secretGroup = 1e30\n",
    "remediation 3": RULE + "remediation = 3\n",
    "check zork": RULE + "check = 'zork'\n",
    "check 3": RULE + "check = 3\n",
    "severity urgent": RULE + "severity = 'urgent'\n",
    "severity High": RULE + "severity = 'High'\n",
    "severity 3": RULE + "severity = 3\n",
    "examples 'a'": RULE + "examples = 'a'\n",
    "examples [1]": RULE + "examples = [1]\n",
    "examples [[1]]": RULE + "negative_examples = [[1]]\n",
    "regexEngine pcre": RULE + "regexEngine = 'pcre'\n",
    "extends itself": "[extend]\npath = 'self.toml'\n" + RULE,
}
FILES = {"b.toml": "[[rules]]\nid = 'base'\nregex = 'x'\n", "self.toml": "[extend]\npath = 'self.toml'\n"}

Load = Callable[..., Config]


@pytest.mark.parametrize("name", [*ACCEPTED, *OURS_ACCEPTS])
def test_accepted(load: Load, name: str) -> None:
    text = (ACCEPTED | OURS_ACCEPTS)[name]
    if text.startswith("\ufeff"):  # taken off where a file is read
        text = text[1:]
    assert isinstance(load(text, FILES), Config)


@pytest.mark.parametrize("name", [*REFUSED, *OURS_REFUSES])
def test_refused_in_one_line(load: Load, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load((REFUSED | OURS_REFUSES)[name], FILES)
    message = str(caught.value)
    assert message.isprintable()
    assert message.split(":")[0] in {"c.toml", "self.toml", "missing.toml"}
    assert caught.value.reason


@pytest.mark.slow
def test_the_table_is_what_gitleaks_does(
    gitleaks: Callable[[str, bytes], object], tmp_path: object, load: Load
) -> None:
    load("", FILES)
    for name, text in (ACCEPTED | OURS_REFUSES).items():
        assert gitleaks(text, b"nothing") is not None, name
    for name, text in (REFUSED | OURS_ACCEPTS).items():
        assert gitleaks(text, b"nothing") is None, name


def test_invalid_unicode_in_a_text(tmp_path: object) -> None:
    with pytest.raises(ConfigError, match="UTF-8"):
        load_text("title = '\udce9'", "GITLEAKS_CONFIG_TOML", cwd=tmp_path)  # type: ignore[arg-type]
