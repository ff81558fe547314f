from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from scanner.errors import UsageError
from scanner.git import Platform, Remote, link, platform_named, platform_of, remote_of

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
GITLEAKS_RULES = """
[[rules]]
id = "tok"
description = "d"
regex = '''tok_[a-z0-9]{8}'''
[[rules]]
id = "many"
description = "d"
regex = '''BEGIN[\\s\\S]+?END'''
"""


def gitleaks() -> str:
    import shutil
    import sys

    beside = Path(sys.executable).parent / "gitleaks"
    program = str(beside) if beside.exists() else shutil.which("gitleaks")
    if not program:
        pytest.skip("gitleaks is not installed")
    return program


def recorded() -> list[tuple[str, str, dict[str, object]]]:
    """(remote, platform, finding) of the recorded cases about links."""
    file = SHARED / "conformance" / "cases.json"
    if not file.exists():
        return []
    return [
        (case["remote"], case.get("args", ["", ""])[1], finding)
        for case in json.loads(file.read_text())
        if case["id"].startswith("inline/git-link-")
        for finding in case["expected"]
    ]


def test_recorded_cases():
    cases = recorded()
    if not cases:
        pytest.skip("no recorded cases beside the checkout")
    for url, platform, finding in cases:
        made = link(
            remote_of(url, platform_named(platform)),
            finding["Commit"],
            finding["File"].encode(),
            finding["StartLine"],
            finding["EndLine"],
        )
        assert made == finding.get("Link", ""), url


@pytest.mark.parametrize("platform", ["", "github", "gitlab", "azuredevops", "gitea", "bitbucket", "none"])
@pytest.mark.parametrize(
    "url",
    [
        "https://user:" + "pw@github.com/o/r.git",
        "git@bitbucket.org:o/r.git",
        "https://example.com:8443/a/b",
        "ssh://git@gitlab.com:22/o/r.git",
        "https://GitHub.com/o/r",
        "",
    ],
)
def test_real_gitleaks_makes_the_same(make_repo, opened, tmp_path, url, platform):
    repo = make_repo()
    files = {"d/a%b c.MD": "tok_a1b2c3d4\n", "e.ipynb": "\nBEGIN\nq\nEND\n", "a!b.md": "tok_a1b2c3d5\n"}
    repo.commit(files)
    if url:
        repo.git("remote", "add", "origin", url)
    (tmp_path / "c.toml").write_text(GITLEAKS_RULES)
    arguments = ["-c", tmp_path / "c.toml", "-r", tmp_path / "r.json", "--platform", platform]
    program = [gitleaks(), "git", "--no-banner", *arguments, repo.path]
    subprocess.run(program, capture_output=True, env=repo.environment, check=False)
    findings = json.loads((tmp_path / "r.json").read_text())
    assert len(findings) == 3
    remote = remote_of(opened(repo).remote_url(), platform_named(platform))
    for finding in findings:
        lines = finding["StartLine"], finding["EndLine"]
        expected = finding.get("Link", "") if url else ""
        assert link(remote, finding["Commit"], finding["File"].encode(), *lines) == expected


def test_no_page():
    remote = Remote(Platform.GITHUB, "https://github.com/o/r")
    assert link(remote, "", b"a", 1, 1) == ""
    assert link(Remote(Platform.UNKNOWN, "https://example.com"), "1" * 40, b"a", 1, 1) == ""
    assert link(Remote(), "1" * 40, b"a", 1, 1) == ""
    assert link(remote, "c", b"a", 0, 0) == "https://github.com/o/r/blob/c/a"


@pytest.mark.parametrize(
    "url",
    ["", "/srv/git/r.git", "../r", "user@example.com:o/r.git", "https://[bad/o/r", "file:///srv/r", "C:\\r"],
)
def test_no_web_address(url):
    assert remote_of(url, Platform.GITHUB) == Remote()


def test_no_password_stays():
    secret = "hunter" + "2"
    assert remote_of(f"https://me:{secret}@gitlab.com/o/r.git") == Remote(
        Platform.GITLAB, "https://gitlab.com/o/r"
    )


def test_platform_names():
    assert platform_named("") is Platform.UNKNOWN
    assert platform_named("GitHub") is Platform.GITHUB
    with pytest.raises(UsageError, match="invalid platform 'sourceforge': use one of unknown, none, github"):
        platform_named("sourceforge")
    assert platform_of("https://[bad") is Platform.UNKNOWN
    assert platform_of("https://dev.azure.com/o/p/_git/r") is Platform.AZURE_DEVOPS
