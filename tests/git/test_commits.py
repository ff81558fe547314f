from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.git import CorruptObject
from scanner.git.commits import date_of, message_of
from scanner.model import Commit

RULE = "[[rules]]\nid = 'tok'\ndescription = 'd'\nregex = '''tok_[a-z0-9]+'''\n"
MESSAGES = [
    b"",
    b"\n\n",
    b"subject",
    b"subject\n",
    b"\n\n  \nsubject after blank lines\n",
    b"  indented subject\n\n  indented body\nnot indented\n",
    b"two\nlines of subject\n\nbody\n",
    b"trailing space   \n\nbody   \t\n\n\n\nmore\n\n",
    b"crlf subject\r\n\r\nbody\r\nmore\r\n",
    b"tab\tin subject\n\n\tbody\ttabs\n12345678\tx\n",
    b"wide \xe4\xb8\xad\xe6\x96\x87\ttab\n\n\xc3\xa9\tx\ncombining e\xcc\x81\ty\n",
    b"not utf-8 \xff\xfe\tx\n\nbody \xe9\n",
    b"no-break space\xc2\xa0\n\xc2\xa0\nbody\n",
    b"control \x01\x1f\n\n\x1c\nbody\x0b\n\x0c\nend\n",
    b"subject\n\n    four\n        eight\n  two\n",
    b"diff --git a/x b/x\n\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+tok_faked\n",
    b"commit 1234\n\nAuthor: x\n",
    b"cr\rinside\n\na\rb\n",
    b"\xef\xbb\xbfbom\n\nbody\n",
]


def gitleaks_commits(repo, folder: Path) -> dict[str, dict[str, str]]:
    """What the real Gitleaks reports of each commit that adds a token."""
    beside = Path(sys.executable).parent / "gitleaks"
    program = str(beside) if beside.exists() else shutil.which("gitleaks")
    if not program:
        pytest.skip("gitleaks is not installed")
    (folder / "c.toml").write_text(RULE)
    arguments = ["git", "--no-banner", "-c", folder / "c.toml", "-r", folder / "r.json", repo.path]
    subprocess.run([program, *arguments], capture_output=True, env=repo.environment, check=False)
    return {finding["Commit"]: finding for finding in json.loads((folder / "r.json").read_text())}


def as_gitleaks(commit: Commit) -> dict[str, str]:
    return {
        "Author": commit.author,
        "Email": commit.email,
        "Date": commit.date,
        "Message": commit.message,
    }


def assert_same(repo, repository, folder: Path, count: int) -> None:
    expected = gitleaks_commits(repo, folder)
    assert len(expected) == count
    for id, finding in expected.items():
        ours = as_gitleaks(repository.commit(id))
        assert ours == {key: finding[key] for key in ours}, repo.git("cat-file", "commit", id)


def test_odd_messages_as_gitleaks(make_repo, opened, tmp_path):
    repo = make_repo()
    for number, message in enumerate(MESSAGES):
        repo.commit({f"f{number}": f"tok_{number}a\n"}, message)
    assert_same(repo, opened(repo), tmp_path, len(MESSAGES))


def test_odd_authors_and_dates_as_gitleaks(make_repo, opened, tmp_path):
    repo = make_repo()
    authors = ["J\u00f6rg \u4e2d", "dots. and, commas", "  spaces  ", "quote \" ' `", "a"]
    dates = ["0 +0000", "2000000000 -1130", "1700000000 +1400", "4102444800 +0000", "951782400 +0545"]
    for number, (author, date) in enumerate(zip(authors, dates, strict=True)):
        repo.commit(
            {f"f{number}": f"tok_{number}a\n"}, "m", GIT_AUTHOR_NAME=author, GIT_AUTHOR_DATE=f"@{date}"
        )
    assert_same(repo, opened(repo), tmp_path, len(authors))


def test_mailmap_and_encoding_as_gitleaks(make_repo, opened, tmp_path):
    repo = make_repo()
    repo.commit({"f1": "tok_1a\n", ".mailmap": "Real Name <real@example.com> <dev1@example.com>\n"})
    encoding = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "i18n.commitEncoding"}
    encoding["GIT_CONFIG_VALUE_0"] = "ISO-8859-1"
    repo.commit({"f2": "tok_2a\n"}, "caf\u00e9".encode("latin-1"), **encoding)
    assert b"encoding ISO-8859-1" in repo.git("cat-file", "commit", "HEAD")
    repository = opened(repo)
    assert_same(repo, repository, tmp_path, 2)
    commit = repository.commit(repo.head())
    assert (commit.author, commit.email, commit.message) == ("Real Name", "real@example.com", "caf\u00e9")


TEXTS = st.text(st.sampled_from("ab \t\r\n\n\u00e9\u4e2d\u00a0\u2028\x0b\x1c"), max_size=30)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages=st.lists(TEXTS, min_size=15, max_size=25))
def test_random_messages_as_gitleaks(make_repo, opened, tmp_path_factory, messages):
    folder = tmp_path_factory.mktemp("messages")
    repo = make_repo(folder / "repo")
    for number, message in enumerate(messages):
        repo.commit({f"f{number}": f"tok_{number}a\n"}, message)
    assert_same(repo, opened(repo), folder, len(messages))


def test_merge_and_root(make_repo, opened):
    repo = make_repo()
    root = repo.commit({"a": "1\n"})
    repo.branch("side")
    repo.commit({"b": "1\n"})
    repo.checkout("main")
    merge = repo.merge("side")
    repository = opened(repo)
    assert repository.commit(merge).merge
    assert repository.commit(root) == Commit(
        id=root,
        author="Dev One",
        email="dev1@example.com",
        date="2024-01-01T08:01:00Z",
        message="change",
        merge=False,
    )


def test_missing_commit_does_not_poison_others(make_repo, opened):
    repo = make_repo()
    commit = repo.commit({"a": "1\n"})
    repository = opened(repo)
    for _ in range(2):
        with pytest.raises(CorruptObject):
            repository.commit("1" * 40)
        assert repository.commit(commit).author == "Dev One"


def test_corrupt_commit_does_not_poison_others(make_repo, opened):
    repo = make_repo()
    bad, good = repo.commit({"a": "1\n"}), repo.commit({"a": "2\n"})
    file = repo.path / ".git/objects" / bad[:2] / bad[2:]
    file.chmod(0o644)
    file.write_bytes(b"garbage")
    repository = opened(repo)
    with pytest.raises(CorruptObject):
        repository.commit(bad)
    assert repository.commit(good).id == good


@pytest.mark.parametrize(
    ("seconds", "date"),
    [
        (b"0", "1970-01-01T00:00:00Z"),
        (b"-1", "1969-12-31T23:59:59Z"),
        (b"", "1970-01-01T00:00:00Z"),
        (b"99999999999999999999", "1970-01-01T00:00:00Z"),
        (b"-62135596800", "0001-01-01T00:00:00Z"),
    ],
)
def test_dates(seconds, date):
    assert date_of(seconds) == date


def test_tabs_stay_after_what_has_no_width():
    assert message_of(b"\xff\ta\n\na\tb\x01\tc") == "\ufffd\ta\n\na       b\x01\tc"


def test_message_without_anything():
    assert message_of(b"") == ""
    assert message_of(b" \n\t\n") == ""
