"""What checks make of findings, and that the pack's rules fit theirs."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.config import load_default
from scanner.config.gitleaks import CHECKS as NAMES
from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.checks import CHECKS, CHECKSUM, check, judged
from scanner.model import Finding, Rule, State, Verdict

BAD = b"npm_" + b"a" * 36


def finding(secret: bytes, **rule: object) -> Finding:
    return Finding(Rule("r", **rule), b"p", match=secret, secret=secret)  # type: ignore[arg-type]


def test_a_config_knows_the_checks() -> None:
    assert set(CHECKS) == NAMES


@pytest.mark.parametrize("name", CHECKS)
@given(secret=st.binary(max_size=80))
def test_any_bytes(name: str, secret: bytes) -> None:
    checked = check(name, secret)
    assert checked.valid is not True
    assert all(len(text) <= 200 for _, text in checked.facts)


def test_every_module_is_there() -> None:
    for module in set(CHECKS.values()):
        import_module(f"scanner.detect.checks.{module}")


def test_refuted_is_demoted_and_kept() -> None:
    demoted = judged(finding(BAD, check="npm", severity="critical"))
    assert demoted.rule.severity == "low"
    assert demoted.verdict == Verdict(State.INACTIVE, CHECKSUM)
    assert demoted.secret == BAD


def test_no_severity_appears() -> None:
    assert judged(finding(BAD, check="npm")).rule.severity == ""


def test_facts_come_along() -> None:
    found = judged(finding(b"sk_" + b"test_abc", check="stripe", severity="high"))
    assert dict(found.facts)["mode"] == "test"
    assert (found.rule.severity, found.verdict) == ("high", None)


def test_without_a_check_nothing_changes() -> None:
    for unchanged in (finding(BAD), finding(b"", check="npm")):
        assert judged(unchanged) is unchanged


def test_examples_of_the_pack_are_right() -> None:
    config = load_default()
    rules = [rule for rule in config.rules if rule.check and rule.regex]
    assert {rule.check for rule in rules} == set(CHECKS)
    detector = Detector(config, make_prefilter(sought(config), "auto"))
    for rule in rules:
        for number, text in enumerate(rule.examples, 1):
            matches = [match for match in detector.scan(text.encode()).matches if match.rule.id == rule.id]
            assert matches and all(check(rule.check, match.secret).valid is not False for match in matches), (
                f"{rule.id}: {number}"
            )
