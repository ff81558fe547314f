"""The stages wired: sources to findings, what is known, counts, time limits, reports to the end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import scanner.pipeline
from scanner.detect import Detector, make_prefilter, sought
from scanner.errors import UsageError
from scanner.git import Platform, Selection, open_repository
from scanner.git.objects import CorruptObject
from scanner.identity import identify
from scanner.known import ignore
from scanner.locate import Place
from scanner.model import (
    NOTABLE_LIMIT,
    UNCOMMITTED,
    Allowlist,
    Config,
    Finding,
    Reason,
    Rule,
    Skipped,
    Summary,
)
from scanner.options import Options
from scanner.pipeline import Known, run, scan_paths, scan_stdin
from scanner.repositories import scan_history, scan_staged, scan_unstaged

ONE, TWO = "tok_" + "aaaa1111", "tok_" + "bbbb2222"
TOKEN = Rule(id="tok", regex=r"tok_[a-z0-9]{8}")


def detector(*rules: Rule, allowlists: tuple[Allowlist, ...] = ()) -> Detector:
    config = Config(rules or (TOKEN,), allowlists)
    return Detector(config, make_prefilter(sought(config), "ahocorasick"))


class Report:
    """Keeps what it is told; `broken` at the finding of that number."""

    def __init__(self, broken: int = -1) -> None:
        self.findings: list[Finding] = []
        self.finished: list[tuple[bool, int]] = []
        self._broken = broken

    def add(self, finding: Finding) -> None:
        if len(self.findings) == self._broken:
            raise OSError("disk full")
        self.findings.append(finding)

    def finish(self, summary: Summary) -> None:
        self.finished.append((summary.unfinished, sum(summary.findings.values())))


class Counter:
    """Progress as numbers."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int | None]] = []
        self.units = self.size = 0

    def start(self, unit: str, total: int | None) -> None:
        self.started.append((unit, total))

    def advance(self, units: int, size: int = 0) -> None:
        self.units += units
        self.size += size


def findings(items: Iterator[Finding | Skipped]) -> list[tuple[str, int, str]]:
    return [
        (item.path.decode(), item.start_line, item.secret.decode())
        for item in items
        if isinstance(item, Finding)
    ]


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text(f"x\n{ONE}\n")
    (tmp_path / "sub" / "own.toml").write_text(ONE)
    (tmp_path / "sub" / "report.json").write_text(ONE)
    (tmp_path / "sub" / "empty").touch()
    summary, progress = Summary(), Counter()
    options = Options(own_files=[tmp_path / "sub" / "own.toml"], outputs=[tmp_path / "sub" / "report.json"])
    items = list(scan_paths([tmp_path / "sub"], detector(), options, summary, progress))
    assert findings(iter(items)) == [(str(tmp_path / "sub" / "a.txt"), 2, ONE)]
    assert {item.reason for item in items if isinstance(item, Skipped)} == {Reason.OWN_FILE, Reason.EMPTY}
    assert (summary.files, summary.bytes) == (1, 2 + len(ONE) + 1)
    assert (progress.started, progress.units, progress.size) == ([("files", None)], 1, summary.bytes)
    with pytest.raises(UsageError):
        list(scan_paths([tmp_path / "nothing"], detector(), Options(), Summary()))


def test_standard_input() -> None:
    summary = Summary()
    (finding,) = scan_stdin(io.BytesIO(f"x\n{ONE}\n".encode()), detector(), Options(), summary)
    assert isinstance(finding, Finding)
    assert (finding.path, finding.commit, finding.fingerprint) == (b"", None, ":tok:2")
    assert finding.id == identify("tok", ONE.encode(), b"")
    assert (summary.files, summary.bytes) == (1, 2 + len(ONE) + 1)
    keyed = Options(identity_key=b"k")
    (finding,) = scan_stdin(io.BytesIO(ONE.encode()), detector(), keyed, Summary())
    assert isinstance(finding, Finding) and finding.id == identify("tok", ONE.encode(), b"", key=b"k")


