"""Takes corpora as given, and makes others of them: shorter histories, longer ones, trees of files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from measure import clean_environment

LARGE = 20_000  # commits from which a repository counts as large
SNAPSHOTS = 40  # places in a history of which files are taken
MEGABYTE = 1_000_000  # bytes


@dataclass(frozen=True)
class Corpus:
    """A repository on this machine, by the name that the report gives it."""

    name: str
    path: Path

    @cached_property
    def commits(self) -> int:
        """Commits that any ref reaches."""
        return int(git(self.path, "rev-list", "--all", "--count"))

    @cached_property
    def head(self) -> str:
        return git(self.path, "rev-parse", "HEAD")

    @property
    def large(self) -> bool:
        return self.commits >= LARGE

    @cached_property
    def packs(self) -> int:
        """Bytes of its packs."""
        folder = Path(git(self.path, "rev-parse", "--absolute-git-dir")) / "objects" / "pack"
        return sum(file.stat().st_size for file in folder.glob("*.pack"))

    @cached_property
    def objects(self) -> int:
        """Objects in packs and beside them."""
        counts = dict(line.split(": ") for line in git(self.path, "count-objects", "-v").splitlines())
        return int(counts["in-pack"]) + int(counts["count"])

    @cached_property
    def mainline(self) -> list[str]:
        """First parents from HEAD on, the newest first."""
        return git(self.path, "rev-list", "--first-parent", "HEAD").split()


def git(repository: Path, *arguments: str, stdin: bytes | None = None) -> str:
    """What Git prints, stripped."""
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        input=b"" if stdin is None else stdin,
        stdout=subprocess.PIPE,
        env=clean_environment(),
        check=True,
    )
    return done.stdout.decode(errors="replace").strip()


def add_history(target: Path, source: Corpus, tip: str, ref: str, without: str = "") -> None:
    """Put the history of commit `tip` of `source`, but not that of commit `without`, as one more pack into
    bare repository `target`."""
    if not target.exists():
        target.mkdir(parents=True)
        git(target, "init", "-q", "--bare")
    pack = ("git", "-C", str(source.path), "pack-objects", "-q", "--revs", "--delta-base-offset", "--stdout")
    index = ("git", "-C", str(target), "index-pack", "--stdin")
    with subprocess.Popen(
        pack, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment()
    ) as made:
        assert made.stdin is not None
        made.stdin.write(f"{tip}\n^{without}\n".encode() if without else f"{tip}\n".encode())
        made.stdin.close()
        subprocess.run(
            index, stdin=made.stdout, stdout=subprocess.DEVNULL, env=clean_environment(), check=True
        )
    git(target, "update-ref", ref, tip)
    git(target, "symbolic-ref", "HEAD", ref)


def before(source: Corpus, commits: int) -> str | None:
    """The newest of HEAD's first parents that at least `commits` commits came after; None where all did."""
    for old in source.mainline[1 : commits + 1]:
        if int(git(source.path, "rev-list", "--count", f"{old}..HEAD")) >= commits:
            return old
    return None


def grown(corpora: list[Corpus], size: int, folder: Path) -> Corpus | None:
    """A repository of about `size` bytes of packs: whole histories while they fit, then a part of the next.

    None where all of them together are smaller than that.
    """
    if sum(corpus.packs for corpus in corpora) < 0.9 * size:
        return None
    made = Corpus(f"{size // MEGABYTE} MB", folder / f"grown-{size // MEGABYTE}.git")
    if made.path.exists():
        return made
    left = size
    for number, corpus in enumerate(corpora):
        add_history(made.path, corpus, _tip(corpus, left), f"refs/heads/part-{number}")
        left -= corpus.packs
        if left <= 0.02 * size:
            break
    return made


def _tip(corpus: Corpus, size: int) -> str:
    """The newest of HEAD's first parents whose history takes at most `size` bytes of the packs."""

    def fits(skipped: int) -> bool:
        used = git(corpus.path, "rev-list", "--objects", "--disk-usage", corpus.mainline[skipped])
        return int(used) <= size

    if corpus.packs <= size:
        return corpus.mainline[0]
    low, high = 0, len(corpus.mainline) - 1  # `low` is too much, `high` fits
    while high - low > max(1, len(corpus.mainline) // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return corpus.mainline[high]


def text_tree(corpora: list[Corpus], size: int, folder: Path) -> tuple[Path, int]:
    """A folder with about `size` bytes of text: files of each repository at places all over its history.

    Returns:
        The folder, and how many bytes are in it.
    """
    tree = folder / f"tree-{size // MEGABYTE}"
    done = folder / f"{tree.name}.size"  # written last: a tree left half made is made again
    if done.exists():
        return tree, int(done.read_text())
    shutil.rmtree(tree, ignore_errors=True)
    total = 0
    for place, corpus, revision in _snapshots(corpora):
        if total >= size:
            break
        snapshot = tree / f"{Path(corpus.name).name}-{place}"
        snapshot.mkdir(parents=True)
        archive = ("git", "-C", str(corpus.path), "archive", "--format=tar", revision)
        with subprocess.Popen(archive, stdout=subprocess.PIPE, env=clean_environment()) as packed:
            subprocess.run(("tar", "-x", "-C", str(snapshot)), stdin=packed.stdout, check=True)
        total += _keep_text(snapshot, size - total)
    done.write_text(str(total))
    return tree, total


def _snapshots(corpora: list[Corpus]) -> Iterator[tuple[int, Corpus, str]]:
    """Places in the histories, the newest first, one of each repository in turn."""
    for place in range(SNAPSHOTS):
        for corpus in corpora:
            commits = corpus.mainline
            if place < len(commits):
                yield place, corpus, commits[place * len(commits) // min(SNAPSHOTS, len(commits))]


def _keep_text(folder: Path, limit: int) -> int:
    """Remove all but regular files of text, and what is more than `limit` bytes; how many bytes are left."""
    total = 0
    for root, _, names in os.walk(folder):
        for file in (Path(root) / name for name in sorted(names)):
            text = not file.is_symlink() and b"\0" not in file.read_bytes()[:8000]
            if text and total < limit:
                total += file.stat().st_size
            else:
                file.unlink()
    return total
