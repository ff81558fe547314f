"""Files that a ``.sops.yaml`` in the scanned folder says to encrypt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scanner.config import load_default
from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.sops import RULE_ID
from scanner.model import Config, Finding, Summary
from scanner.options import Options
from scanner.pipeline import scan_paths
from scanner.sources.sops import SopsConfigs

CONFIG = "creation_rules:\n  - path_regex: secrets/.*\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {
        ".sops.yaml": CONFIG,
        "secrets/a.yaml": "a: b\n",
        "secrets/b.env": "A=ENC[]\nsops_mac=ENC[AES256_GCM,data:YWI=,iv:Y2Q=,tag:ZWY=,type:str]\n",
        "app/secrets/c.txt": "c\n",
        "app/d.yaml": "d: e\n",
        "own/.sops.yaml": "creation_rules:\n  - age: age1x\n",
        "own/secrets/e.yaml": "e: f\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str, disabled: bool = False) -> set[bytes]:
    rules = tuple(rule for rule in load_default().rules if rule.id == RULE_ID and not disabled)
    config = Config(rules)
    detector = Detector(config, make_prefilter(sought(config), "ahocorasick"))
    items = list(scan_paths([Path(path) for path in paths], detector, Options(jobs=1), Summary()))
    return {item.path for item in items if isinstance(item, Finding) and item.rule.id == RULE_ID}


def test_files_in_clear_are_found_below_the_scanned_folder(tree: Path) -> None:
    both = {b"secrets/a.yaml", b"app/secrets/c.txt"}
    assert found(".") == both
    assert found(str(tree)) == {os.fsencode(tree) + b"/" + path for path in both}
    assert found("app") == set()  # the config is outside
    assert found("secrets/a.yaml") == set()
    assert found(".", disabled=True) == set()


def test_what_is_no_file_says_nothing(tree: Path) -> None:
    config = tree / ".sops.yaml"
    config.unlink()
    config.mkdir()
    assert found(".") == set()
    config.rmdir()
    config.symlink_to("elsewhere")
    (tree / "elsewhere").write_text(CONFIG)
    assert found(".") == set()


def test_a_folder_is_looked_into_once(tree: Path) -> None:
    configs = SopsConfigs([b"."])
    rules, path = configs.of(b"app/secrets/c.txt")
    assert path == b"app/secrets/c.txt"
    assert rules
    (tree / ".sops.yaml").unlink()
    assert configs.of(b"app/other.txt") == (rules, b"app/other.txt")
    assert configs.of(b"own/secrets/e.yaml") == ((), b"own/secrets/e.yaml")