def test_history_knows_commits_and_links(make_repo: Any) -> None:
    repo = make_repo()
    repo.git("remote", "add", "origin", "https://github.com/o/r.git")
    first = repo.commit({"a": f"x\n{ONE}\n"}, "subject")
    repo.commit({"b": "nothing\n"})
    summary, progress = Summary(), Counter()
    with open_repository(repo.path) as repository:
        items = list(scan_history(repository, Selection(), detector(), Options(), summary, progress))
        (finding,) = items
        assert isinstance(finding, Finding) and finding.commit is not None
        assert (finding.commit.id, finding.commit.author, finding.commit.message) == (
            first,
            "Dev One",
            "subject",
        )
        assert finding.link == f"https://github.com/o/r/blob/{first}/a#L2"
        assert finding.fingerprint == f"{first}:a:tok:2"
        assert (summary.commits, summary.blobs) == (2, 2)
        assert (progress.started, progress.units) == ([("commits", 2)], 2)
        options = Options(platform=Platform.NONE)
        (finding,) = scan_history(repository, Selection(), detector(), options, Summary())
        assert isinstance(finding, Finding) and finding.link == ""
        with pytest.raises(UsageError):
            list(scan_history(repository, Selection(branches=("none",)), detector(), Options(), Summary()))


def test_a_submodule_is_told(make_repo: Any) -> None:
    repo = make_repo()
    first = repo.commit({"a": "1\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},module")
    repo.git("commit", "-qm", "x", environment=repo.tick())
    with open_repository(repo.path) as repository:
        items = list(scan_history(repository, Selection(), detector(), Options(), Summary()))
    assert items == [Skipped(Reason.SUBMODULE, b"module", first)]


def test_a_rule_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.regexp.LOOK_AROUND_SECONDS", 0.02)
    slow = detector(Rule(id="slow", regex=r"(?:x|xx)+(?!x)y", regex_engine="regex"))
    items = list(scan_stdin(io.BytesIO(b"x" * 200), slow, Options(), Summary()))
    assert items == [Skipped(Reason.REGEX_TIMEOUT, detail="slow")]


def test_a_shallow_clone_says_so(make_repo: Any, tmp_path: Path) -> None:
    repo = make_repo()
    repo.commit({"a": ONE})
    last = repo.commit({"b": TWO})
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.path}", str(tmp_path / "clone"))
    with open_repository(tmp_path / "clone") as repository:
        items = list(scan_history(repository, Selection(), detector(), Options(), Summary()))
    assert items[0] == Skipped(Reason.SHALLOW, object=last)
    assert sorted(findings(iter(items))) == [("a", 1, ONE), ("b", 1, TWO)]


