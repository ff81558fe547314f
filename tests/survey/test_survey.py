"""What a survey knows, also of packs that are large, damaged, or of a kind that it cannot read."""

from __future__ import annotations

import importlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from scanner import repositories
from scanner.detect import Detector, make_prefilter, make_sieve, sought
from scanner.git import Repository, Selection, open_repository
from scanner.model import Config, Finding, Reason, Rule, Summary
from scanner.options import NoProgress, Options
from scanner.repositories import scan_history
from scanner.survey import Survey, survey
from scanner.survey.trees import Limits

SURVEY = importlib.import_module("scanner.survey.survey")  # its function has the same name
CONFIG = Config(
    (
        Rule(id="token", regex=r"tok_[a-z0-9]{8}", keywords=("tok_",)),
        Rule(id="block", regex=r"BEGIN[\s\S]+?END", keywords=("begin",)),
    )
)
DETECTOR = Detector(CONFIG, make_prefilter(sought(CONFIG), "ahocorasick"))
SIEVE = make_sieve(CONFIG, "ahocorasick")
ONE = "tok_" + "a1b2c3d4"
TEXT = "".join(f"line {number} of a text\n" for number in range(40))


@pytest.fixture(autouse=True)
def _small_histories_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repositories, "_FEW_COMMITS", -1)


@pytest.fixture
def repo(make_repo: Callable[..., Any]) -> Any:
    """Versions of a file, in one pack, as deltas of each other; two hold a secret."""
    repo = make_repo()
    for number in range(8):
        secret = f"{ONE}\n" if number in (2, 3) else ""
        block = "BEGIN\n" + TEXT[:300] + ("END\n" if number == 5 else "")
        repo.commit({"a": f"version {number}\n{TEXT}{secret}{TEXT[:200]}{block}", "empty": "", "b": b"\0"})
    repo.git("repack", "-q", "-a", "-d", "-f", "--depth=50")
    return repo


@pytest.fixture
def opened(repo: Any) -> Iterator[Repository]:
    with open_repository(repo.path) as repository:
        yield repository


def look(repository: Repository, **options: Any) -> Survey:
    return survey(repository, SIEVE, DETECTOR, **{"jobs": 1, "progress": NoProgress()} | options)


def scanned(repo: Any, *, fast: bool, jobs: int = 1, memory: int = 0) -> Counter[str]:
    with open_repository(repo.path) as repository:
        items = scan_history(
            repository,
            Selection(),
            DETECTOR,
            Options(jobs=jobs, max_memory=memory),
            Summary(),
            make_sieve=(lambda: SIEVE) if fast else None,
        )
        return Counter(repr(replace(item, link="") if isinstance(item, Finding) else item) for item in items)


def blobs(repo: Any, path: str) -> list[str]:
    return [repo.head(f"main~{7 - number}:{path}") for number in range(8)]


def test_clean_blobs_are_known_and_others_open(repo: Any, opened: Repository) -> None:
    known = look(opened)
    versions = blobs(repo, "a")
    assert [known.is_clean(blob) for blob in versions] == [n not in (2, 3, 5) for n in range(8)]
    assert set(known.scans) == {versions[n] for n in (2, 3, 5)}
    assert not known.is_clean(repo.head("main:empty"))
    assert not known.is_clean(repo.head("main:b"))
    assert not known.is_clean("0" * 40)
    assert known.is_clean(versions[0].encode())
    assert known.stats()["packs"] == 1
    assert known.stats()["blobs"] == 10
    assert known.stats()["bytes_sifted"] < known.stats()["blob_bytes"]


def test_more_processes_know_the_same(repo: Any, opened: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SURVEY, "_LEAST", 1)
    repo.write("c", "other text\n" * 20)
    repo.commit({"d": TEXT * 2})
    repo.git("repack", "-q", "-a", "-d", "-f")
    assert look(opened, jobs=3).scans.keys() == look(opened).scans.keys()
    monkeypatch.setattr(repositories, "_FEW_CHANGES", 1)
    monkeypatch.setattr(repositories, "_BATCH", 2)
    assert scanned(repo, fast=True, jobs=3) == scanned(repo, fast=False)
    assert scanned(repo, fast=False, jobs=2) == scanned(repo, fast=False)


@pytest.mark.parametrize("limits", [Limits(blob=100), Limits(held=1), Limits(blob=0, held=0)])
def test_what_needs_more_memory_is_left_to_others(
    repo: Any, opened: Repository, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limits, "of", staticmethod(lambda memory: limits))
    known = look(opened, memory=1)
    clean = sum(known.is_clean(blob) for blob in blobs(repo, "a"))
    assert clean < 5
    assert scanned(repo, fast=True, memory=1) == scanned(repo, fast=False)


def test_memory_is_shared_by_the_processes() -> None:
    assert Limits.of(80) == Limits(blob=10, held=40)


def test_damaged_objects_are_left_to_git(repo: Any) -> None:
    (pack,) = (repo.path / ".git" / "objects" / "pack").glob("*.pack")
    good = pack.read_bytes()
    pack.chmod(0o600)
    for at in range(200, len(good) - 30, 97):
        pack.write_bytes(good[:at] + bytes((good[at] ^ 0x55,)) + good[at + 1 :])
        assert scanned(repo, fast=True) == scanned(repo, fast=False), at


def test_a_pack_of_another_kind_is_left_out(repo: Any, opened: Repository) -> None:
    (pack,) = (repo.path / ".git" / "objects" / "pack").glob("*.pack")
    index = pack.with_suffix(".idx")
    index.unlink()
    repo.git("index-pack", "--index-version=1", "-o", str(index), str(pack))
    known = look(opened)
    assert known.stats()["packs"] == 0
    assert "version" in known.left_out[0]
    assert scanned(repo, fast=True) == scanned(repo, fast=False)
    assert sum(scanned(repo, fast=True).values()) > 2


def test_loose_objects_are_scanned_as_well(repo: Any) -> None:
    repo.commit({"loose": f"{ONE}\n"})
    found = scanned(repo, fast=True)
    assert found == scanned(repo, fast=False)
    assert any("b'loose'" in item for item in found)


def test_no_time_left_means_that_nothing_is_known(repo: Any, opened: Repository) -> None:
    known = look(opened, end=0)
    assert not known.scans
    assert not known.is_clean(blobs(repo, "a")[0])
    summary = Summary()
    items = list(
        scan_history(
            opened,
            Selection(),
            DETECTOR,
            Options(timeout=1e-9),
            summary,
            make_sieve=lambda: SIEVE,
        )
    )
    assert [item.reason for item in items if not isinstance(item, Finding)] == [Reason.TIMEOUT]


def test_the_survey_waits_until_somebody_asks(opened: Repository) -> None:
    # Reports are open by then, and are finished when the survey is interrupted.
    def interrupted() -> Any:
        raise KeyboardInterrupt

    items = scan_history(opened, Selection(), DETECTOR, Options(), Summary(), make_sieve=interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(items)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_pack_that_may_not_be_read_is_left_out(repo: Any, opened: Repository) -> None:
    (pack,) = (repo.path / ".git" / "objects" / "pack").glob("*.pack")
    pack.chmod(0)
    assert look(opened).left_out
