from __future__ import annotations

import pytest

from scanner.errors import UsageError
from scanner.git import hooks


def write(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")


OURS = "#!/bin/sh\nexec leakscan hook run pre-commit\n"


def test_the_folder_is_shared_unless_configured(make_repo, opened, tmp_path):
    repo = make_repo()
    assert hooks.hooks_folder(opened(repo)) == repo.path / ".git/hooks"
    repo.git("config", "core.hooksPath", "mine")
    assert hooks.hooks_folder(opened(repo)) == repo.path / "mine"
    repo.git("config", "core.hooksPath", str(tmp_path / "all"))
    assert hooks.hooks_folder(opened(repo)) == tmp_path / "all"
    bare = make_repo("bare", "--bare")
    assert hooks.hooks_folder(opened(bare)) == bare.path / "hooks"
    bare.git("config", "core.hooksPath", "mine")
    assert hooks.hooks_folder(opened(bare)) == bare.path / "mine"


def test_the_folder_for_all_repositories(tmp_path):
    assert hooks.global_folder({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "leakscan/hooks"
    assert hooks.global_folder({}).parts[-3:] == (".config", "leakscan", "hooks")


def test_install_and_uninstall(tmp_path):
    assert not hooks.look(tmp_path, "pre-commit").exists
    assert not hooks.uninstall(tmp_path, "pre-commit")
    write(tmp_path / "pre-commit", "echo theirs")
    hook = hooks.install(tmp_path, "pre-commit", OURS)
    assert hook.ours
    assert hook.before
    assert hooks.install(tmp_path, "pre-commit", OURS) == hook
    assert hooks.uninstall(tmp_path, "pre-commit")
    assert "theirs" in (tmp_path / "pre-commit").read_text()
    hooks.install(tmp_path, "commit-msg", OURS)
    assert hooks.uninstall(tmp_path, "commit-msg")
    assert [file.name for file in tmp_path.iterdir()] == ["pre-commit"]


def test_a_kept_hook_is_not_written_over(tmp_path):
    write(tmp_path / "pre-commit", "one")
    write(tmp_path / f"pre-commit{hooks.BEFORE}", "two")
    with pytest.raises(UsageError, match="is there already"):
        hooks.install(tmp_path, "pre-commit", OURS)


def test_what_cannot_be_done_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        hooks.install(tmp_path / "file", "pre-commit", OURS)
    hooks.install(tmp_path, "pre-commit", OURS)
    write(tmp_path / f"pre-commit{hooks.BEFORE}/x", "")
    (tmp_path / "pre-commit").chmod(0o644)
    assert hooks.uninstall(tmp_path, "pre-commit")
    hooks.install(tmp_path, "update", OURS)
    (tmp_path / "update").unlink()
    (tmp_path / "update").symlink_to("nowhere")
    assert hooks.look(tmp_path, "update").exists
    assert not hooks.uninstall(tmp_path, "update")


def test_others_are_passed_on(tmp_path):
    hooks.install(tmp_path, "pre-commit", OURS)
    hooks.pass_on_others(tmp_path)
    assert hooks.look(tmp_path, "pre-commit").ours
    assert not hooks.look(tmp_path, "pre-push").ours
    hooks.install(tmp_path, "pre-push", OURS)
    assert not hooks.look(tmp_path, "pre-push").before
    hooks.remove_passing_on(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pre-commit", "pre-push"]


def test_who_else_writes_hooks(tmp_path):
    assert hooks.managed_by(tmp_path / ".husky/_", "pre-commit") == "husky"
    assert hooks.managed_by(tmp_path, "pre-commit") == ""
    write(tmp_path / "pre-commit", "lefthook run")
    assert hooks.managed_by(tmp_path, "pre-commit") == "lefthook"
    write(tmp_path / "pre-commit", "true")
    assert hooks.managed_by(tmp_path, "pre-commit") == ""


def test_the_script_finds_this_installation():
    assert hooks.with_path("#!/bin/sh\nexec x\n").splitlines()[1].startswith('PATH="$PATH":')
