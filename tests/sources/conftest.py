"""Archives made in memory, and the real Gitleaks to compare with."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

TOKEN_RULE = "[[rules]]\nid = 'token'\nregex = '''tok_[a-z0-9]{8}'''\n"


@pytest.fixture(scope="session")
def make_zip() -> Callable[..., bytes]:
    def make(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def make_tar() -> Callable[..., bytes]:
    def make(files: Mapping[str, bytes], mode: str = "w", format_: int = tarfile.PAX_FORMAT) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode, format=format_) as archive:  # type: ignore[call-overload]
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def gitleaks_files() -> Callable[..., set[tuple[str, int]]]:
    """The files and lines in which the real Gitleaks finds ``tok_…``, run with arguments in a folder."""
    program = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")
    if program is None:
        pytest.skip("needs the real gitleaks")

    def run(folder: Path, *arguments: str, rules: str = TOKEN_RULE) -> set[tuple[str, int]]:
        config, report = folder.parent / "rules.toml", folder.parent / "report.json"
        config.write_text(rules)
        report.unlink(missing_ok=True)
        command = [program, "dir", *(arguments or (".",)), "-c", str(config), "-r", str(report)]
        subprocess.run(command, cwd=folder, check=False, capture_output=True)
        return {(finding["File"], finding["StartLine"]) for finding in json.loads(report.read_text())}

    return run
