"""The accuracy benchmark: its tables are whole, and its counts are right."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ACCURACY = Path(__file__).resolve().parents[2] / "benchmarks" / "accuracy"
HEAD = "repository\tcommit\tpath\tline\tkind\tlabel\treason\n"
ROW = "some/name\t0123abcd\ta.py\t2\tpassword\tsecret\tread\n"


@pytest.fixture(autouse=True)
def _modules(modules: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ACCURACY))


def module(name: str) -> Any:
    return importlib.import_module(name)


def label(line: int, name: str = "secret", kind: str = "password") -> Any:
    return module("labels").Label("some/name", "0123abcd", "a.py", line, kind, name, "read")


def found(first: int, last: int, rule: str = "rule") -> Any:
    return module("scanners").Found("some+name/a.py", first, last, rule)


def test_our_labels_are_as_many_and_as_varied_as_they_must_be() -> None:
    labels = module("labels").read_labels(ACCURACY / "labels.tsv")
    per_repository = Counter(each.repository for each in labels)
    assert len(labels) >= 600
    assert len(per_repository) >= 15
    assert max(per_repository.values()) <= 60
    assert sum(each.label != "no" for each in labels) >= 200
    assert sum(each.label == "no" for each in labels) >= 250


def test_our_sampled_findings_are_a_hundred_of_each_scanner() -> None:
    sampled = Counter(
        name for each in module("noise").read_samples(ACCURACY / "noise.tsv") for name in each.sampled
    )
    assert min(sampled["leakscan"], sampled["gitleaks"]) >= 100


@pytest.mark.parametrize(
    "row",
    [
        ROW.replace("\tsecret", "\tperhaps"),
        ROW.replace("\t2\t", "\ttwo\t"),
        ROW.replace("\tread", ""),
        ROW.replace("\tread", "\t"),
        ROW + ROW,
    ],
)
def test_a_row_that_is_no_label_is_refused(tmp_path: Path, row: str) -> None:
    table = tmp_path / "labels.tsv"
    table.write_text(HEAD + row, "utf-8")
    with pytest.raises(ValueError, match=r"labels\.tsv:[23]: "):
        module("labels").read_labels(table)


def test_files_are_laid_out_as_they_were_in_the_labelled_commit(make_repo: Any, tmp_path: Path) -> None:
    repo = make_repo("clones/some+name")
    repo.commit({"a.py": "old\n"})
    head = subprocess.check_output(["git", "-C", repo.path, "rev-parse", "HEAD"], text=True).strip()
    repo.commit({"a.py": "new\n"})
    labels = module("labels")
    rows = [
        labels.Label("some/name", head[:16], "a.py", 1, "password", "secret", "read"),
        labels.Label("some/name", head[:16], "gone.py", 1, "password", "secret", "read"),
        labels.Label("other/name", head[:16], "a.py", 1, "password", "secret", "read"),
    ]
    there, missing = labels.lay_out(rows, repo.path.parent, tmp_path / "out")
    assert there == rows[:1]
    assert (tmp_path / "out" / "some+name" / "a.py").read_text("utf-8") == "old\n"
    assert missing == [f"some/name: no gone.py in {head[:16]}", "other/name: no clone"]


def test_a_finding_counts_for_every_line_that_it_covers() -> None:
    labels = [label(1), label(3), label(4, "no")]
    rules = module("scores").reported(labels, [found(2, 3, "a"), found(3, 3, "b"), found(9, 9)])
    assert [rules[each] for each in labels] == [frozenset(), {"a", "b"}, frozenset()]


def test_precision_recall_and_f1() -> None:
    labels = [label(1), label(2), label(3, "test"), label(4, "no"), label(5, "no")]
    scores = module("scores")
    rules = scores.reported(labels, [found(1, 1), found(3, 3), found(4, 4)])
    wide = scores.score(rules, frozenset({"secret", "test"}))
    assert (wide.hits, wide.misses, wide.noise, wide.silent) == (2, 1, 1, 1)
    assert (wide.precision, wide.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    narrow = scores.score(rules, frozenset({"secret"}))
    assert (narrow.precision, narrow.recall, narrow.f1) == (pytest.approx(1 / 3), 0.5, pytest.approx(0.4))


def test_a_scanner_that_reports_nothing_has_a_score() -> None:
    score = module("scores").Score()
    assert (score.precision, score.recall, score.f1) == (0, 0, 0)


def test_noise_is_estimated_from_what_is_still_reported_of_the_sample() -> None:
    noise = module("noise")
    rows = [
        noise.Sampled("some/name", ("0123456789abcdef", "a.py", line), frozenset({"leakscan"}), name)
        for line, name in ((1, "no"), (2, "test"), (3, "no"))
    ]
    places = [("0123456789abcdef" * 2, "a.py", line) for line in (1, 2)]
    labels = noise.tally(rows, places)
    assert labels == {"secret": 0, "test": 1, "no": 1}
    assert noise.Noise("some/name", 10, 2_000_000, labels).rate(["no"]) == pytest.approx(2.5)


def test_a_sample_is_found_on_the_line_of_its_secret() -> None:
    samples = module("samples")
    given = [
        {"source": "one", "positive": True, "text": "first\nvalue\n", "secrets": ["value"]},
        {"source": "one", "positive": True, "text": "first\nvalue\n", "secrets": ["value"]},
        {"source": "one", "positive": True, "text": "x", "secrets": [], "placeholder": True},
        {"source": "one", "positive": False, "text": "x", "secrets": []},
    ]
    reports = [
        module("scanners").Found(samples.name(number), 2 - number, 2 - number, "r") for number in (0, 1)
    ]
    shares = samples.shares(given, reports)
    assert shares == {"one: recall": (1, 2), "one: negatives flagged": (0, 1)}


@pytest.mark.parametrize(
    ("name", "report"),
    [
        ("leakscan", [{"File": "F/a.py", "StartLine": 2, "EndLine": 3, "RuleID": "r"}]),
        (
            "betterleaks",
            {"findings": [{"rule_id": "r", "location": {"path": "F/a.py", "start_line": 2, "end_line": 3}}]},
        ),
        ("kingfisher", {"findings": [{"rule": {"id": "r"}, "finding": {"path": "F/a.py", "line": 2}}]}),
    ],
)
def test_reports_are_read(tmp_path: Path, name: str, report: Any) -> None:
    scanners = module("scanners")
    content = json.loads(json.dumps(report).replace("F/", f"{tmp_path}/"))
    (read,) = scanners.READERS[name](content, tmp_path)
    assert (read.path, read.first, read.rule) == ("a.py", 2, "r")


@pytest.mark.slow
def test_the_command_writes_scores_and_what_is_missing(make_repo: Any, tmp_path: Path) -> None:
    make_repo("clones/nobody+nothing").commit({"a.py": "x\n"})
    command = [sys.executable, ACCURACY / "compare.py", "--clones", tmp_path / "clones"]
    done = subprocess.run(
        [*command, "--output", tmp_path / "page.md"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "None of the labelled repositories" in done.stderr


def test_added_lines_are_those_of_all_commits(make_repo: Any, tmp_path: Path) -> None:
    repo = make_repo("clones/some+name")
    repo.commit({"a.py": "one\ntwo\n"})
    repo.commit({"a.py": "one\nthree\n"})
    noise = module("noise")
    sample = noise.Sampled("some/name", ("0123456789abcdef", "a.py", 1), frozenset({"leakscan"}), "no")
    other = noise.Sampled("other/name", sample.place, sample.sampled, "no")
    whole, missing = noise.histories([sample, other], repo.path.parent)
    assert whole == {"some/name": (repo.path, 3)}
    assert len(missing) == 1
