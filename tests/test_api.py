"""The Python API, as its documentation shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scanner.api import Reason, RepositoryError, Rule, Scanner, Selection, load_config, parse_config

TOKEN = b"tok_" + b"a1b2c3d4"
TOML = "[[rules]]\nid='tok'\nregex='''tok_[a-z0-9]{8}'''\n[[allowlists]]\npaths=['''^skip/''']\n"


@pytest.fixture
def scanner() -> Scanner:
    return Scanner(parse_config(TOML))


def test_bytes(scanner: Scanner) -> None:
    (finding,) = scanner.scan_bytes(b"a\nb " + TOKEN, b"x/y.txt")
    assert (finding.rule.id, finding.secret, finding.path, finding.start_line) == (
        "tok",
        TOKEN,
        b"x/y.txt",
        2,
    )
    assert scanner.summary.findings == {"tok": 1}
    assert scanner.scan_bytes(TOKEN, b"skip/a") == []
    assert scanner.summary.skipped == {Reason.ALLOWED_PATH: 1}


def test_paths(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TOKEN)
    assert [finding.secret for finding in scanner.scan_paths(tmp_path)] == [TOKEN]
    assert scanner.summary.files == 1


def test_repository(scanner: Scanner, make_repo: Any) -> None:
    repo = make_repo()
    first = repo.commit({"a.txt": TOKEN + b"\n"})
    repo.commit({"a.txt": b"gone\n"})
    (finding,) = scanner.scan_repository(repo.path)
    assert finding.commit is not None and finding.commit.id == first
    assert list(scanner.scan_repository(repo.path, Selection(max_commits=1))) == []
    repo.write("b.txt", TOKEN)
    repo.git("add", "-A")
    assert [found.path for found in scanner.scan_staged(repo.path)] == [b"b.txt"]
    repo.write("a.txt", TOKEN)
    assert [found.path for found in scanner.scan_unstaged(repo.path)] == [b"a.txt"]


def test_no_repository(scanner: Scanner, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError):
        list(scanner.scan_repository(tmp_path))


def test_configs(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(TOML)
    assert [rule.id for rule in load_config(tmp_path / "c.toml").rules] == ["tok"]
    assert all(isinstance(rule, Rule) for rule in load_config().rules)
