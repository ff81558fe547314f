"""The baseline file: written, read, read as a baseline, and free of secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scanner.errors import ConfigError
from scanner.known import baseline, entries
from scanner.known.entries import Entry, Recorder
from scanner.model import Finding, Reason, Rule, Summary

ONE, TWO = b"tok_" + b"a1b2c3d4", b"tok_" + b"zzzzzzz9"
FINDING = Finding(
    Rule("tok"),
    path=b"d/a.txt",
    match=ONE,
    secret=ONE,
    line=b"  a = " + ONE + b"; b = " + TWO,
    start_line=3,
    id="leakscan:v1:" + "1" * 32,
)
OTHER = replace(FINDING, secret=TWO, match=TWO, id="leakscan:v1:" + "2" * 32)


def recorded(file: Path, *findings: Finding, summary: Summary | None = None, **more: object) -> Recorder:
    recorder = Recorder(file, **more)  # type: ignore[arg-type]
    for finding in findings:
        recorder.add(finding)
    recorder.finish(summary or Summary())
    return recorder


def test_what_is_written_is_a_baseline_without_secrets(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    assert recorded(file, FINDING, OTHER, FINDING).added == 2
    text = file.read_bytes()
    assert ONE not in text and TWO not in text
    assert [entry.context for entry in entries.read(file)] == ["a = REDACTED; b = REDACTED"] * 2
    known = baseline.load(file)
    moved = replace(FINDING, start_line=99, line=b"")
    assert known.warnings == [] and known.hides(moved) and known.hides(OTHER)
    assert not known.hides(replace(FINDING, id="leakscan:v1:" + "3" * 32))


def test_it_does_not_depend_on_the_order_of_findings(tmp_path: Path) -> None:
    recorded(tmp_path / "a", FINDING, OTHER)
    recorded(tmp_path / "b", OTHER, replace(FINDING, start_line=7))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_update_keeps_labels_and_removes_what_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    gone = Entry("x", "tok", "leakscan:v1:" + "4" * 32)
    labelled = Entry("d/a.txt", "tok", FINDING.id, "seen", "false", "a test's")
    recorder = recorded(file, FINDING, OTHER, old=[gone, labelled])
    assert (recorder.added, recorder.removed, recorder.kept) == (1, 1, 1)
    assert labelled in entries.read(file) and gone not in entries.read(file)
    partly = Summary(skipped={Reason.MISSING_OBJECT: 1})
    recorder = recorded(file, FINDING, old=[gone, labelled], summary=partly)
    assert recorder.incomplete and recorder.removed == 0 and gone in entries.read(file)


def test_a_scan_that_was_cut_off_writes_nothing(tmp_path: Path) -> None:
    recorded(tmp_path / "b", FINDING, summary=Summary(unfinished=True))
    assert list(tmp_path.iterdir()) == []


def test_a_long_line_is_cut_around_the_secret(tmp_path: Path) -> None:
    long = replace(FINDING, line=b"x" * 5000 + ONE + b"y" * 5000)
    recorded(tmp_path / "b", long)
    (entry,) = entries.read(tmp_path / "b")
    assert len(entry.context) <= 200 and "xREDACTEDy" in entry.context


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "{",
        '{"type": "finding"}',
        '{"type": "baseline"}\n3',
        '{"type": "baseline"}\n{"Id": "a", "Label": "perhaps"}',
        '{"type": "baseline"}\n{"Id": 3}',
        '{"type": "baseline"}\n{"File": "a"}',
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "b").write_text(text)
    with pytest.raises(ConfigError):
        entries.read(tmp_path / "b")


def test_entries_are_lines_that_merge(tmp_path: Path) -> None:
    recorded(tmp_path / "b", FINDING, OTHER)
    head, *lines = (tmp_path / "b").read_text().splitlines()
    assert json.loads(head) == {"type": "baseline", "version": 1}
    assert [json.loads(line)["Id"] for line in lines] == [FINDING.id, OTHER.id]
    assert not any("StartLine" in line or "Date" in line for line in lines)
