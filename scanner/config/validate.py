"""What a config must hold beyond its format: patterns compile, groups exist, ids that are named exist."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from scanner._version import __version__
from scanner.config.gitleaks import ConfigFile, ParsedRule, Targeted
from scanner.config.saved import Store
from scanner.config.values import Place, one_line
from scanner.errors import PatternError
from scanner.model import Allowlist, RegexEngine, Rule
from scanner.regexp import Pattern, compile_pattern

GITLEAKS_VERSION = (8, 30, 1)
"""The version of Gitleaks whose configs are understood in full."""


COMPILE_SECONDS = 10
"""CPU time for the patterns of one file. The stock config takes 0.05 s; a hostile one could take hours."""


def check_file(file: ConfigFile, store: Store | None = None) -> tuple[str, ...]:
    """Check what can be told of a file without what it extends.

    Gitleaks compiles every pattern of every file, also those that an extending rule overrides.

    Args:
        store: remembers that these patterns compile, which otherwise takes longer than a small scan.

    Returns:
        Warnings, one line each.

    Raises:
        ConfigError: a pattern does not compile, all together take too long to, or minVersion is no version.
    """
    warnings = list(_check_version(file))
    if file.extend.url:
        warnings.append("[extend] url has no effect (nor has it in Gitleaks); use path")
    if file.extend.disabled_rules and not (file.extend.use_default or file.extend.path):
        warnings.append("[extend] disabledRules has no effect without useDefault or path")
    repeated = Counter(parsed.rule.id for parsed in file.rules)
    warnings += [
        f"rule {one_line(rule_id)} is defined more than once; the last one counts"
        for rule_id, times in repeated.items()
        if times > 1
    ]
    if not file.trusted:
        _check_patterns(file, store)
    return tuple(f"{one_line(file.name)}: {warning}" for warning in warnings)


def check_rules(rules: Iterable[ParsedRule]) -> None:
    """Check rules after extension.

    Raises:
        ConfigError: a rule has nothing to match, or fewer groups than its secretGroup.
    """
    for parsed in rules:
        rule = parsed.rule
        if not rule.regex and not rule.path:
            reason = (
                "has neither regex nor path, so it can never match; set one (or the id of an extended rule)"
            )
            raise place_of(rule).error(reason)
        told_apart = (
            rule.secret_group or "regexEngine" in parsed.given
        )  # else its own file's check was enough
        if rule.regex and told_apart and not parsed.trusted:
            place = place_of(rule)
            groups = _compile(rule.regex, place, "regex", rule.regex_engine).groups
            if rule.secret_group > groups:
                raise place.error(f"secretGroup is {rule.secret_group}, but regex has {_counted(groups)}")


def check_required(rules: Mapping[str, ParsedRule], disabled: frozenset[str]) -> tuple[str, ...]:
    """Check that the rules that others require exist.

    Args:
        disabled: ids that disabledRules took out; to require one is worth a warning only.

    Returns:
        Warnings, one line each.

    Raises:
        ConfigError: a rule requires one that is nowhere.
    """
    warnings = []
    for rule in (parsed.rule for parsed in rules.values()):
        for rule_id in (required.id for required in rule.required):
            if rule_id in disabled:
                warnings.append(unmet(rule, rule_id))
            elif rule_id not in rules:
                reason = f"[[rules.required]] names '{one_line(rule_id)}', but no rule has that id"
                raise place_of(rule).error(reason)
    return tuple(warnings)


def check_targets(
    targeted: Iterable[Targeted], rules: Mapping[str, ParsedRule], disabled: frozenset[str]
) -> tuple[str, ...]:
    """Check that the rules that allowlists name in targetRules exist.

    Returns:
        Warnings, one line each: Gitleaks does not mind unknown ids in extended files.

    Raises:
        ConfigError: an allowlist of the outermost file names an unknown rule.
    """
    warnings = []
    for entry in targeted:
        place = Place(entry.allowlist.origin, entry.allowlist.line)
        for rule_id in sorted(entry.rule_ids - rules.keys()):
            reason = f"[[allowlists]] targetRules names '{one_line(rule_id)}', but no rule has that id"
            if not entry.inherited:
                raise place.error(reason)
            if rule_id not in disabled:
                warnings.append(str(place.error(reason)))
    return tuple(warnings)


def unmet(rule: Rule, required_id: str) -> str:
    """The warning that `rule` can never match, since the rule that it requires was taken out."""
    reason = f"requires '{one_line(required_id)}', which is disabled, so it will never match"
    return str(place_of(rule).error(reason))


def place_of(rule: Rule) -> Place:
    """Where a rule was written."""
    return Place(rule.origin, rule.line, rule.id)


def _check_patterns(file: ConfigFile, store: Store | None) -> None:
    patterns = list(_patterns(file))
    digest = _digest((pattern, engine) for pattern, _, _, engine in patterns) if store else ""
    if store and store.load(digest) is not None:
        return
    start = time.process_time()
    for pattern, place, key, engine in patterns:
        _compile(pattern, place, key, engine)
        if time.process_time() - start > COMPILE_SECONDS:
            reason = f"the patterns up to here take more than {COMPILE_SECONDS} s to compile; simplify them"
            raise place.error(reason)
    if store:
        store.save(digest, b"")  # the name says all; patterns may hold secrets that they allow


def _digest(patterns: Iterable[tuple[str, RegexEngine]]) -> str:
    """A name for these patterns that nobody can make others to, since those would not be checked."""
    import hashlib  # which the built-in pack has no need of

    whole = json.dumps([__version__, *patterns])
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _patterns(file: ConfigFile) -> Iterator[tuple[str, Place, str, RegexEngine]]:
    """Every pattern of a file: with its place, its key, and the engine that runs it."""
    for rule in (parsed.rule for parsed in file.rules):
        place = place_of(rule)
        if rule.regex:
            yield rule.regex, place, "regex", rule.regex_engine
        if rule.path:
            yield rule.path, place, "path", "re2"
        for allowlist in rule.allowlists:
            yield from _allowlist_patterns(allowlist, place, "[[rules.allowlists]]")
    for allowlist in (*file.allowlists, *(entry.allowlist for entry in file.targeted)):
        yield from _allowlist_patterns(allowlist, Place(allowlist.origin, allowlist.line), "[[allowlists]]")


def _allowlist_patterns(
    allowlist: Allowlist, place: Place, header: str
) -> Iterator[tuple[str, Place, str, RegexEngine]]:
    for pattern in allowlist.paths:
        yield pattern, place, f"{header} paths", "re2"
    for pattern in allowlist.regexes:
        yield pattern, place, f"{header} regexes", "re2"
    for pattern in allowlist.within:
        yield pattern, place, f"{header} within", "re2"


def _compile(pattern: str, place: Place, key: str, engine: RegexEngine) -> Pattern:
    try:
        return compile_pattern(pattern, engine)
    except PatternError as error:
        hint = ""
        if engine == "re2" and _PERL_ONLY.search(pattern):
            hint = "; RE2 has no look-around or backreferences"
            hint += ', set regexEngine = "regex" in this rule' if key == "regex" else ""
        raise place.error(f"{key} is not a valid pattern: {one_line(str(error))}{hint}") from None


_PERL_ONLY = re.compile(r"\(\?<?[=!]|\(\?>|\\[1-9]")


def _check_version(file: ConfigFile) -> Iterator[str]:
    if not file.min_version:
        return
    match = _SEMVER.fullmatch(file.min_version)
    numbers = [int(part) for part in match[1].split(".")] if match else [2**63]
    if max(numbers) >= 2**63:
        reason = f"minVersion '{one_line(file.min_version)}' is not a version such as 8.30.1"
        raise Place(file.name).error(reason)
    while numbers[-1:] == [0]:
        numbers.pop()
    if tuple(numbers) > GITLEAKS_VERSION:
        current = ".".join(map(str, GITLEAKS_VERSION))
        version = one_line(file.min_version)
        yield f"minVersion is {version}; what Gitleaks added after {current} is not understood"


# As the version library that Gitleaks uses: numbers, then a pre-release after "-", build data after "+".
_SEMVER = re.compile(
    r"v?([0-9]{1,20}(?:\.[0-9]{1,20})*)"
    r"(?:-[0-9A-Za-z~-]+(?:\.[0-9A-Za-z~-]+)*)?"
    r"(?:\+[0-9A-Za-z~-]+(?:\.[0-9A-Za-z~-]+)*)?"
)


def _counted(groups: int) -> str:
    return {0: "no groups", 1: "1 group"}.get(groups, f"{groups} groups")
