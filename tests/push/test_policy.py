from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import ConfigError
from scanner.git import open_repository
from scanner.push.policy import Policy, load_policy


@pytest.fixture
def load(make_repo, tmp_path):
    """The policy of a bare repository with that system-wide file and those settings."""
    repo = make_repo("server.git", "--bare")

    def load(system: str | None = None, **settings: str) -> Policy:
        file = tmp_path / "push.toml"
        if system is not None:
            file.write_text(system)
        for name, value in settings.items():
            repo.git("config", f"leakscan.{name}", value)
        with open_repository(repo.path, repo.environment) as repository:
            return load_policy(repository, file)

    return load


def test_without_any_the_safe_one_counts(load):
    policy = load()
    assert policy == Policy()
    assert (policy.bypass, policy.on_error, policy.on_timeout, policy.allow_marks) == (
        False,
        "block",
        "block",
        False,
    )


def test_the_repositorys_settings_count_before_the_file(load):
    text = (
        'bypass = true\nonError = "allow"\ntimeout = 4.5\nhelp = "Ask."\nauditLog = "/var/log/a"\njobs = 2\n'
    )
    assert load(text) == Policy(
        bypass=True, on_error="allow", timeout=4.5, help="Ask.", audit_log=Path("/var/log/a"), jobs=2
    )
    policy = load(text, bypass="no", TIMEOUT="7", maxMegabytes="3")
    assert (policy.bypass, policy.timeout, policy.max_megabytes, policy.jobs) == (False, 7.0, 3, 2)


def test_a_setting_without_a_value_is_true(load, make_repo, tmp_path):
    file = tmp_path / "server.git/config"
    file.write_text(file.read_text() + "[leakscan]\n\tbypass\n")
    assert load().bypass


def test_the_repository_may_name_another_file(load, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text("bypass = true\n")
    assert load("timeout = 5\n", policy=str(other)) == Policy(bypass=True)


def test_what_a_command_line_or_a_user_sets_does_not_count(make_repo, tmp_path):
    repo = make_repo("server.git", "--bare")
    mine = tmp_path / "gitconfig"
    mine.write_text("[leakscan]\n\tbypass = true\n")
    smuggled = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "leakscan.bypass", "GIT_CONFIG_VALUE_0": "true"}
    environment = repo.environment | smuggled | {"GIT_CONFIG_GLOBAL": str(mine)}
    with open_repository(repo.path, environment) as repository:
        assert not load_policy(repository, tmp_path / "none").bypass


@pytest.mark.parametrize(
    "text",
    [
        "bypass = 'maybe'",
        "bypass = 2",
        "onTimeout = 'open'",
        "onError = ['allow']",
        "timeout = 0",
        "timeout = -1",
        "timeout = nan",
        "timeout = 'soon'",
        "jobs = -1",
        "jobs = 1.5",
        "jobs = true",
        "config = 'rules.toml'",
        "ignore = 3",
        "help = 3",
        "Bypasss = true",
        "[leakscan]\nbypass = true",
    ],
)
def test_what_is_not_meant_is_refused(load, text):
    with pytest.raises(ConfigError, match=r"push\.toml"):
        load(text)


def test_a_file_that_is_named_and_missing_is_refused(load):
    with pytest.raises(ConfigError, match="cannot read"):
        load(policy="/nonexistent/push.toml")
