"""``[extend]``: a config and everything that it builds on become one, as Gitleaks merges them.

Better than Gitleaks: skipReport and required of the extending rule apply, targetRules of an extended file
apply, and a chain of configs is followed up to a limit, past which it is refused, not cut off.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from scanner.config.builtin import built_in
from scanner.config.gitleaks import ConfigFile, ParsedRule, Targeted, parse
from scanner.config.saved import Store
from scanner.config.source import read_file
from scanner.config.validate import check_file
from scanner.config.values import Place, one_line
from scanner.model import Allowlist, Rule

MAX_EXTENDED = 8
"""How many configs may stand below the outermost one; Gitleaks silently stops after two."""


@dataclass(frozen=True, slots=True)
class Merged:
    """One or more files as one config.

    Attributes:
        origins: names of the files, outermost first.
        disabled: ids of the rules that disabledRules took out.
    """

    rules: dict[str, ParsedRule]
    allowlists: tuple[Allowlist, ...]
    targeted: tuple[Targeted, ...]
    origins: tuple[str, ...]
    warnings: tuple[str, ...]
    disabled: frozenset[str] = frozenset()


def resolve(file: ConfigFile, cwd: Path, above: tuple[str, ...] = (), store: Store | None = None) -> Merged:
    """Check `file` on its own, load what it extends, and merge.

    Args:
        cwd: folder that extend paths are relative to (Gitleaks: that of the process, not of the file).
        above: real paths of this file and those that extend it, to notice a cycle; empty for a text.
        store: as for `scanner.config.builtin.built_in`.

    Raises:
        ConfigError: from any of the files.
    """
    warnings = check_file(file, store)
    rules = {parsed.rule.id: parsed for parsed in file.rules}
    own = Merged(rules, file.allowlists, file.targeted, (file.name,), warnings)
    if file.extend.use_default:
        return _merge(own, resolve(_untagged(built_in(store)), cwd), file)
    if file.extend.path:
        return _merge(own, _extended(file, cwd, above or (file.name,), store), file)
    return own


def _untagged(pack: ConfigFile) -> ConfigFile:
    """The pack as a config of Gitleaks' expects it: what it builds on has no tags in reports."""
    rules = tuple(replace(parsed, rule=replace(parsed.rule, tags=())) for parsed in pack.rules)
    return replace(pack, rules=rules)


def _extended(file: ConfigFile, cwd: Path, above: tuple[str, ...], store: Store | None) -> Merged:
    name, path = file.extend.path, cwd / file.extend.path
    if len(above) > MAX_EXTENDED:
        raise Place(file.name).error(f"[extend] goes more than {MAX_EXTENDED} files deep; join some of them")
    text = read_file(path, name, extended_by=one_line(file.name))
    real = os.path.realpath(path)
    if real in above:
        raise Place(file.name).error(f"[extend] path '{one_line(name)}' leads back to a file that extends it")
    return resolve(parse(text, name), cwd, (*above, real), store)


def _merge(own: Merged, base: Merged, file: ConfigFile) -> Merged:
    """`own`, which is `file`, over `base`; rules end up sorted by id."""
    disabled = frozenset(file.extend.disabled_rules)
    rules = {rule_id: rule for rule_id, rule in base.rules.items() if rule_id not in disabled}
    for rule_id, rule in own.rules.items():
        rules[rule_id] = _merge_rule(rule, rules[rule_id]) if rule_id in rules else rule
    unknown = tuple(
        f"{one_line(file.name)}: disabledRules names '{one_line(rule_id)}', which the extended config lacks"
        for rule_id in sorted(disabled - base.rules.keys())
    )
    return Merged(
        rules={rule_id: rules[rule_id] for rule_id in sorted(rules)},
        allowlists=own.allowlists + base.allowlists,
        targeted=own.targeted + tuple(replace(entry, inherited=True) for entry in base.targeted),
        origins=own.origins + base.origins,
        warnings=own.warnings + unknown + base.warnings,
        disabled=(base.disabled | disabled & base.rules.keys()) - rules.keys(),
    )


def _merge_rule(own: ParsedRule, base: ParsedRule) -> ParsedRule:
    """The rule `base` with what `own` changes; an empty value or 0 changes nothing, lists are joined.

    Its origin names both files, and its line is in the last one.
    """
    mine, below = own.rule, base.rule
    keeps_engine = not mine.regex and "regexEngine" not in own.given
    rule = Rule(
        id=mine.id,
        description=mine.description or below.description,
        regex=mine.regex or below.regex,
        path=mine.path or below.path,
        secret_group=mine.secret_group or below.secret_group,
        entropy=mine.entropy or below.entropy,
        keywords=tuple(dict.fromkeys(below.keywords + mine.keywords)),
        tags=below.tags + mine.tags,
        skip_report=mine.skip_report if "skipReport" in own.given else below.skip_report,
        allowlists=below.allowlists + mine.allowlists,
        required=mine.required if "required" in own.given else below.required,
        regex_engine=below.regex_engine if keeps_engine else mine.regex_engine,
        # One of another regex does not fit.
        check=mine.check if mine.regex else mine.check or below.check,
        severity=mine.severity or below.severity,
        remediation=mine.remediation or below.remediation,
        # Examples of another regex say nothing of this one.
        examples=mine.examples if mine.regex else below.examples + mine.examples,
        negative_examples=mine.negative_examples
        if mine.regex
        else below.negative_examples + mine.negative_examples,
        origin=f"{below.origin} + {mine.origin}",
        line=mine.line,
    )
    return ParsedRule(rule, own.given | base.given)
