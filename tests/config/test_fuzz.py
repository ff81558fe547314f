"""Whatever a config holds, it loads or is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.config import load_text
from scanner.config.export import describe, to_gitleaks_toml
from scanner.errors import ConfigError

KEYS = [
    "id",
    "description",
    "regex",
    "path",
    "secretGroup",
    "entropy",
    "keywords",
    "tags",
    "skipReport",
    "allowlists",
    "allowlist",
    "required",
    "withinLines",
    "withinColumns",
    "condition",
    "commits",
    "paths",
    "regexes",
    "regexTarget",
    "stopwords",
    "targetRules",
    "title",
    "minVersion",
    "extend",
    "useDefault",
    "url",
    "disabledRules",
    "rules",
    "regexEngine",
    "check",
    "severity",
    "remediation",
    "examples",
    "negative_examples",
]
WORDS = [
    "",
    "a",
    "tok",
    "(a)",
    "a(",
    "a(?=b)",
    "AND",
    "line",
    "8.1",
    "99.0",
    "-1",
    "2.5",
    "true",
    "x.toml",
    "\x00",
    "é\n",
]

keys = st.sampled_from(KEYS) | st.sampled_from(KEYS).map(str.upper) | st.text(max_size=3)
scalars = (
    st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.integers()
    | st.sampled_from([2**63, -(2**64), 10**400, 0, 1])
    | st.floats()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=12,
)
likely_lists = st.lists(st.sampled_from(WORDS), max_size=3)
likely_allowlist = st.fixed_dictionaries(
    {"regexes": likely_lists}, optional={"condition": st.sampled_from(WORDS), "targetRules": likely_lists}
)
likely_rule = st.fixed_dictionaries(
    {"id": st.sampled_from(WORDS), "regex": st.sampled_from(WORDS)},
    optional={
        "secretGroup": scalars,
        "entropy": scalars,
        "keywords": values,
        "allowlists": st.lists(likely_allowlist, max_size=2),
        "required": st.lists(st.fixed_dictionaries({"id": st.sampled_from(WORDS)}), max_size=2),
        "regexEngine": st.sampled_from(["re2", "regex", 1]),
        "examples": values,
    },
)
likely_config = st.fixed_dictionaries(
    {"rules": st.lists(likely_rule, max_size=3)},
    optional={
        "allowlists": st.lists(likely_allowlist, max_size=2),
        "extend": st.fixed_dictionaries(
            {}, optional={"useDefault": scalars, "path": scalars, "disabledRules": values}
        ),
        "minVersion": scalars,
    },
)


def toml(value: object) -> str:
    """`value` as a TOML value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{toml(key)} = {toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, (int, float)):
        return repr(value)
    return value.isoformat()  # type: ignore[attr-defined, no-any-return]


def load_or_refuse(text: str) -> None:
    try:
        config = load_text(text, "c.toml", cwd=Path("/nonexistent"))
    except ConfigError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 1000
    else:
        assert all(warning.isprintable() for warning in config.warnings)
        load_text(to_gitleaks_toml(config), "x", cwd=Path("/nonexistent"))
        load_text(describe(config), "x", cwd=Path("/nonexistent"))


@settings(deadline=None)
@given(st.dictionaries(keys, values, max_size=6) | likely_config)
def test_structures(config: dict[str, object]) -> None:
    load_or_refuse("".join(f"{toml(key)} = {toml(value)}\n" for key, value in config.items()))


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([*KEYS, *WORDS, *"[]{}=.,\"'#\n 0", "[[rules]]\n", " = ", "'''", "\\u00"]),
        max_size=30,
    )
)
def test_fragments_of_toml(parts: list[str]) -> None:
    load_or_refuse("".join(parts))


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_bytes(data: bytes) -> None:
    load_or_refuse(data.decode("utf-8", "surrogateescape"))