def test_a_commit_that_cannot_be_read_again_keeps_its_findings(
    make_repo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make_repo()
    first = repo.commit({"a": ONE})
    with open_repository(repo.path) as repository:

        def lost(id: str) -> None:
            raise CorruptObject(id)

        monkeypatch.setattr(repository, "commit", lost)
        (finding,) = scan_history(repository, Selection(), detector(), Options(), Summary())
    assert isinstance(finding, Finding) and finding.commit is not None
    assert (finding.commit.id, finding.commit.author) == (first, "")


def test_what_is_not_committed(make_repo: Any) -> None:
    repo = make_repo()
    repo.commit({"a": "1\n", ".gitleaks.toml": "x\n"})
    repo.write("a", f"1\n{ONE}\n")
    repo.write(".gitleaks.toml", f"{ONE}\n")
    repo.git("add", "a", ".gitleaks.toml")
    repo.write("a", f"1\n{ONE}\n{TWO}\n")
    options = Options(own_files=[repo.path / ".gitleaks.toml", Path("/elsewhere")])
    with open_repository(repo.path) as repository:
        own, finding = scan_staged(repository, detector(), options, Summary())
        assert own == Skipped(Reason.OWN_FILE, b".gitleaks.toml")
        assert isinstance(finding, Finding)
        assert (finding.commit, finding.fingerprint, finding.link) == (UNCOMMITTED, "a:tok:2", "")
        assert findings(scan_unstaged(repository, detector(), options, Summary())) == [("a", 3, TWO)]


def test_own_files_of_a_bare_repository_are_nowhere(make_repo: Any, tmp_path: Path) -> None:
    repo = make_repo()
    repo.commit({"a": ONE})
    repo.git("clone", "-q", "--bare", str(repo.path), str(tmp_path / "bare"))
    options = Options(own_files=[repo.path / "a"])
    with open_repository(tmp_path / "bare") as repository:
        assert findings(scan_history(repository, Selection(), detector(), options, Summary())) == [
            ("a", 1, ONE)
        ]


def test_a_time_limit_ends_the_scan_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_text(ONE)
    seconds = iter(range(100))
    monkeypatch.setattr(scanner.pipeline.time, "monotonic", lambda: next(seconds))
    items = list(scan_paths([tmp_path], detector(), Options(timeout=2.5), Summary()))
    assert len(findings(iter(items))) == 2
    assert items[-1] == Skipped(Reason.TIMEOUT)


def item(path: bytes = b"a", line: int = 1) -> Finding:
    (match,) = detector().scan(b"\n" * (line - 1) + ONE.encode()).matches
    return Place(path).finding(match)


def test_everything_is_counted_and_told_to_every_report() -> None:
    skipped = [Skipped(Reason.BINARY, b"b"), Skipped(Reason.EMPTY, b"c"), Skipped(Reason.BINARY, b"d")]
    summary, reports = Summary(), [Report(), Report()]
    run([item(), skipped[0], item(b"z"), *skipped[1:]], summary, reports)
    assert [[finding.path for finding in report.findings] for report in reports] == [[b"a", b"z"]] * 2
    assert [report.finished for report in reports] == [[(False, 2)]] * 2
    assert summary.findings == {"tok": 2}
    assert summary.skipped == {Reason.BINARY: 2, Reason.EMPTY: 1}
    assert summary.notable == skipped
    run(iter([Skipped(Reason.EMPTY)] * (NOTABLE_LIMIT + 5)), summary, [])
    assert len(summary.notable) == NOTABLE_LIMIT
    assert summary.skipped[Reason.EMPTY] == NOTABLE_LIMIT + 6


def test_what_a_check_refutes_is_reported_and_counted() -> None:
    rule = Rule(id="npm", regex=r"npm_[0-9a-zA-Z]{36}", check="npm", severity="high")
    text = ("npm_" + "a" * 36 + "\n" + "npm_" + "b" * 36).encode()
    report, summary = Report(), Summary()
    run(scan_stdin(io.BytesIO(text), detector(rule), Options(), summary), summary, [report])
    assert [found.rule.severity for found in report.findings] == ["low", "low"]
    assert summary.stats["refuted"] == {"checksum does not match": 2}


def test_what_is_known_is_counted_and_not_reported(tmp_path: Path) -> None:
    file = tmp_path / ".gitleaksignore"
    file.write_text("a:tok:1\nb:tok:9\nwrong\n")
    known = Known(ignore.load([file], date(2024, 1, 1)), list_unused=True)
    summary, report = Summary(), Report()
    run([item(), item(b"c")], summary, [report], known)
    assert [finding.path for finding in report.findings] == [b"c"]
    assert (summary.findings, summary.hidden) == ({"tok": 1}, {"ignore file": 1})
    assert len(summary.unused) == 1 and "b:tok:9" in summary.unused[0]
    assert len(summary.warnings) == 1


def test_what_the_baseline_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Known()
    monkeypatch.setattr(type(known.baseline), "hides", lambda self, finding: finding.path == b"a")
    summary, report = Summary(), Report()
    run([item(), item(b"c")], summary, [report], known)
    assert (len(report.findings), summary.hidden, summary.unused) == (1, {"baseline": 1}, [])


def test_an_interrupted_scan_leaves_finished_reports() -> None:
    def interrupted() -> Iterator[Finding]:
        yield item()
        raise KeyboardInterrupt

    summary, report = Summary(), Report()
    with pytest.raises(KeyboardInterrupt):
        run(interrupted(), summary, [report])
    assert report.finished == [(True, 1)]
    assert summary.seconds > 0


def test_a_report_that_cannot_be_written_does_not_spoil_the_others() -> None:
    summary, good, bad = Summary(), Report(), Report(broken=1)
    with pytest.raises(OSError, match="disk full"):
        run([item(), item(b"b"), item(b"c")], summary, [good, bad])
    assert [finding.path for finding in good.findings] == [b"a", b"b"]
    assert good.finished == bad.finished == [(True, 2)]  # and they know that it is not all
