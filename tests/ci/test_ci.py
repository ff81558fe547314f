"""``leakscan ci`` on real repositories, in each system's surroundings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RULE = "[[rules]]\nid = 'tok'\nregex = '''tok_[a-z0-9]{8}'''\nkeywords = ['tok_']\n"
ZERO = "0" * 40
UNSET = (
    "CI",
    "GITHUB_",
    "GITLAB_",
    "JENKINS_",
    "CIRCLE",
    "TF_BUILD",
    "BITBUCKET_",
    "BUILDKITE",
    "GIT_",
    "LEAKSCAN_",
)


def token(n: int) -> str:
    return "tok_" + f"a1b2c3d{n}"


class Clone:
    """A clone of a repository with main (token 1) and feature (tokens 2 and 3), and what ci says of it."""

    def __init__(self, path: Path, commits: dict[str, str], folder: Path) -> None:
        self.path, self.commits, self.folder = path, commits, folder

    def ci(self, *options: str, event: Any = None, **environment: str) -> tuple[int, list[str], str, str]:
        """Exit code, files that were found, stdout, stderr."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(UNSET)}
        kept |= {"XDG_CACHE_HOME": str(self.folder / "cache"), "GIT_CONFIG_GLOBAL": os.devnull}
        if event is not None:
            (self.folder / "event.json").write_text(json.dumps(event))
            kept["GITHUB_EVENT_PATH"] = str(self.folder / "event.json")
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "scanner.cli", "ci", "-c", self.folder / "c.toml", "-r", report]
        done = subprocess.run(
            [*command, *options], cwd=self.path, env=kept | environment, capture_output=True, text=True
        )
        assert "Traceback" not in done.stderr
        files = sorted(f["File"] for f in json.loads(report.read_text())) if report.exists() else []
        return done.returncode, files, done.stdout, done.stderr


@pytest.fixture
def clone(make_repo: Callable[..., Any], tmp_path: Path) -> Callable[..., Clone]:
    (tmp_path / "c.toml").write_text(RULE)
    origin = make_repo("origin")
    commits = {"one": origin.commit({"one": token(1)})}
    origin.branch("feature")
    commits["two"] = origin.commit({"two": token(2)})
    commits["three"] = origin.commit({"three": token(3)})
    origin.checkout("main")
    commits["four"] = origin.commit({"four": token(4)})
    origin.git("tag", "v1", "feature")

    def make(*options: str, checkout: str = "feature") -> Clone:
        path = tmp_path / "clone"
        url = origin.path.as_uri()
        origin.git("clone", "-q", "-b", checkout, *options, url, str(path))
        return Clone(path, commits, tmp_path)

    return make


def pull_request(clone: Clone) -> dict[str, Any]:
    base, head = clone.commits["four"], clone.commits["three"]
    return {"pull_request": {"base": {"sha": base}, "head": {"sha": head}}}


GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/feature"}


def test_github_pull_request(clone: Any, tmp_path: Path) -> None:
    where, summary = clone(), tmp_path / "summary.md"
    summary.write_text("before\n")
    code, files, out, err = where.ci(
        event=pull_request(where),
        GITHUB_EVENT_NAME="pull_request",
        GITHUB_STEP_SUMMARY=str(summary),
        **GITHUB,
    )
    assert (code, files) == (1, ["three", "two"])
    assert "::error file=two,line=1,endLine=1,title=leakscan%3A tok::" in out
    assert "GitHub Actions, pull request: scanning" in err
    text = summary.read_text()
    assert text.startswith("before\n") and "tok" in text and token(2) not in text + out + err


def test_annotations_are_where_the_secret_is_now(make_repo: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(RULE)
    repo = make_repo()
    base = repo.commit({"a": "\n"})
    repo.commit({"moved": f"x = {token(1)}\n", "gone": token(2), "deleted": token(3)})
    head = repo.commit({"moved": f"\n\n\nx = {token(1)}\n", "gone": "\n"}, remove=["deleted"])
    event = {"before": base, "after": head}
    where = Clone(repo.path, {}, tmp_path)
    _, _, out, _ = where.ci(event=event, GITHUB_EVENT_NAME="push", **GITHUB)
    lines = sorted(line for line in out.splitlines() if line.startswith("::"))
    assert [line.split(",title")[0] for line in lines] == [
        "::error file=deleted",
        "::error file=gone",
        "::error file=moved,line=4,endLine=4",
    ]
    assert [("gone from this version" in line) for line in lines] == [True, True, False]


def test_an_empty_repository_is_clean(make_repo: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(RULE)
    assert Clone(make_repo().path, {}, tmp_path).ci()[0] == 0


def test_annotations_leave_a_report_on_stdout_alone(clone: Any) -> None:
    where = clone()
    event = pull_request(where)
    _, _, out, err = where.ci("-o", "jsonl=-", event=event, GITHUB_EVENT_NAME="pull_request", **GITHUB)
    assert all(json.loads(line) for line in out.splitlines())
    assert "::error file=two" in err


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("two", "three", ["three"]),
        (ZERO, "three", ["three", "two"]),  # a new branch: what main does not have
        ("four", "three", ["three", "two"]),  # forced
        ("f" * 40, "three", ["three", "two"]),  # forced, and the old commit is gone
        ("three", "three", []),
    ],
)
def test_github_push(clone: Any, before: str, after: str, expected: list[str]) -> None:
    where = clone()
    event = {"before": where.commits.get(before, before), "after": where.commits[after]}
    event["repository"] = {"default_branch": "main"}
    code, files, _, _ = where.ci(event=event, GITHUB_EVENT_NAME="push", **GITHUB)
    assert (code, files) == (1 if expected else 0, expected)


