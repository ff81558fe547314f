"""A second scan of a history looks at what is new, and says what a first one of all of it would say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner import repositories
from scanner.cache import FileStore
from scanner.detect import Detector, make_prefilter, make_sieve, sought
from scanner.git import Selection, open_repository
from scanner.model import Config, Finding, Reason, Rule, Summary
from scanner.options import Options
from scanner.repositories import scan_history

TOKEN = Rule(id="token", regex=r"tok_[a-z0-9]{8}", keywords=("tok_",))
ONE, TWO = "tok_" + "a1b2c3d4", "tok_" + "e5f6g7h8"
Scan = Callable[..., tuple[Counter[str], Summary]]


def said(item: Any) -> str:
    return repr(replace(item, link="") if isinstance(item, Finding) else item)


@pytest.fixture(params=[False, True], ids=["by blobs", "by packs"])
def by_packs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    if request.param:
        monkeypatch.setattr(repositories, "_FEW_COMMITS", -1)
    return bool(request.param)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "cache")


@pytest.fixture
def scan(make_repo: Any, store: FileStore, by_packs: bool) -> Scan:
    """Scans with the store, then without; both must say the same. Its counts, and the first one's summary."""

    def run(repository: Path, rule: Rule = TOKEN, **selection: Any) -> tuple[Counter[str], Summary]:
        config = Config((rule,))
        detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
        told = []
        summaries = []
        for kept in (store, None):
            summaries.append(Summary())
            with open_repository(repository) as opened:
                items = scan_history(
                    opened,
                    Selection(**selection),
                    detector,
                    Options(),
                    summaries[-1],
                    None,
                    lambda: make_sieve(config, "ahocorasick"),
                    kept,
                )
                told.append(
                    Counter(repr(replace(i, link="") if isinstance(i, Finding) else i) for i in items)
                )
        assert told[0] == told[1]
        return told[0], summaries[0]

    return run


def test_new_commits_alone_are_looked_at(make_repo: Any, scan: Scan) -> None:
    repo = make_repo()
    repo.commit({"a": f"x {ONE}\n", "b": "clean\n", "empty": "", "bin": b"\0"})
    repo.commit({"a": f"x {ONE}\ny {ONE}\n", "b": f"{TWO}\n"})
    first, summary = scan(repo.path)
    assert (summary.commits, summary.known_commits) == (2, 0)
    again, summary = scan(repo.path)
    assert (summary.commits, summary.known_commits) == (0, 2)
    assert again == first
    repo.git("checkout", "-q", "-b", "other", "HEAD~1")
    repo.commit({"c": f"{TWO}\n"}, remove=["b"])
    more, summary = scan(repo.path)
    assert (summary.commits, summary.known_commits) == (1, 2)
    assert sum(more.values()) == sum(first.values()) + 1
    assert scan(repo.path)[1].known_commits == 3


def test_what_is_not_reached_any_more_is_not_reported(make_repo: Any, scan: Scan) -> None:
    repo = make_repo()
    repo.commit({"a": "clean\n"})
    repo.commit({"a": f"{ONE}\n"})
    assert sum(scan(repo.path)[0].values()) == 1
    repo.git("reset", "-q", "--hard", "HEAD~1")
    found, summary = scan(repo.path)
    assert not found
    assert (summary.commits, summary.known_commits) == (1, 0)
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    assert not scan(repo.path)[0]


def test_other_rules_and_options_know_nothing(make_repo: Any, scan: Scan) -> None:
    repo = make_repo()
    repo.commit({"a": f"{ONE} sec_12345678\n"})
    scan(repo.path)
    found, summary = scan(repo.path, Rule(id="other", regex=r"sec_\d{8}"))
    assert summary.known_commits == 0
    assert sum(found.values()) == 1
    repo.git("config", "diff.renames", "false")
    assert scan(repo.path)[1].known_commits == 0


def test_branches_have_a_memory_and_parts_have_none(make_repo: Any, scan: Scan) -> None:
    repo = make_repo()
    repo.commit({"a": f"{ONE}\n"})
    repo.commit({"a": "clean\n"})
    scan(repo.path, branches=("main",))
    assert scan(repo.path, branches=("main",))[1].known_commits == 2
    for part in ({"max_commits": 1}, {"range": "HEAD~1..HEAD"}, {"since": "2001-01-01"}):
        assert scan(repo.path, **part)[1].known_commits == 0


@pytest.mark.parametrize("damage", [b"", b"x", b"0" * 64 + b"\n{}"])
def test_a_damaged_memory_is_made_anew(make_repo: Any, scan: Scan, store: FileStore, damage: bytes) -> None:
    repo = make_repo()
    repo.commit({"a": f"{ONE}\n"})
    scan(repo.path)
    (file,) = store.folder.iterdir()
    good = file.read_bytes()
    file.write_bytes(damage)
    assert scan(repo.path)[1].known_commits == 0
    assert file.read_bytes() == good


def test_nothing_of_what_was_found_is_kept(make_repo: Any, scan: Scan, store: FileStore) -> None:
    repo = make_repo()
    repo.commit({"a": f"{ONE}\n", "b": f"{TWO}\n"}, message=f"about {ONE}")
    assert sum(scan(repo.path)[0].values()) == 2
    kept = b"".join(file.read_bytes() for file in store.folder.iterdir())
    assert ONE.encode() not in kept
    assert TWO.encode() not in kept


def test_an_incomplete_scan_is_not_remembered(make_repo: Any, scan: Scan, store: FileStore) -> None:
    repo = make_repo()
    repo.commit({"a": f"{ONE}\n", "b": "gone\n"})
    blob = repo.git("rev-parse", "HEAD:b").decode().strip()
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found, _ = scan(repo.path)
    assert any(Reason.MISSING_OBJECT.name in item for item in found)
    assert not store.folder.exists() or not list(store.folder.iterdir())


def test_an_empty_repository(make_repo: Any, scan: Scan) -> None:
    repo = make_repo()
    assert not scan(repo.path)[0]
    assert not scan(repo.path)[0]
    repo.commit({"a": f"{ONE}\n"})
    assert sum(scan(repo.path)[0].values()) == 1


def test_many_tips(make_repo: Any, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.recall._MOST_KNOWN", 2)
    repo = make_repo()
    for number in range(5):
        repo.git("checkout", "-q", "--orphan", f"b{number}")
        repo.commit({"a": f"{ONE}{number}\n"})
    first, _ = scan(repo.path)
    repo.commit({"c": f"{TWO}\n"})
    assert sum(scan(repo.path)[0].values()) == sum(first.values()) + 1
