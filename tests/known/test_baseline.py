"""Baselines: which findings are old, in every format and however redacted."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.known.baseline import load
from scanner.model import Config, Finding, Rule, Summary
from scanner.report import open_report
from scanner.report.base import ReportContext


@pytest.fixture
def baseline(tmp_path):
    """Writes the findings as a report, and loads that as a baseline."""

    def make(name: str, *findings: Finding, redact: int = 0):
        out = io.BytesIO()
        report = open_report(name, out, ReportContext(Config(), "1", redact=redact))
        for found in findings:
            report.add(found)
        report.finish(Summary())
        (tmp_path / "b").write_bytes(out.getvalue())
        return load(tmp_path / "b")

    return make


@pytest.mark.parametrize("redact", [0, 1, 50, 99, 100])
@pytest.mark.parametrize("name", ["json", "jsonl", "sarif"])
def test_what_was_reported_is_old(name, redact, baseline, finding):
    old = finding(b"d/a b", b"tok_a1b2c3d4", "c0ffee", 3)
    other = finding(b"d/a b", b"tok_zzzzzzzz", "c0ffee", 3)
    known = baseline(name, old, redact=redact)
    assert known.warnings == []
    assert known.hides(old)
    assert not known.hides(replace(other, end_column=99))
    assert not known.hides(finding(b"other", b"tok_a1b2c3d4", "c0ffee", 3))
    assert not known.hides(finding(b"d/a b", b"tok_a1b2c3d4", "c0ffee", 3, rule="other"))


@pytest.mark.parametrize(("name", "redact"), [("json", 0), ("jsonl", 100), ("sarif", 100)])
def test_a_moved_finding_is_old_where_the_baseline_knows_its_identity(name, redact, baseline, finding):
    known = baseline(name, finding(b"a", b"tok_a1b2c3d4", "c0ffee", 3), redact=redact)
    assert known.hides(finding(b"a", b"tok_a1b2c3d4", "beef", 77))


def test_a_redacted_json_report_knows_places_only(baseline, finding):
    old = finding(b"a", b"tok_a1b2c3d4", "c0ffee", 3)
    known = baseline("json", old, redact=100)
    for changed in (
        {"start_line": 4},
        {"end_line": 4},
        {"start_column": 2, "end_column": 20},
        {"end_column": 12},
        {"entropy": 3.5},
        {"commit": replace(old.commit, id="beef")},
        {"commit": None},
        {"match": b"other=tok_a1b2c3d4"},
    ):
        assert not known.hides(replace(old, **changed)), changed
    assert known.hides(replace(old, entropy=old.entropy + 1e-9))


def test_a_partly_redacted_report_still_tells_secrets_apart(baseline, finding):
    known = baseline("json", finding(b"a", b"tok_a1b2c3d4"), redact=50)
    assert not known.hides(replace(finding(b"a", b"xyz_a1b2c3d4"), id=""))


def test_positions_as_gitleaks_counts_them(tmp_path, finding):
    found = replace(finding(b"a", b"tok_a1b2c3d4", line=2), end_line=3)
    record = {"RuleID": "tok", "File": "a", "Match": "k=REDACTED", "Secret": "REDACTED", "Entropy": 3.5849626}
    place = {"StartLine": 2, "StartColumn": 2, "EndLine": 3, "EndColumn": 15}
    for change, hides in (
        ({}, True),  # one column too far
        ({"EndLine": 2, "EndColumn": 0}, True),  # a match that ends on an unterminated last line
        ({"StartColumn": 3}, False),
        ({"EndColumn": 16}, False),
        ({"EndLine": 2}, False),
    ):
        (tmp_path / "b").write_text(json.dumps([record | place | change]))
        assert load(tmp_path / "b").hides(found) == hides, change


def test_bytes_that_are_not_utf8(baseline, finding):
    old = finding(b"a\xff", b"tok_\xfe\xc3\xa4\xff2c3d4", "c0ffee")
    for redact in (0, 40, 50, 55, 100):
        known = baseline("json", old, redact=redact)
        assert known.hides(replace(old, id="")), redact


@given(st.binary(min_size=1, max_size=12), st.integers(0, 100))
def test_any_secret_at_any_percentage(tmp_path_factory, secret, redact):
    old = Finding(Rule(id="r"), b"p", b"<" + secret + b">", secret, entropy=1.0)
    out = io.BytesIO()
    report = open_report("json", out, ReportContext(Config(), "1", redact=redact))
    report.add(old)
    report.finish(Summary())
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(out.getvalue())
    # A genuine U+FFFD in a prefix cannot be told from a byte that is not UTF-8.
    assert load(file).hides(old) or b"\xef\xbf\xbd" in secret


@pytest.mark.parametrize("percent", ["0", "20", "62", "99", "100"])
def test_reports_of_the_real_gitleaks(percent, tmp_path, gitleaks, finding):
    tree = tmp_path / "tree"
    tree.mkdir()
    secrets = [b"tok_a1b2c3d4", "tok_äöü45678".encode(), b"tok_aeiu1234"]
    (tree / "a.txt").write_bytes(
        b"".join(b"k=%s;\n" % secret for secret in secrets[:2]) + b"k=%s" % secrets[2]
    )
    reported = {f["StartLine"]: f for f in gitleaks(tree, f"--redact={percent}")}
    assert len(reported) == 3
    known = load(tmp_path / "report.json")
    for line, secret in enumerate(secrets, 1):
        found = replace(finding(b"a.txt", secret, line=line), entropy=reported[line]["Entropy"], id="")
        assert known.hides(found), line
        assert not known.hides(replace(found, path=b"b.txt"))


@pytest.mark.parametrize(("percent", "secret"), [(100, "REDACTED"), (50, "")])
def test_path_findings_whose_empty_secret_gitleaks_masked(percent, secret, tmp_path):
    found = Finding(Rule(id="p"), b"a.p12", match=b"file detected: a.p12", secret=b"")
    match = "file detected: a.p12".replace("", "REDACTED") if percent == 100 else "file detected: a.p12"
    record = {"RuleID": "p", "File": "a.p12", "Match": match, "Secret": secret, "Entropy": 0}
    (tmp_path / "b").write_text(json.dumps([record]))
    known = load(tmp_path / "b")
    assert known.hides(found)
    assert not known.hides(replace(found, path=b"b.p12"))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"version": "2.1.0", "runs": []}', '{"type": "summary"}\n']
)
def test_reports_without_findings(text, tmp_path, finding):
    (tmp_path / "b").write_text(text)
    known = load(tmp_path / "b")
    assert known.warnings == []
    assert not known.hides(finding(b"a", b"tok_a1b2c3d4"))


@pytest.mark.parametrize(
    "text",
    [
        "RuleID,Commit\n",
        "{}",
        "3",
        '"x"',
        "[1]",
        '[{"RuleID": 3}]',
        '[{"RuleID": "r", "StartLine": "1"}]',
        '{"runs": 3}',
        '{"runs": [{}]}',
        '{"type": "finding"}\n{"a": 1}',
        '{"type": "finding"}\n[]',
        "[" * 100_000,
        '[{"RuleID": "tok", "File": "a", "Secret": "tok_a1b2c3d4"}, 3]',
    ],
)
def test_what_is_no_report_hides_nothing_and_says_so(text, tmp_path, finding):
    (tmp_path / "b").write_text(text)
    known = load(tmp_path / "b")
    (warning,) = known.warnings
    assert warning.startswith(f"baseline {tmp_path}/b is not a report")
    assert not known.hides(finding(b"a", b"tok_a1b2c3d4"))


def test_a_missing_file_hides_nothing_and_says_so(tmp_path):
    (warning,) = load(tmp_path / "nope").warnings
    assert warning == f"baseline {tmp_path}/nope cannot be read (No such file or directory), it hides nothing"


def test_foreign_sarif_is_pointed_out(tmp_path, finding):
    (tmp_path / "b").write_text('{"runs": [{"results": [{"ruleId": "tok"}]}]}')
    (warning,) = load(tmp_path / "b").warnings
    assert "SARIF results without leakscan/v1 hide nothing" in warning