def test_a_push_to_the_default_branch_whose_begin_is_gone_scans_all_that_it_reaches(clone: Any) -> None:
    where = clone(checkout="main")
    event = {"before": ZERO, "after": where.commits["four"], "repository": {"default_branch": "main"}}
    assert where.ci(
        event=event, GITHUB_EVENT_NAME="push", GITHUB_ACTIONS="true", GITHUB_REF="refs/heads/main"
    )[1] == ["four", "one"]


def test_a_schedule_scans_everything_and_a_deleted_branch_nothing(clone: Any) -> None:
    where = clone()
    assert where.ci(GITHUB_EVENT_NAME="schedule", **GITHUB)[1] == ["four", "one", "three", "two"]
    event = {"before": where.commits["two"], "after": ZERO, "deleted": True}
    assert where.ci(event=event, GITHUB_EVENT_NAME="push", **GITHUB)[:2] == (0, [])


def test_a_shallow_clone_is_an_error_that_says_what_to_set(clone: Any) -> None:
    where = clone("--depth=1")
    event = pull_request(where)
    code, files, _, err = where.ci(event=event, GITHUB_EVENT_NAME="pull_request", **GITHUB)
    assert (code, files) == (4, []) and "fetch-depth: 0" in err
    code, files, _, _ = where.ci(
        "--allow-incomplete", event=event, GITHUB_EVENT_NAME="pull_request", **GITHUB
    )
    assert code == 1 and "three" in files


def test_a_shallow_clone_that_cuts_the_range_is_seen(clone: Any) -> None:
    where = clone("--depth=2", "--no-single-branch")  # feature is there to `two`, whose parent is not
    code, _, _, err = where.ci(event=pull_request(where), GITHUB_EVENT_NAME="pull_request", **GITHUB)
    assert code == 4 and "shallow" in err and "fetch-depth: 0" in err
    event = {"before": where.commits["two"], "after": where.commits["three"]}  # this can be seen
    assert where.ci(event=event, GITHUB_EVENT_NAME="push", **GITHUB)[:2] == (1, ["three"])


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "schedule"}, "GIT_DEPTH"),
        ({"TF_BUILD": "True", "BUILD_REASON": "Schedule"}, "fetchDepth: 0"),
        ({"BITBUCKET_BUILD_NUMBER": "1"}, "clone: depth: full"),
        ({"BUILDKITE": "true"}, "BUILDKITE_GIT_CLONE_FLAGS"),
        ({"CIRCLECI": "true"}, "method: full"),
        ({"JENKINS_URL": "x"}, "shallow clone"),
        ({}, "git fetch --unshallow"),
    ],
)
def test_every_system_has_its_advice(clone: Any, environment: dict[str, str], told: str) -> None:
    code, _, _, err = clone("--depth=1").ci(**environment)
    assert code == 4 and told in err


def test_gitlab_merge_request_and_tag(clone: Any) -> None:
    where = clone()
    common = {"GITLAB_CI": "true", "CI_COMMIT_SHA": where.commits["three"]}
    base = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": where.commits["one"],
    }
    assert where.ci(**common, **base)[:2] == (1, ["three", "two"])
    tag = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"}
    assert where.ci(**common, **tag)[:2] == (1, ["one", "three", "two"])


def test_azure_pull_request_and_summary(clone: Any, tmp_path: Path) -> None:
    where = clone()
    code, files, out, _ = where.ci(
        TF_BUILD="True",
        BUILD_REASON="PullRequest",
        SYSTEM_PULLREQUEST_TARGETBRANCH="refs/heads/main",
        SYSTEM_PULLREQUEST_SOURCECOMMITID=where.commits["three"],
        AGENT_TEMPDIRECTORY=str(tmp_path),
    )
    assert (code, files) == (1, ["three", "two"])
    assert "##vso[task.logissue type=error;sourcepath=two;" in out
    assert f"##vso[task.uploadsummary]{tmp_path}/leakscan.md" in out
    assert (tmp_path / "leakscan.md").read_text().startswith("### leakscan")


@pytest.mark.parametrize(
    "environment",
    [
        {"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST": "7", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"},
        {"JENKINS_URL": "x", "CHANGE_ID": "7", "CHANGE_TARGET": "main"},
        {"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_ID": "7", "BITBUCKET_PR_DESTINATION_BRANCH": "main"},
        {"CIRCLECI": "true", "CIRCLE_BRANCH": "feature"},  # the clone knows the default branch
    ],
)
def test_others_on_a_branch(clone: Any, environment: dict[str, str]) -> None:
    assert clone().ci(**environment)[:2] == (1, ["three", "two"])


def test_base_and_full_count_before_the_environment(clone: Any) -> None:
    where = clone()
    circle = {"CIRCLECI": "true", "CIRCLE_BRANCH": "feature"}
    assert where.ci("--base", where.commits["two"], **circle)[1] == ["three"]
    assert where.ci("--base", "", **circle)[1] == ["three", "two"]
    assert len(where.ci("--full", **circle)[1]) == 4
    assert where.ci("--full", "--base", "x")[0] == 2
    assert where.ci("--base=--all")[0] == 4


def test_a_summary_where_it_is_asked_for(clone: Any, tmp_path: Path) -> None:
    assert clone().ci("--base", "main", "--summary", str(tmp_path / "s.md"))[0] == 1
    assert "tok" in (tmp_path / "s.md").read_text()


def test_a_payload_that_cannot_be_read_is_an_error(clone: Any, tmp_path: Path) -> None:
    where = clone()
    (tmp_path / "bad").write_text("{")
    code, _, _, err = where.ci(
        GITHUB_ACTIONS="true", GITHUB_EVENT_NAME="push", GITHUB_EVENT_PATH=str(tmp_path / "bad")
    )
    assert code == 2 and "GITHUB_EVENT_PATH" in err
