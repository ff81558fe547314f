from __future__ import annotations

import os
import subprocess
import time

import pytest

from scanner.errors import RepositoryError
from scanner.git import open_repository, staged, unstaged, work_tree_content
from scanner.git.history import history
from scanner.git.program import Dialogue, GitFailed, Program, clean_environment, quarantine


def test_environment_keeps_what_configures_git_and_drops_what_redirects_it():
    given = {
        "PATH": "/bin",
        "GIT_DIR": "/elsewhere",
        "GIT_WORK_TREE": "/elsewhere",
        "GIT_INDEX_FILE": "i",
        "GIT_EXTERNAL_DIFF": "evil",
        "GIT_TRACE": "1",
        "GIT_CONFIG_GLOBAL": "/g",
        "GIT_OPTIONAL_LOCKS": "1",
    }
    clean = clean_environment(given)
    assert clean["PATH"] == "/bin"
    assert clean["GIT_CONFIG_GLOBAL"] == "/g"
    assert clean["GIT_OPTIONAL_LOCKS"] == "0"
    assert not {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_TRACE"} & clean.keys()


def test_a_quarantine_is_looked_into_on_purpose_alone(make_repo, opened, tmp_path):
    repo = make_repo()
    objects = repo.path / ".git/objects"
    (tmp_path / "pushed").mkdir()
    surroundings = repo.environment | {
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "pushed"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
        "GIT_DIR": "/elsewhere",
    }
    repo.environment |= surroundings
    del repo.environment["GIT_DIR"]
    blob = repo.blob(b"pushed")
    assert opened(repo).problem(blob) is not None
    with open_repository(repo.path, surroundings, quarantine(surroundings)) as repository:
        assert repository.read(blob) == ("blob", b"pushed")
        assert repository.kind(blob) == "blob"
        assert repository.program.at(tmp_path).environment["GIT_NO_REPLACE_OBJECTS"] == "1"
        assert "GIT_DIR" not in repository.program.environment


def test_output_takes_stdin_larger_than_a_pipe(make_repo):
    repo = make_repo()
    program = Program(repo.path, repo.environment)
    data = b"x" * 1_000_000
    id = program.output("hash-object", "-w", "--stdin", stdin=data).decode().strip()
    assert program.output("cat-file", "blob", id) == data


def test_failure_is_by_status_and_tells_the_last_line(make_repo):
    repo = make_repo()
    with pytest.raises(GitFailed) as failure:
        Program(repo.path, repo.environment).output("rev-parse", "--verify", "nothing-of-that-name")
    assert failure.value.status == 128
    assert str(failure.value) == "git rev-parse: fatal: Needed a single revision"


def test_noise_on_stderr_is_no_failure(make_repo):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    (repo.path / ".git/refs/heads/broken").write_text("no object name\n")
    program = Program(repo.path, repo.environment)
    assert program.output("for-each-ref", "--format=%(refname)") == b"refs/heads/main\n"  # and a warning


def test_failure_without_words_tells_the_status(make_repo):
    repo = make_repo()
    with pytest.raises(GitFailed, match="git config: exit status 1"):
        Program(repo.path, repo.environment).output("config", "no.such")


def test_much_stderr_does_not_block(make_repo):
    repo = make_repo()
    for n in range(2000):
        (repo.path / f".git/refs/heads/{'broken' * 10}{n}").write_text("garbage\n")
    assert Program(repo.path, repo.environment).output("for-each-ref") == b""


def test_git_not_installed(make_repo, tmp_path):
    repo = make_repo()
    with pytest.raises(RepositoryError, match="install Git"):
        open_repository(repo.path, {"PATH": str(tmp_path)})


def test_git_that_cannot_be_run(make_repo, tmp_path):
    repo = make_repo()
    (tmp_path / "git").write_text("no program")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(RepositoryError, match="cannot run git"):
        open_repository(repo.path, {"PATH": str(tmp_path)})


def test_leaving_the_block_ends_a_program_that_was_not_read(make_repo):
    repo = make_repo()
    program = Program(repo.path, repo.environment)
    start = time.monotonic()
    with program.start("cat-file", "--batch") as process:
        pass
    assert process._popen.returncode is not None
    assert time.monotonic() - start < 5


def test_abandoned_history_ends_its_program(make_repo, opened):
    repo = make_repo()
    for n in range(5):
        repo.commit({"a": f"{n}\n"})
    changes = history(opened(repo))
    next(changes)
    changes.close()
    children = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="], capture_output=True, text=True
    )
    assert "git" not in children.stdout.replace("pytest", "")


