"""Saved reports read back, and what is said of files that are none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ConfigError
from scanner.model import Reason, Rule, Skipped, State, Summary, Verdict
from scanner.report import saved

SECRET = "tok_" + "a1b2c3d4"


@pytest.fixture
def saved_as(tmp_path):
    """Reads `text` as a saved report."""

    def read(text, rules=()):
        file = tmp_path / "saved"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return saved.read(file, {rule.id: rule for rule in rules})

    return read


def as_known(finding):
    """What no report keeps."""
    return replace(finding, line=b"", entropy=pytest.approx(finding.entropy, abs=1e-6))


def test_gitleaks_json(saved_as, written, finding, bare):
    got = saved_as(written("json", finding, bare), [finding.rule, bare.rule]).findings
    assert got == [replace(as_known(finding), id=""), bare]


def test_json_lines(saved_as, written, finding):
    summary = Summary(
        commits=2,
        blobs=3,
        files=4,
        bytes=5,
        seconds=0.5,
        skipped={Reason.BINARY: 2, Reason.UNREADABLE: 1},
        notable=[Skipped(Reason.UNREADABLE, b"p", "0a", "denied")],
        warnings=["w"],
    )
    merged = replace(finding, merge=True)
    report = saved_as(written("jsonl", finding, merged, summary=summary), [finding.rule])
    assert report.findings == [as_known(finding), as_known(merged)]
    assert report.summary == replace(summary, findings={"tok": 2})


def test_sarif(saved_as, written, finding):
    (got,) = saved_as(written("sarif", finding), [finding.rule]).findings
    shown = replace(as_known(finding), match=finding.secret, link="", entropy=0)
    assert got == replace(shown, fingerprint=f"{finding.commit.id}:d/a b.md:tok:3")


def test_what_the_issuer_said(saved_as):
    verdict = {"State": "active", "Reason": "r", "Opens": {"account": "ada"}}
    record = {"type": "finding", "RuleID": "r", "Verdict": verdict, "Facts": {"expires": "2027"}}
    (got,) = saved_as(json.dumps([record])).findings
    assert got.verdict == Verdict(State.ACTIVE, "r", (("account", "ada"),))
    assert got.facts == (("expires", "2027"),)


def test_rules_that_nobody_knows_are_what_the_report_says(saved_as):
    record = {"RuleID": "r", "Description": "d", "Severity": "high", "Remediation": "fix"}
    (got,) = saved_as(json.dumps([record])).findings
    assert got.rule == Rule("r", "d", severity="high", remediation="fix")
    (other,) = saved_as(json.dumps([record | {"Severity": "apocalyptic"}])).findings
    assert other.rule.severity == ""


def test_a_report_that_was_cut_off_is_incomplete(saved_as, written, finding):
    text = written("jsonl", finding)
    assert not saved_as(text).summary.incomplete
    cut = saved_as(text.splitlines()[0])
    assert len(cut.findings) == 1
    assert cut.summary.incomplete


@pytest.mark.parametrize("text", ["[]", "null", "[]\n", "\ufeff[]"])
def test_no_findings(saved_as, text):
    assert saved_as(text).findings == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a report \\("),
        ("<html>", "saved:1: not a report \\("),
        ('{"type":"finding","RuleID":"r"}\n{"a', "saved:2: not a report \\("),
        ("5", "finding 1: not a finding"),
        (f'["{SECRET}"]', "finding 1: not a finding"),
        (f'[{{"{SECRET}": 1}}]', "finding 1: RuleID is missing"),
        (f'[{{"RuleID": "a"}}, {{"RuleID": "a", "File": ["{SECRET}"]}}]', "finding 2: File must be a string"),
        ('[{"RuleID": "r", "StartLine": "1"}]', "StartLine must be a number"),
        ('[{"RuleID": "r", "StartLine": true}]', "StartLine must be a number"),
        ('[{"RuleID": "r", "StartLine": 1.5}]', "StartLine must be a whole number"),
        ('[{"RuleID": "r", "StartLine": -1}]', "StartLine is out of range"),
        ('[{"RuleID": "r", "StartLine": 1e999}]', "StartLine is out of range"),
        ('[{"RuleID": "r", "Entropy": NaN}]', "Entropy is out of range"),
        ('[{"RuleID": "r", "StartLine": ' + "9" * 5000 + "}]", "not a finding"),
        ('[{"RuleID": "r", "Tags": "t"}]', "Tags must be a list of strings"),
        ('[{"RuleID": "r", "Verdict": {"State": "alive"}}]', "Verdict has no State that we know"),
        ('[{"RuleID": "r", "Facts": {"a": 1}}]', "Facts and Opens must be objects of texts"),
        ('{"runs": [{"results": [{"ruleId": "r"}]}]}', "finding 1: not a finding"),
        ('{"runs": 1}', "not a finding"),
        ("[" * 100_000, "not a report: nested too deeply"),
        ('{"type": "summary", "commits": "x"}', "commits must be a number"),
    ],
)
def test_what_is_no_report(saved_as, text, said):
    with pytest.raises(ConfigError, match=said) as error:
        saved_as(text)
    assert SECRET not in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="none: report cannot be read: No such file"):
        saved.read(tmp_path / "none", {})
    monkeypatch.setattr(saved, "MAX_BYTES", 10)
    (tmp_path / "large").write_bytes(b"[" + b" " * 10)
    with pytest.raises(ConfigError, match="too large"):
        saved.read(tmp_path / "large", {})


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["RuleID", "File", "StartLine", "Tags", "type", "runs", "results", "locations", "Verdict", "skipped"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_nothing_but_an_error_of_ours(tmp_path_factory, value):
    file = tmp_path_factory.getbasetemp() / "fuzzed"
    file.write_text(json.dumps(value))
    try:
        saved.read(file, {})
    except ConfigError as error:
        assert "\n" not in str(error)
