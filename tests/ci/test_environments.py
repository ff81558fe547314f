"""Each system's documented environment, and what it says of the build."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.ci.build import Build, Kind
from scanner.ci.environments import find_build

A, B, C, ZERO = "a" * 40, "b" * 40, "c" * 40, "0" * 40
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": C}
PULL = {"pull_request": {"base": {"sha": A, "ref": "main"}, "head": {"sha": B, "ref": "x"}}}
REPOSITORY = {"repository": {"default_branch": "main"}}
AZURE = {"TF_BUILD": "True", "BUILD_SOURCEVERSION": C}
BITBUCKET = {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_COMMIT": C, "CI": "true"}
BUILDKITE = {"BUILDKITE": "true", "BUILDKITE_COMMIT": C, "BUILDKITE_PULL_REQUEST": "false"}
JENKINS = {"JENKINS_URL": "https://ci.example.com/", "GIT_COMMIT": C}
GITLAB = {"GITLAB_CI": "true", "CI_COMMIT_SHA": C, "CI_DEFAULT_BRANCH": "main"}


def seen(environment: dict[str, str], event: Any = None) -> tuple[Kind, str, str]:
    build = find_build(environment, event)
    return build.kind, build.base, build.head


@pytest.mark.parametrize(
    ("name", "more", "event", "expected"),
    [
        ("pull_request", {"GITHUB_BASE_REF": "main"}, PULL, (Kind.PULL_REQUEST, A, B)),
        ("pull_request_target", {"GITHUB_BASE_REF": "main"}, PULL, (Kind.PULL_REQUEST, A, B)),
        ("pull_request", {"GITHUB_BASE_REF": "main"}, None, (Kind.PULL_REQUEST, "main", C)),
        ("merge_group", {}, {"merge_group": {"base_sha": A, "head_sha": B}}, (Kind.PULL_REQUEST, A, B)),
        ("push", {"GITHUB_REF": "refs/heads/x"}, {"before": A, "after": B}, (Kind.PUSH, A, B)),
        ("push", {"GITHUB_REF": "refs/heads/x"}, {"before": ZERO, "after": B}, (Kind.PUSH, "", B)),
        ("push", {"GITHUB_REF": "refs/heads/x"}, {"before": 7, "after": []}, (Kind.PUSH, "", C)),
        ("push", {"GITHUB_REF": "refs/tags/v1"}, {"before": ZERO, "after": C}, (Kind.TAG, "", C)),
        ("push", {}, {"before": A, "after": ZERO, "deleted": True}, (Kind.NOTHING, "", "HEAD")),
        ("schedule", {}, REPOSITORY, (Kind.FULL, "", "HEAD")),
        ("workflow_dispatch", {}, REPOSITORY, (Kind.FULL, "", "HEAD")),
    ],
)
def test_github(name: str, more: dict[str, str], event: Any, expected: tuple[Kind, str, str]) -> None:
    assert seen(GITHUB | {"GITHUB_EVENT_NAME": name} | more, event) == expected


def test_github_tells_branch_and_default_branch() -> None:
    environment = GITHUB | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/a/b"}
    build = find_build(environment, REPOSITORY | {"before": ZERO, "after": B})
    assert (build.branch, build.default_branch) == ("a/b", "main")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {
                "CI_PIPELINE_SOURCE": "merge_request_event",
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": A,
                "CI_COMMIT_BEFORE_SHA": ZERO,
            },
            (Kind.PULL_REQUEST, A, C),
        ),
        (
            {
                "CI_PIPELINE_SOURCE": "merge_request_event",
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": A,
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": B,
            },
            (Kind.PULL_REQUEST, A, B),
        ),
        (
            {
                "CI_PIPELINE_SOURCE": "external_pull_request_event",
                "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA": B,
                "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA": A,
            },
            (Kind.PULL_REQUEST, A, B),
        ),
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": A}, (Kind.PUSH, A, C)),
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": ZERO}, (Kind.PUSH, "", C)),
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"}, (Kind.TAG, "", C)),
        ({"CI_PIPELINE_SOURCE": "schedule"}, (Kind.FULL, "", "HEAD")),
        ({"CI_PIPELINE_SOURCE": "web"}, (Kind.FULL, "", "HEAD")),
    ],
)
def test_gitlab(more: dict[str, str], expected: tuple[Kind, str, str]) -> None:
    assert seen(GITLAB | more) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            AZURE
            | {
                "BUILD_REASON": "PullRequest",
                "SYSTEM_PULLREQUEST_SOURCECOMMITID": B,
                "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
            },
            (Kind.PULL_REQUEST, "main", B),
        ),
        (AZURE | {"BUILD_REASON": "IndividualCI", "BUILD_SOURCEBRANCH": "refs/heads/x"}, (Kind.PUSH, "", C)),
        (AZURE | {"BUILD_REASON": "BatchedCI", "BUILD_SOURCEBRANCH": "refs/tags/v1"}, (Kind.TAG, "", C)),
        (AZURE | {"BUILD_REASON": "Schedule"}, (Kind.FULL, "", "HEAD")),
        (
            BITBUCKET
            | {"BITBUCKET_PR_ID": "3", "BITBUCKET_BRANCH": "x", "BITBUCKET_PR_DESTINATION_COMMIT": A},
            (Kind.PULL_REQUEST, A, C),
        ),
        (
            BITBUCKET | {"BITBUCKET_PR_ID": "3", "BITBUCKET_PR_DESTINATION_BRANCH": "main"},
            (Kind.PULL_REQUEST, "main", C),
        ),
        (BITBUCKET | {"BITBUCKET_BRANCH": "x"}, (Kind.PUSH, "", C)),
        (BITBUCKET | {"BITBUCKET_TAG": "v1"}, (Kind.TAG, "", C)),
        (BITBUCKET, (Kind.FULL, "", "HEAD")),
        (
            BUILDKITE | {"BUILDKITE_PULL_REQUEST": "12", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"},
            (Kind.PULL_REQUEST, "main", C),
        ),
        (BUILDKITE | {"BUILDKITE_SOURCE": "webhook", "BUILDKITE_BRANCH": "x"}, (Kind.PUSH, "", C)),
        (BUILDKITE | {"BUILDKITE_TAG": "v1"}, (Kind.TAG, "", C)),
        (BUILDKITE | {"BUILDKITE_SOURCE": "schedule"}, (Kind.FULL, "", "HEAD")),
        (BUILDKITE | {"BUILDKITE_COMMIT": "HEAD", "BUILDKITE_TAG": "v1"}, (Kind.TAG, "", "HEAD")),
        ({"CIRCLECI": "true", "CIRCLE_SHA1": C, "CIRCLE_BRANCH": "x"}, (Kind.PUSH, "", C)),
        ({"CIRCLECI": "true", "CIRCLE_SHA1": C, "CIRCLE_TAG": "v1"}, (Kind.TAG, "", C)),
        ({"CIRCLECI": "true"}, (Kind.FULL, "", "HEAD")),
        (JENKINS | {"CHANGE_ID": "3", "CHANGE_TARGET": "main"}, (Kind.PULL_REQUEST, "main", C)),
        (JENKINS | {"BRANCH_NAME": "x", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": A}, (Kind.PUSH, A, C)),
        (JENKINS | {"GIT_BRANCH": "origin/x"}, (Kind.PUSH, "", C)),
        (JENKINS | {"TAG_NAME": "v1", "BRANCH_NAME": "v1"}, (Kind.TAG, "", C)),
        (JENKINS, (Kind.FULL, "", "HEAD")),
        ({"CI": "true"}, (Kind.FULL, "", "HEAD")),
    ],
)
def test_others(environment: dict[str, str], expected: tuple[Kind, str, str]) -> None:
    assert seen(environment) == expected


@pytest.mark.parametrize("event", [[], "x", 3, {"before": {"a": 1}}, {"pull_request": []}])
def test_a_payload_of_another_shape_is_no_error(event: Any) -> None:
    for name in ("push", "pull_request", "merge_group"):
        assert isinstance(find_build(GITHUB | {"GITHUB_EVENT_NAME": name}, event), Build)