def test_dialogue_answers_each_commit_and_survives_a_bad_one(make_repo):
    repo = make_repo()
    first, second = repo.commit({"a": "1\n"}, "one"), repo.commit({"a": "2\n"}, "two")
    dialogue = Dialogue(
        Program(repo.path, repo.environment), "diff-tree", "--stdin", "-s", "--always", "--format=%s"
    )
    try:
        assert dialogue.ask(first) == b"one\n"
        assert dialogue.ask("0" * 40) == b""
        assert dialogue.ask(second) == b"two\n"
    finally:
        dialogue.close()


def test_dialogue_whose_program_dies(make_repo):
    repo = make_repo()
    commit = repo.commit({"a": "1\n"})
    dialogue = Dialogue(Program(repo.path, repo.environment), "diff-tree", "--no-such-option")
    assert dialogue.ask(commit) is None
    assert dialogue.ask(commit) is None
    dialogue.close()


@pytest.fixture
def trap(make_repo):
    """A repository whose configuration and attributes would run a program that leaves a file behind."""
    repo = make_repo()
    repo.commit({"a.txt": "1\n", "b.txt": "x\r\ny\r\n"})
    evil = repo.path / "evil.sh"
    mark = repo.path / "ran"
    evil.write_text(f"#!/bin/sh\necho ran >> '{mark}'\ncat\n")
    evil.chmod(0o755)
    hooks = repo.path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "post-checkout"):
        (hooks / name).write_text(evil.read_text())
        (hooks / name).chmod(0o755)
    for key in (
        *("core.fsmonitor", "core.pager", "pager.log", "pager.diff", "diff.external", "gpg.program"),
        *("core.sshCommand", "core.editor", "core.askPass", "credential.helper"),
        *("diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge"),
        *("filter.evil.process", "filter.other.one.clean", "alias.log", "alias.diff", "alias.cat-file"),
    ):
        repo.git("config", key, f"!{evil}" if key.startswith("alias") else str(evil))
    repo.git("config", "filter.evil.required", "true")
    repo.git("config", "core.hooksPath", str(hooks))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "remote.origin.url", f"ext::{evil}")
    repo.git("config", "protocol.ext.allow", "always")
    (repo.path / ".git/info/attributes").write_text("* diff=evil filter=evil\n")
    repo.write("a.txt", "2\n")
    repo.write("b.txt", "x\r\nz\r\n")
    return repo, mark


def test_nothing_that_a_repository_configures_runs(trap, opened):
    repo, mark = trap
    repository = opened(repo)
    assert len(list(history(repository))) == 2
    assert list(staged(repository)) == []
    for change in unstaged(repository):
        work_tree_content(repository, change, repository.read_blob(change.olds[0]))
    repository.commit(repo.git("rev-parse", "HEAD").decode().strip())
    with pytest.raises(RepositoryError):
        repository.read_blob("0" * 39 + "1")
    assert repository.remote_url().startswith("ext::")
    assert not mark.exists()


def test_a_filter_that_cannot_be_switched_off_is_refused(make_repo, opened):
    repo = make_repo()
    repo.commit({"a": "1\n"})
    with (repo.path / ".git/config").open("a") as file:
        file.write('[filter "a=b"]\n\tclean = touch ran\n')
    with pytest.raises(RepositoryError, match=r"content filter 'filter\.a=b'"):
        list(unstaged(opened(repo)))
