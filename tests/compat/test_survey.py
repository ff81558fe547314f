"""The survey says of each blob what scanning it whole says, whatever Git stores it as a difference to."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner import repositories
from scanner.detect import Detector, make_prefilter, make_sieve, sought
from scanner.detect.sieve import Sieve
from scanner.git import Change, Selection, open_repository
from scanner.git.delta import apply_delta
from scanner.locate import Locator, Place, scan_text
from scanner.model import Config, Summary
from scanner.options import Options
from scanner.repositories import scan_history

RUNS = settings(
    max_examples=1500,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", params=["hyperscan", "ahocorasick"])
def both(request: pytest.FixtureRequest, config: tuple[str, Config]) -> tuple[Detector, Sieve]:
    engine = request.param
    return Detector(config[1], make_prefilter(sought(config[1]), engine)), make_sieve(config[1], engine)


@pytest.fixture(autouse=True)
def _small_histories_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repositories, "_FEW_COMMITS", -1)


class Blobs:
    """A repository of contents that are their own names."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents

    def read_blob(self, id: str) -> bytes:
        return self.contents[id]

    def shown_as_text(self, path: bytes) -> bool:
        return False


@pytest.mark.slow
@RUNS
@given(data=st.data())
def test_what_a_delta_brings_in_is_suspect(
    data: st.DataObject,
    versions: st.SearchStrategy[tuple[bytes, bytes]],
    both: tuple[Detector, Sieve],
) -> None:
    detector, sieve = both
    pair = data.draw(versions)
    base, new = pair if data.draw(st.booleans()) else pair[::-1]
    delta = encoded(base, new, data.draw(st.sampled_from((1, 4, 0))))
    content, spans = apply_delta(base, delta, sieve.margin, 1 << 20)
    assert content == new
    before = sieve.sift([base])
    here = sieve.sift([content[start:end] for start, end in spans])
    trace = before.trace | here.trace
    if (
        not new
        or b"\0" in base + new
        or before.suspect
        or here.suspect
        or (trace and sieve.holds(trace, new))
    ):
        return
    assert not scan_text(detector, new).matches
    blobs: Any = Blobs(new=new, old=base)
    locator = Locator(blobs, detector, lambda change: Place(change.path))
    found = list(locator.findings(Change("", b"a.txt", "new", ("old",))))
    assert not found, (base, new, spans, found)


def encoded(base: bytes, new: bytes, smallest: int) -> bytes:
    """A delta in Git's format: of bytes where runs of at least `smallest` are copied, or (0) of lines."""
    sides = (base, new) if smallest else (base.splitlines(keepends=True), new.splitlines(keepends=True))
    starts: list[list[int]] = [[0], [0]]
    for found, side in zip(starts, sides, strict=True):
        for part in side:
            found.append(found[-1] + (len(part) if isinstance(part, bytes) else 1))
    operations = b""
    at = 0
    for match in SequenceMatcher(None, *sides, autojunk=False).get_matching_blocks():
        first, last = starts[1][match.b], starts[1][match.b + match.size]
        if match.size >= smallest or last == len(new):
            operations += inserted(new[at:first])
            if last > first:
                operations += copied(starts[0][match.a], last - first)
            at = last
    return number(len(base)) + number(len(new)) + operations + inserted(new[at:])


def inserted(text: bytes) -> bytes:
    pieces = (text[start : start + 127] for start in range(0, len(text), 127))
    return b"".join(bytes((len(piece),)) + piece for piece in pieces)


def copied(offset: int, length: int) -> bytes:
    return b"\xbf" + offset.to_bytes(4, "little") + length.to_bytes(2, "little")


def number(value: int) -> bytes:
    octets = []
    while value > 127:
        octets.append(value & 127 | 128)
        value >>= 7
    return bytes((*octets, value))


@pytest.mark.slow
@settings(RUNS, max_examples=60)
@given(data=st.data(), seed=st.integers(0, 1 << 30))
def test_a_repository_however_it_is_packed(
    data: st.DataObject,
    seed: int,
    histories: st.SearchStrategy[Any],
    config: tuple[str, Config],
    both: tuple[Detector, Sieve],
) -> None:
    history = data.draw(histories)
    history.revisions[:] = [padded(revision) for revision in history.revisions]
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "repo"
        history.build(repository)
        repack(repository, random.Random(seed))  # noqa: S311
        slow = scanned(repository, both[0], None)
        assert scanned(repository, both[0], both[1]) == slow


def padded(revision: Any) -> Any:
    """The revision with longer files: Git makes no deltas of files under 50 bytes."""
    filler = b"".join(b"line %d of a file that has some more of them\n" % n for n in range(12))
    files = {
        path: (mode, filler + content + b"\n" + filler if mode in (0o100644, 0o100755) else content)
        for path, (mode, content) in revision.files.items()
    }
    return replace(revision, files=files)


def repack(repository: Path, chance: random.Random) -> None:
    """Pack a repository in one of the ways in which repositories are."""

    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, check=True).stdout

    git("-c", "fastimport.unpackLimit=0", "config", "core.compression", str(chance.randint(0, 9)))
    for _ in range(chance.randint(0, 2)):
        depth, window = str(chance.choice((1, 3, 50))), str(chance.choice((2, 10, 50)))
        base = chance.choice(("true", "false"))
        options = ("-q", "-f", f"--depth={depth}", f"--window={window}")
        match chance.choice("anmk"):
            case "a":
                git("-c", f"repack.useDeltaBaseOffset={base}", "repack", "-a", "-d", *options)
            case "n":
                git("repack", *options)
            case "m":
                git("repack", "-a", *options)
                git("multi-pack-index", "write")
            case _:
                unpacked(repository, git)


def unpacked(repository: Path, git: Callable[..., bytes]) -> None:
    """Turn every pack into loose objects."""
    packs = list((repository / "objects" / "pack").glob("*.pack"))
    for pack in packs:
        content = pack.read_bytes()
        for file in pack.parent.glob(pack.stem + ".*"):
            file.unlink()
        subprocess.run(["git", "unpack-objects", "-q"], cwd=repository, input=content, check=True)
    for index in (repository / "objects" / "pack").glob("multi-pack-index*"):
        index.unlink()


def scanned(repository: Path, detector: Detector, sieve: Sieve | None) -> Counter[str]:
    with open_repository(repository) as opened:
        items = scan_history(
            opened, Selection(), detector, Options(), Summary(), None, (lambda: sieve) if sieve else None
        )
        return Counter(map(told, items))


def told(item: Any) -> str:
    return repr(replace(item, link="") if hasattr(item, "link") else item)
