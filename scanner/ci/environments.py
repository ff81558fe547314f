"""One small function for each CI system: its documented environment (and event) to a `Build`.

Names and meanings of variables are those of each system's reference: GitHub's "Variables reference" and
"Webhook events and payloads", GitLab's "Predefined CI/CD variables", Azure's "Predefined variables",
Bitbucket's "Variables and secrets", Buildkite's "Environment variables", CircleCI's "Project values and
variables", Jenkins' "Global variable reference" of multibranch pipelines and the Git plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scanner.ci.build import Build, Kind, System, commit, part, short

Environment = Mapping[str, str]

GITHUB = System("GitHub Actions", "give actions/checkout 'with: fetch-depth: 0'")
GITLAB = System("GitLab CI", "set 'variables: GIT_DEPTH: \"0\"' for the job")
AZURE = System("Azure Pipelines", "give the job the step '- checkout: self' with 'fetchDepth: 0'")
BITBUCKET = System("Bitbucket Pipelines", "set 'clone: depth: full' for the pipeline or the step")
BUILDKITE = System("Buildkite", "take --depth out of BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS")
CIRCLECI = System("CircleCI", "give the checkout step 'method: full'")
JENKINS = System(
    "Jenkins",
    "in the job's Git behaviours, set 'Advanced clone behaviours' to no shallow clone and to fetch "
    "all branches (do not honor a narrower refspec)",
)
PLAIN = System("no CI system", "clone without --depth, or run 'git fetch --unshallow'")


def find_build(environment: Environment, event: object) -> Build:
    """The build that `environment` tells of; outside of CI the full history.

    Args:
        event: the parsed payload of GitHub's event; None where there is none.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        return github(environment, event)
    for name, read in _SYSTEMS.items():
        if environment.get(name):
            return read(environment)
    return Build(PLAIN, Kind.FULL)


def github(environment: Environment, event: object) -> Build:
    """GitHub Actions (and Gitea and Forgejo, which set the same). A pull request's own head counts, not the
    merge commit that is checked out."""
    name, ref = environment.get("GITHUB_EVENT_NAME", ""), environment.get("GITHUB_REF", "")
    head = commit(environment.get("GITHUB_SHA")) or "HEAD"
    default = str(part(event, "repository", "default_branch"))
    if name.startswith("pull_request"):
        base = commit(part(event, "pull_request", "base", "sha")) or environment.get("GITHUB_BASE_REF", "")
        return Build(
            GITHUB, Kind.PULL_REQUEST, commit(part(event, "pull_request", "head", "sha")) or head, base
        )
    if name == "merge_group":
        base = commit(part(event, "merge_group", "base_sha"))
        return Build(GITHUB, Kind.PULL_REQUEST, commit(part(event, "merge_group", "head_sha")) or head, base)
    if name != "push":
        return Build(GITHUB, Kind.FULL)
    if ref.startswith("refs/tags/"):
        return Build(GITHUB, Kind.TAG, head)
    if part(event, "deleted") is True:
        return Build(GITHUB, Kind.NOTHING)
    before, after = commit(part(event, "before")), commit(part(event, "after")) or head
    return Build(GITHUB, Kind.PUSH, after, before, short(ref), default)


