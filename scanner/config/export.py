"""A loaded config as TOML again: for Gitleaks, and for people who want to see where each part came from."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator

from scanner.config.values import one_line
from scanner.model import Allowlist, Config, Required, Rule


def to_gitleaks_toml(config: Config) -> str:
    """One TOML file that Gitleaks 8.30.1 loads with the same meaning.

    What Gitleaks cannot express is left out, with a comment that says so: rules for the `regex` engine,
    rules that require a rule that is not there, and allowlists of what stands within a pattern, so that
    Gitleaks reports more. Our own keys are left out too.
    """
    left_out = _inexpressible(config.rules)
    kept = [rule for rule in config.rules if rule.id not in left_out]
    lines = ["# Rules of leakscan for Gitleaks 8.30.1; this file is generated.", *_head(config)]
    lines += [f"# Left out: rule {one_line(rule_id)} {reason}." for rule_id, reason in left_out.items()]
    for allowlist in config.allowlists:
        lines += ["", *_gitleaks_allowlist("[[allowlists]]", allowlist)]
    for rule in kept:
        lines += ["", "[[rules]]", *_rule(rule)]
        for entry in rule.allowlists:
            lines += _gitleaks_allowlist("[[rules.allowlists]]", entry)
    return "\n".join(lines) + "\n"


def describe(config: Config) -> str:
    """The resolved config as TOML, each rule and allowlist under a comment that says where it came from."""
    lines = [f"# Built from: {', '.join(map(one_line, config.origins))}"]
    lines += [f"# Warning: {one_line(warning)}" for warning in config.warnings]
    lines += _head(config)
    for allowlist in config.allowlists:
        lines += ["", *_described("[[allowlists]]", allowlist)]
    for rule in config.rules:
        lines += ["", _came_from(rule), "[[rules]]", *_rule(rule), *_own_keys(rule)]
        for entry in rule.allowlists:
            lines += _described("[[rules.allowlists]]", entry)
    return "\n".join(lines) + "\n"


def _inexpressible(rules: Iterable[Rule]) -> dict[str, str]:
    """Why rules cannot be in a Gitleaks config, by id."""
    left_out = {
        rule.id: "needs the regex engine (regexEngine), which Gitleaks does not have"
        for rule in rules
        if rule.regex_engine == "regex"
    }
    remaining = {rule.id: rule for rule in rules if rule.id not in left_out}
    while unmet := [r for r in remaining.values() if any(q.id not in remaining for q in r.required)]:
        for rule in unmet:
            left_out[rule.id] = "requires a rule that is not in this file"
            del remaining[rule.id]
    return left_out


def _gitleaks_allowlist(header: str, allowlist: Allowlist) -> list[str]:
    """The part of `allowlist` that Gitleaks can check; a comment where that is none."""
    others = (allowlist.commits, allowlist.paths, allowlist.regexes, allowlist.stopwords)
    if allowlist.within and (allowlist.match_all or not any(others)):
        name = one_line(allowlist.description or allowlist.origin)
        return [f"# Left out: allowlist ({name}) asks what the secret stands within, which Gitleaks cannot."]
    return [header, *_allowlist(allowlist, _alone)]


def _came_from(part: Rule | Allowlist) -> str:
    return f"# from {one_line(part.origin)}" + (f", line {part.line}" if part.line else "")


def _head(config: Config) -> Iterator[str]:
    yield from _text("title", config.title)
    yield from _text("description", config.description)
    yield from _text("minVersion", config.min_version)


def _rule(rule: Rule) -> Iterator[str]:
    yield from _text("id", rule.id)
    yield from _text("description", rule.description)
    yield from _pattern("regex", rule.regex)
    yield from _pattern("path", rule.path)
    if rule.secret_group:
        yield f"secretGroup = {rule.secret_group}"
    if rule.entropy:
        yield f"entropy = {rule.entropy if math.isfinite(rule.entropy) else str(rule.entropy)}"
    yield from _list("keywords", map(_quoted, rule.keywords))
    yield from _list("tags", map(_quoted, rule.tags))
    if rule.skip_report:
        yield "skipReport = true"
    yield from _list("required", map(_required, rule.required), multiline=True)


def _own_keys(rule: Rule) -> Iterator[str]:
    """Keys that Gitleaks does not know; without the examples, which look like secrets on purpose."""
    if rule.regex_engine != "re2":
        yield from _text("regexEngine", rule.regex_engine)
    yield from _text("check", rule.check)
    yield from _text("severity", rule.severity)
    yield from _text("remediation", rule.remediation)


def _allowlist(allowlist: Allowlist, written: Callable[[str], str]) -> Iterator[str]:
    """`written` makes a pattern a TOML string."""
    yield from _text("description", allowlist.description)
    if allowlist.match_all:
        yield 'condition = "AND"'
    yield from _list("commits", map(_quoted, sorted(allowlist.commits)), multiline=True)
    yield from _list("paths", map(written, allowlist.paths), multiline=True)
    if allowlist.regex_target != "secret":
        yield from _text("regexTarget", allowlist.regex_target)
    yield from _list("regexes", map(written, allowlist.regexes), multiline=True)
    yield from _list("stopwords", map(_quoted, allowlist.stopwords), multiline=True)


def _described(header: str, allowlist: Allowlist) -> Iterator[str]:
    """All of `allowlist`, also the key that Gitleaks does not know."""
    yield from (_came_from(allowlist), header, *_allowlist(allowlist, _literal))
    yield from _list("within", map(_literal, allowlist.within), multiline=True)


def _text(key: str, text: str) -> Iterator[str]:
    if text:
        yield f"{key} = {_quoted(text)}"


def _pattern(key: str, pattern: str) -> Iterator[str]:
    if pattern:
        yield f"{key} = {_literal(pattern)}"


def _list(key: str, items: Iterable[str], *, multiline: bool = False) -> Iterator[str]:
    shown = list(items)
    if multiline and len(shown) > 1:
        yield f"{key} = ["
        yield from (f"    {item}," for item in shown)
        yield "]"
    elif shown:
        yield f"{key} = [{', '.join(shown)}]"


def _required(required: Required) -> str:
    fields = [f"id = {_quoted(required.id)}"]
    if required.within_lines is not None:
        fields.append(f"withinLines = {required.within_lines}")
    if required.within_columns is not None:
        fields.append(f"withinColumns = {required.within_columns}")
    return f"{{ {', '.join(fields)} }}"


def _quoted(text: str) -> str:
    """A TOML basic string. JSON's escapes are TOML's; only DEL must be escaped in TOML and not in JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _literal(pattern: str) -> str:
    """A TOML literal string where it can hold the pattern as it is, else a basic one."""
    if "'''" in pattern or pattern.endswith("'") or _CONTROL.search(pattern):
        return _quoted(pattern)
    return f"'''{pattern}'''"


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _alone(pattern: str) -> str:
    r"""An allowlist's pattern so that it stays apart from its neighbours.

    Gitleaks joins them with ``|``, where an inline flag or an open ``\Q`` would reach into the next.
    """
    if "\\Q" in re.sub(r"(?s)\\Q.*?\\E|\\[^Q]", "", pattern):
        pattern += "\\E"
    return _literal(f"(?:{pattern})" if _INLINE_FLAGS.search(pattern) else pattern)


_INLINE_FLAGS = re.compile(r"\(\?[imsU-]+\)")
