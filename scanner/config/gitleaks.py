"""Gitleaks' config format: the text of one file becomes rules and allowlists, not yet extended or checked.

The keys are Gitleaks 8.30.1's and a few of our own, which Gitleaks ignores: under ``[[rules]]`` regexEngine,
check, severity, remediation, examples and negative_examples, in allowlists within. Unknown keys are ignored,
as Gitleaks does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scanner.config.source import header_lines, read_toml
from scanner.config.values import Place, Table, one_line
from scanner.model import Allowlist, RegexEngine, RegexTarget, Required, Rule, Severity


@dataclass(frozen=True, slots=True)
class Extend:
    """The ``[extend]`` table: which config this one builds on."""

    use_default: bool = False
    path: str = ""
    url: str = ""
    disabled_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedRule:
    """A rule as one file has it; possibly only what it changes in the rule that it extends.

    Attributes:
        given: which of skipReport, required and regexEngine the file sets; for the other keys an empty
            value says that it does not.
        trusted: it is built in, and tests hold that its patterns compile.
    """

    rule: Rule
    given: frozenset[str] = frozenset()
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Targeted:
    """A global allowlist that counts for some rules alone (``targetRules``).

    Attributes:
        inherited: it stands in an extended file, where Gitleaks drops it.
    """

    allowlist: Allowlist
    rule_ids: frozenset[str]
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What one file says.

    Attributes:
        name: the file as users know it.
        rules: in the file's order; an id may occur twice.
        trusted: it is built in, as in `ParsedRule`.
    """

    name: str
    title: str = ""
    description: str = ""
    min_version: str = ""
    extend: Extend = Extend()
    rules: tuple[ParsedRule, ...] = ()
    allowlists: tuple[Allowlist, ...] = ()
    targeted: tuple[Targeted, ...] = ()
    trusted: bool = False


def parse(text: str, name: str, *, trusted: bool = False) -> ConfigFile:
    """Read a config's text.

    Args:
        text: TOML.
        name: what errors and ``origin`` call it.
        trusted: it is part of the built-in pack.

    Raises:
        ConfigError: it is not TOML, or a value is of the wrong type or one that Gitleaks does not know.
    """
    top = _top(read_toml(text, name), Place(name))
    rules, allowlists = top.tables("rules"), top.tables("allowlists")
    lines = header_lines(text, {"rules": len(rules), "allowlists": len(allowlists)})
    if "allowlist" in top:
        if allowlists:
            raise top.place.error(
                "[allowlist] is deprecated and not allowed beside [[allowlists]]; join them"
            )
        allowlists, lines["allowlists"] = [top.table("allowlist")], [0]
    parsed = [
        _rule(table.at(line=line), n)
        for n, (table, line) in enumerate(zip(rules, lines["rules"], strict=True), 1)
    ]
    entries = [
        _targeted(table.at(line=line)) for table, line in zip(allowlists, lines["allowlists"], strict=True)
    ]
    return ConfigFile(
        name=name,
        title=top.text("title"),
        description=top.text("description"),
        min_version=top.text("minVersion"),
        extend=_extend(top.table("extend")),
        rules=tuple(replace(rule, trusted=trusted) for rule in parsed),
        allowlists=tuple(entry.allowlist for entry in entries if not entry.rule_ids),
        targeted=tuple(entry for entry in entries if entry.rule_ids),
        trusted=trusted,
    )


def _top(tables: Mapping[str, object], place: Place) -> Table:
    """The whole document. Viper drops empty tables outside lists, so ``[allowlist]`` alone is no error."""
    kept = {}
    for key, value in tables.items():
        inner = {k: v for k, v in value.items() if v != {}} if isinstance(value, dict) else value
        if inner != {}:
            kept[key] = inner
    return Table(kept, place)


def _extend(table: Table) -> Extend:
    extend = Extend(
        table.flag("useDefault"), table.text("path"), table.text("url"), table.texts("disabledRules")
    )
    if extend.path and extend.use_default:
        raise table.place.error("[extend] sets both path and useDefault; keep one")
    return extend