def gitlab(environment: Environment) -> Build:
    """GitLab CI: merge requests (merged results and from other hosts too), pushes, tags; others are full."""
    source = environment.get("CI_PIPELINE_SOURCE", "")
    head = commit(environment.get("CI_COMMIT_SHA")) or "HEAD"
    if source == "merge_request_event":
        own = commit(environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")) or head
        bases = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA")
        base = next(filter(None, (commit(environment.get(name)) for name in bases)), "")
        return Build(GITLAB, Kind.PULL_REQUEST, own, base or environment.get(_GITLAB_TARGET, ""))
    if source == "external_pull_request_event":
        base = commit(environment.get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA"))
        own = commit(environment.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA")) or head
        return Build(GITLAB, Kind.PULL_REQUEST, own, base)
    if environment.get("CI_COMMIT_TAG"):
        return Build(GITLAB, Kind.TAG, head)
    if source != "push":
        return Build(GITLAB, Kind.FULL)
    before, default = (
        commit(environment.get("CI_COMMIT_BEFORE_SHA")),
        environment.get("CI_DEFAULT_BRANCH", ""),
    )
    return Build(GITLAB, Kind.PUSH, head, before, environment.get("CI_COMMIT_BRANCH", ""), default)


_GITLAB_TARGET = "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"


def azure(environment: Environment) -> Build:
    """Azure Pipelines, which does not tell what a push began at."""
    reason, source = environment.get("BUILD_REASON", ""), environment.get("BUILD_SOURCEBRANCH", "")
    head = commit(environment.get("BUILD_SOURCEVERSION")) or "HEAD"
    if reason == "PullRequest":
        own = commit(environment.get("SYSTEM_PULLREQUEST_SOURCECOMMITID")) or head
        target = environment.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "")
        return Build(AZURE, Kind.PULL_REQUEST, own, short(target))
    if reason not in ("IndividualCI", "BatchedCI"):
        return Build(AZURE, Kind.FULL)
    if source.startswith("refs/tags/"):
        return Build(AZURE, Kind.TAG, head)
    return Build(AZURE, Kind.PUSH, head, branch=short(source))


def bitbucket(environment: Environment) -> Build:
    """Bitbucket Pipelines; custom (scheduled, manual) pipelines have neither branch, tag nor pull request."""
    head = commit(environment.get("BITBUCKET_COMMIT")) or "HEAD"
    if environment.get("BITBUCKET_PR_ID"):
        base = commit(environment.get("BITBUCKET_PR_DESTINATION_COMMIT"))
        base = base or environment.get("BITBUCKET_PR_DESTINATION_BRANCH", "")
        return Build(BITBUCKET, Kind.PULL_REQUEST, head, base)
    if environment.get("BITBUCKET_TAG"):
        return Build(BITBUCKET, Kind.TAG, head)
    if branch := environment.get("BITBUCKET_BRANCH", ""):
        return Build(BITBUCKET, Kind.PUSH, head, branch=branch)
    return Build(BITBUCKET, Kind.FULL)


def buildkite(environment: Environment) -> Build:
    """Buildkite."""
    named = environment.get("BUILDKITE_COMMIT", "")
    head = "HEAD" if named == "HEAD" else commit(named) or "HEAD"
    if environment.get("BUILDKITE_PULL_REQUEST", "false") not in ("", "false"):
        base = environment.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "")
        return Build(BUILDKITE, Kind.PULL_REQUEST, head, base)
    if environment.get("BUILDKITE_TAG"):
        return Build(BUILDKITE, Kind.TAG, head)
    if environment.get("BUILDKITE_SOURCE") != "webhook":
        return Build(BUILDKITE, Kind.FULL)
    branch, default = (
        environment.get("BUILDKITE_BRANCH", ""),
        environment.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH"),
    )
    return Build(BUILDKITE, Kind.PUSH, head, branch=branch, default_branch=default or "")


def circleci(environment: Environment) -> Build:
    """CircleCI, whose environment has no base: the pipeline value ``pipeline.git.base_revision`` is given to
    ``--base``. A pull request's build is a push to its branch."""
    head = commit(environment.get("CIRCLE_SHA1")) or "HEAD"
    if environment.get("CIRCLE_TAG"):
        return Build(CIRCLECI, Kind.TAG, head)
    if branch := environment.get("CIRCLE_BRANCH", ""):
        return Build(CIRCLECI, Kind.PUSH, head, branch=branch)
    return Build(CIRCLECI, Kind.FULL)


def jenkins(environment: Environment) -> Build:
    """Jenkins: multibranch pipelines, and jobs of the Git plugin. The last successful build's commit is the
    base, so that a leak keeps builds red until it is dealt with."""
    head = commit(environment.get("GIT_COMMIT")) or "HEAD"
    if target := environment.get("CHANGE_TARGET", ""):
        return Build(JENKINS, Kind.PULL_REQUEST, head, target)
    if environment.get("TAG_NAME"):
        return Build(JENKINS, Kind.TAG, head)
    branch = environment.get("BRANCH_NAME") or environment.get("GIT_BRANCH", "").removeprefix("origin/")
    if not branch:
        return Build(JENKINS, Kind.FULL)
    return Build(JENKINS, Kind.PUSH, head, commit(environment.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT")), branch)


_SYSTEMS: dict[str, Callable[[Environment], Build]] = {
    "GITLAB_CI": gitlab,
    "TF_BUILD": azure,
    "BITBUCKET_BUILD_NUMBER": bitbucket,
    "BUILDKITE": buildkite,
    "CIRCLECI": circleci,
    "JENKINS_URL": jenkins,
    "JENKINS_HOME": jenkins,  # an URL is there only where an administrator has set it
}
