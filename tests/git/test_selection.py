from __future__ import annotations

import pytest

from scanner.errors import UsageError
from scanner.git import Selection
from scanner.git.history import commit_count, history
from scanner.model import Skipped


@pytest.fixture
def repo(make_repo):
    repo = make_repo()
    repo.commit({"f1": "1\n"}, "c1", GIT_COMMITTER_DATE="2024-01-01T00:00:00Z")
    repo.commit({"f2": "2\n"}, "c2", GIT_COMMITTER_DATE="2024-02-01T00:00:00Z")
    repo.branch("side")
    repo.commit({"f3": "3\n"}, "c3", GIT_COMMITTER_DATE="2024-03-01T00:00:00Z")
    repo.checkout("main")
    repo.commit({"f4": "4\n"}, "c4", GIT_COMMITTER_DATE="2024-04-01T00:00:00Z")
    repo.git("tag", "v1")
    return repo


def test_commits_unless_refs_have_them(repo, opened):
    ids = {name: repo.head(name) for name in ("main", "main~1", "side")}

    def paths(**selected):
        return "".join(c.path.decode()[1:] for c in history(opened(repo), Selection(**selected)))

    assert paths(commits=(ids["main"],)) == "421"
    assert paths(commits=(ids["main"], ids["side"])) == "4321"
    assert paths(commits=(ids["main"],), unless=("--all",)) == ""
    assert paths(commits=(ids["main"],), unless=("--remotes=origin",)) == "421"
    assert paths(commits=(ids["main"],), unless=("--remotes=origin",), known=(ids["main~1"],)) == "4"
    assert not Selection(commits=(ids["main"],)).whole


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), "4321"),
        (Selection(since="2024-02-15"), "43"),
        (Selection(until="2024-02-15"), "21"),
        (Selection(since="2024-01-15", until="2024-02-15"), "2"),
        (Selection(branches=("side",)), "321"),
        (Selection(branches=("main", "side")), "4321"),
        (Selection(branches=("v1",)), "421"),
        (Selection(range="side..main"), "4"),
        (Selection(range="main...side"), "43"),
        (Selection(range="side.."), "4"),
        (Selection(range="HEAD~2..HEAD"), "42"),
        (Selection(branches=("side",), range="HEAD~1..HEAD"), "43"),
        (Selection(max_commits=2), "43"),
        (Selection(max_commits=0), ""),
        (Selection(log_opts="main"), "421"),
        (Selection(log_opts="--all --max-count=1"), "4"),
        (Selection(log_opts="-p -U0 side"), "321"),
        (Selection(log_opts="side -- f1 f2"), "21"),
        (Selection(log_opts="side f1"), "1"),
        (Selection(log_opts="--all --not main"), "3"),
        (Selection(log_opts="--author=Nobody"), ""),
        (Selection(log_opts="--all", max_commits=1), "4"),
        (Selection(log_opts="side..main  --reverse"), "4"),
        (Selection(log_opts="--all -S3"), "3"),
    ],
)
def test_selected_commits(repo, opened, selection, expected):
    repository = opened(repo)
    items = list(history(repository, selection))
    assert not any(isinstance(item, Skipped) for item in items)
    assert "".join(c.path.decode()[1:] for c in items) == expected
    if "-S" not in selection.log_opts:
        assert commit_count(repository, selection) == len(expected)


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(branches=("nope",)), "no such branch, tag or commit: 'nope'"),
        (Selection(branches=("--output=x",)), "no such branch"),
        (Selection(branches=("HEAD^{tree}",)), "no such branch"),
        (Selection(branches=("a\0b",)), "no such branch"),
        (Selection(range="main"), "not a range: 'main'"),
        (Selection(range="nope..main"), "'nope'"),
        (Selection(range="main..--all"), "'--all'"),
        (Selection(since="garbage"), "not a date: 'garbage'"),
        (Selection(log_opts="--no-such-option"), "--log-opts: git log refuses: .*no-such-option"),
        (Selection(log_opts="nope..main"), "--log-opts: git log refuses: .*nope"),
    ],
)
def test_what_cannot_be_selected(repo, opened, selection, message):
    with pytest.raises(UsageError, match=message):
        list(history(opened(repo), selection))
    assert not (repo.path / "x").exists()


@pytest.mark.parametrize(
    "option",
    [
        *("--stat", "--format=%H", "--pretty=oneline", "--pretty", "--oneline", "--graph", "-z", "-s", "-h"),
        *("--name-only", "--name-status", "--raw", "--output=x", "--outp=x", "--color=always", "-U3", "-R"),
        *("-L1,2:f1", "--relative", "--line-prefix=x", "--abbrev=4", "--no-patch", "--word-diff", "-X10"),
        *("--ext-diff", "--textconv", "--submodule=log", "--combined-all-paths", "--show-signature"),
    ],
)
def test_options_that_change_the_output(repo, opened, option):
    with pytest.raises(UsageError, match=f"--log-opts: '{option.split('=')[0]}' changes what git log prints"):
        list(history(opened(repo), Selection(log_opts=f"--all {option}")))


@pytest.mark.parametrize("option", ["-m", "-c", "--cc", "--first-parent -m", "--diff-merges=first-parent"])
def test_merges_as_the_user_asks(repo, opened, option):
    repo.merge("side", files={"evil": "e\n"})
    found = [c for c in history(opened(repo), Selection(log_opts=f"{option} -1")) if c.path == b"evil"]
    assert {c.merge for c in found} == {True}
    assert len(found) == (2 if option == "-m" else 1)


def test_merges_in_log_opts_are_shown_unless_asked_otherwise(repo, opened):
    merge = repo.merge("side", files={"evil": "e\n"})
    items = list(history(opened(repo), Selection(log_opts="-1")))
    assert [(c.commit, c.path) for c in items] == [(merge, b"evil")]
    assert list(history(opened(repo), Selection(log_opts="-1 --no-diff-merges"))) == []