def _rule(table: Table, number: int) -> ParsedRule:
    """The `number`-th rule of a file, counted from 1."""
    rule_id = table.text("id")
    if not rule_id.strip():
        raise table.place.error(f"rule {number} of the file has no id; give it one")
    table = table.at(rule_id=rule_id)
    rule = Rule(
        id=rule_id,
        description=table.text("description"),
        regex=table.text("regex"),
        path=table.text("path"),
        secret_group=table.whole("secretGroup"),
        entropy=table.number("entropy"),
        keywords=_lowered(table.texts("keywords")),
        tags=table.texts("tags"),
        skip_report=table.flag("skipReport"),
        allowlists=_rule_allowlists(table),
        required=tuple(_required(entry) for entry in table.tables("required")),
        regex_engine=table.exactly("regexEngine", _engine, '"re2" or "regex"', "re2"),
        check=table.exactly("check", _check, "the name of an offline check", ""),
        severity=table.exactly("severity", _severity, "critical, high, medium or low", ""),
        remediation=table.exactly("remediation", _own_text, "a string", ""),
        examples=table.exactly("examples", _examples, _EXAMPLES, ()),
        negative_examples=table.exactly("negative_examples", _examples, _EXAMPLES, ()),
        origin=table.place.file,
        line=table.place.line,
    )
    if rule.secret_group < 0:
        raise table.place.error(
            "secretGroup is below 0; groups count from 1, and 0 takes the first that is set"
        )
    given = frozenset(key for key in ("skipReport", "required", "regexEngine") if key in table)
    return ParsedRule(rule, given)


def _rule_allowlists(table: Table) -> tuple[Allowlist, ...]:
    entries = table.tables("allowlists")
    if "allowlist" in table:
        if entries:
            reason = "[rules.allowlist] is deprecated and not allowed beside [[rules.allowlists]]; join them"
            raise table.place.error(reason)
        return (_allowlist(table.table("allowlist"), "[rules.allowlist]"),)
    return tuple(_allowlist(entry, "[[rules.allowlists]]") for entry in entries)


def _targeted(table: Table) -> Targeted:
    return Targeted(_allowlist(table, "[[allowlists]]"), frozenset(table.texts("targetRules")))


def _allowlist(table: Table, header: str) -> Allowlist:
    condition = table.text("condition")
    if condition.upper() not in _CONDITIONS:
        raise table.place.error(f"{header} condition is '{one_line(condition)}'; use AND or OR")
    allowlist = Allowlist(
        description=table.text("description"),
        match_all=_CONDITIONS[condition.upper()],
        commits=frozenset(commit.strip().lower() for commit in table.texts("commits")),
        paths=table.texts("paths"),
        regexes=table.texts("regexes"),
        regex_target=_target(table, header),
        stopwords=_lowered(table.texts("stopwords")),
        within=table.texts("within"),
        origin=table.place.file,
        line=table.place.line,
    )
    given = (allowlist.commits, allowlist.paths, allowlist.regexes, allowlist.stopwords, allowlist.within)
    if not any(given):
        reason = "checks nothing; give it at least one of commits, paths, regexes, stopwords"
        raise table.place.error(f"{header} {reason}")
    return allowlist


_CONDITIONS = {"AND": True, "&&": True, "OR": False, "||": False, "": False}


def _target(table: Table, header: str) -> RegexTarget:
    target = table.text("regexTarget")
    if target not in _TARGETS:
        reason = f"{header} regexTarget is '{one_line(target)}'; use secret, match or line (in lower case)"
        raise table.place.error(reason)
    return _TARGETS[target]


_TARGETS: dict[str, RegexTarget] = {"": "secret", "secret": "secret", "match": "match", "line": "line"}


def _required(table: Table) -> Required:
    required = Required(
        table.text("id"),
        table.whole("withinLines") if "withinLines" in table else None,
        table.whole("withinColumns") if "withinColumns" in table else None,
    )
    if not required.id:
        raise table.place.error("[[rules.required]] has no id; name the rule that is required")
    return required


def _lowered(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.lower() for word in words))


def _engine(value: object) -> RegexEngine:
    if value == "re2":
        return "re2"
    if value == "regex":
        return "regex"
    raise ValueError


def _own_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError


CHECKS = frozenset(
    {
        *("1password", "age", "aws", "azure-storage", "discord", "gcp", "github", "gitlab", "grafana"),
        *("grafana-cloud", "jwt", "mapbox", "near", "nostr", "npm", "private-key", "pypi", "sentry"),
        *("slack", "stellar", "stripe", "telegram", "uuid", "vercel", "wireguard", "zuplo"),
    }
)
"""The checks of `scanner.detect.checks`, which a config must not import; a test holds that they are all."""


def _check(value: object) -> str:
    if value not in CHECKS:
        raise ValueError
    return _own_text(value)


def _severity(value: object) -> Severity:
    return _SEVERITIES[_own_text(value)]


_SEVERITIES: dict[str, Severity] = {"critical": "critical", "high": "high", "medium": "medium", "low": "low"}

_EXAMPLES = "a list of strings, or of lists of strings that are joined"


def _examples(value: object) -> tuple[str, ...]:
    """Each is a string, or the parts of one: so that the file itself holds no secret."""
    if not isinstance(value, list):
        raise ValueError
    return tuple(
        "".join(_own_text(part) for part in item) if isinstance(item, list) else _own_text(item)
        for item in value
    )
