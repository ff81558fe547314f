"""The source distribution has all that a build needs, and installs without a C compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "__pycache__")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution of a copy of the checkout: building writes beside what it builds."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("scanner", "rules", "hooks"):
        shutil.copytree(ROOT / name, source / name, ignore=BUILT)
    build(source, "--sdist", target)
    (made,) = target.glob("*.tar.gz")
    return made


def build(source: Path, kind: str, target: Path) -> None:
    command = (sys.executable, "-m", "build", kind, "--no-isolation", "--outdir", target, source)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_it_has_what_is_compiled_and_the_rules(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    modules = {f"scanner/git/{name}.{kind}" for name in ("delta", "entries") for kind in ("py", "pxd")}
    rules = {f"rules/{path.name}" for path in ROOT.glob("rules/*.toml")}
    assert rules
    pages = {f"scanner/report/page/{path.name}" for path in ROOT.glob("scanner/report/page/*")}
    assert pages
    assert modules | rules | pages | {"setup.py", "scanner/py.typed", "LICENSE"} <= names
    assert not [name for name in names if name.endswith((".so", ".pyd", ".c"))]


@pytest.mark.skipif(os.name == "nt", reason="MSVC is not chosen by a variable")
def test_it_installs_without_a_compiler_and_works(sdist: Path, tmp_path: Path) -> None:
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", tmp_path / "site")
    environment = os.environ | {"CC": "false", "CXX": "false"}
    install = (sys.executable, "-m", "pip", "install", *options, sdist)
    done = subprocess.run(install, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    tried = subprocess.run(
        (sys.executable, ROOT / "tests" / "installed.py", "uncompiled"),
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert tried.returncode == 0, tried.stderr
    assert "(uncompiled) works" in tried.stdout
