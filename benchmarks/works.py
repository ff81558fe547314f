"""The works that are measured. Each makes its cases, one after the other: who competes at what, and what is
aimed at (the targets are those of the project's issue on throughput)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpora import MEGABYTE, Corpus, add_history, before, git, grown, text_tree
from measure import Entrant, run
from peers import Leakscan, Program, entrant, scanned
from targets import Target, flat, frugal, less, share, within

OWN = "leakscan, own rules"
COLD, FILLING, AGAIN = "leakscan, full scan", "leakscan, filling its cache", "leakscan, again"
FIRST, LATER = "leakscan, first fetch", "leakscan, later fetch"
ONE, TWO = "leakscan, 1 job", "leakscan, 2 jobs"
REFERENCE = "python -c 'import click'"
NEW_COMMITS = 100


@dataclass(frozen=True)
class Bench:
    """What all works need.

    Attributes:
        corpora: the repositories given.
        ours: leakscan.
        peers: the programs to compare it with, by name.
        config: Gitleaks' stock config.
        folder: for corpora made of others, and for the homes of those that compete.
        tree: bytes of the tree of files.
        sizes: bytes of the packs of the repositories that growth is measured on.
    """

    corpora: list[Corpus]
    ours: Leakscan
    peers: dict[str, Program]
    config: Path
    folder: Path
    tree: int
    sizes: tuple[int, ...]

    def leakscan(
        self, kind: str, target: Path, home: Path, config: Path | None = None, **more: Any
    ) -> Entrant:
        """leakscan, by default without using earlier scans."""
        more.setdefault("options", self.ours.cold(kind))
        return entrant(self.ours.program, kind, target, home, config, **more)

    def others(
        self, names: tuple[str, ...], kind: str, target: Path, home: Path, config: Path | None = None
    ) -> list[Entrant]:
        """Those of the peers that are installed."""
        return [entrant(self.peers[name], kind, target, home, config) for name in names if name in self.peers]

    def home(self, work: str, corpus: Corpus | None = None) -> Path:
        """A folder for the homes of one case."""
        return self.folder / "homes" / work / ("" if corpus is None else corpus.name.replace("/", "-"))

    @property
    def caches(self) -> bool:
        return self.ours.has("history", "--no-cache")


@dataclass(frozen=True)
class Case:
    """Entrants that compete at one thing; `baseline` is the label that ratios are told to."""

    title: str
    entrants: list[Entrant] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    baseline: str = "leakscan"


def history(bench: Bench) -> Iterator[Case]:
    """Full history, both with Gitleaks' stock config."""
    for corpus in bench.corpora:
        home = bench.home("history", corpus)
        entrants = [
            bench.leakscan("history", corpus.path, home, bench.config),
            *bench.others(("gitleaks",), "history", corpus.path, home, bench.config),
        ]
        targets = [less("leakscan", "gitleaks", 10 if corpus.large else 6)]
        if corpus.large:
            targets.append(less("leakscan", "gitleaks", 10, "cpu"))
            targets.append(less("leakscan", "gitleaks", 1, "memory"))
        yield Case(corpus.name, entrants, targets)


def own(bench: Bench) -> Iterator[Case]:
    """Full history, each with its own default rules."""
    for corpus in bench.corpora:
        home = bench.home("own", corpus)
        names = ("betterleaks", "kingfisher")
        entrants = [
            bench.leakscan("history", corpus.path, home),
            *bench.others(names, "history", corpus.path, home),
        ]
        targets = [less("leakscan", name, 8) for name in names] if corpus.large else []
        yield Case(corpus.name, entrants, targets)


def rescan(bench: Bench) -> Iterator[Case]:
    """A second scan with nothing new, with Gitleaks' stock config."""
    if not bench.caches:
        yield Case("all", notes=["this leakscan keeps nothing of earlier scans"])
        return
    for corpus in bench.corpora:
        home = bench.home("rescan", corpus)
        again = bench.leakscan("history", corpus.path, home, bench.config, options=(), label=AGAIN)
        prime(again)
        entrants = [
            bench.leakscan("history", corpus.path, home, bench.config, label=COLD),
            bench.leakscan("history", corpus.path, home, bench.config, options=(), label=FILLING, fresh=True),
            again,
        ]
        targets = [share(AGAIN, COLD, 0.03), within(AGAIN, 0.5)] if corpus.large else [within(AGAIN, 0.5)]
        notes = [f"{FILLING}: begins with nothing cached, compiled rules neither"]
        yield Case(corpus.name, entrants, targets, notes, COLD)


def fetched(bench: Bench) -> Iterator[Case]:
    """A second scan, after a fetch of about 100 new commits, with Gitleaks' stock config."""
    if not bench.caches:
        yield Case("all", notes=["this leakscan keeps nothing of earlier scans"])
        return
    for corpus in bench.corpora:
        old = before(corpus, NEW_COMMITS)
        if old is None:
            yield Case(corpus.name, notes=[f"has no more than {NEW_COMMITS} commits"])
            continue
        home = bench.home("fetched", corpus)
        shutil.rmtree(home, ignore_errors=True)
        target, older = home / "repository.git", before(corpus, 2 * NEW_COMMITS)
        add_history(target, corpus, older or old, "refs/heads/main")
        later = _rescanned(bench, target, home, LATER)
        if older:
            prime(later)
            add_history(target, corpus, old, "refs/heads/main", older)
        entrants = [bench.leakscan("history", target, home, bench.config, label=COLD)]
        for label in (FIRST, LATER) if older else (FIRST,):
            entrants.append(_rescanned(bench, target, home, label))
            prime(entrants[-1])
            shutil.copytree(entrants[-1].cache, home / label)
        git(target, "fetch", "-q", str(corpus.path), "HEAD:main")
        new = git(target, "rev-list", "--count", f"{old}..main")
        ready = [entrants[0], *(_from_kept(each, home / each.label) for each in entrants[1:])]
        targets = [share(each.label, COLD, 0.06) for each in ready[1:] if corpus.large]
        notes = [f"{new} new commits; before, a first fetch has seen one scan, a later one two"]
        yield Case(corpus.name, ready, targets, notes, COLD)


def _rescanned(bench: Bench, target: Path, home: Path, label: str) -> Entrant:
    return bench.leakscan("history", target, home, bench.config, options=(), label=label)


def _from_kept(again: Entrant, kept: Path) -> Entrant:
    """`again`, with its cache put back before each run to what was kept of it."""

    def restore() -> None:
        again.prepare()
        shutil.rmtree(again.cache)
        shutil.copytree(kept, again.cache)

    return replace(again, prepare=restore)


def prime(ready: Entrant) -> None:
    """Run an entrant once, before it competes."""
    ready.home.mkdir(parents=True, exist_ok=True)
    ready.prepare()
    run(ready)


def staged(bench: Bench) -> Iterator[Case]:
    """One small file in the index, with the caches of earlier runs.

    Python's own start runs beside it, for reference.
    """
    tree, name = _index(bench)
    home = bench.home("staged")
    reference = Entrant(REFERENCE, (sys.executable, "-c", "import click"), home / "python")
    entrants = [
        bench.leakscan("staged", tree, home, bench.config),
        bench.leakscan("staged", tree, home, label=OWN),
        *bench.others(("gitleaks",), "staged", tree, home, bench.config),
        reference,
    ]
    targets = [less("leakscan", "gitleaks", 6), within("leakscan", 0.06, REFERENCE)]
    yield Case(f"work tree of {name}", entrants, targets)


def first(bench: Bench) -> Iterator[Case]:
    """One small file in the index, with nothing cached yet."""
    tree, name = _index(bench)
    home = bench.home("first")
    entrants = [
        bench.leakscan("staged", tree, home, bench.config, fresh=True),
        bench.leakscan("staged", tree, home, label=OWN, fresh=True),
        *bench.others(("gitleaks",), "staged", tree, home, bench.config),
    ]
    yield Case(f"work tree of {name}", entrants, [less(label, "gitleaks", 1) for label in ("leakscan", OWN)])


def _index(bench: Bench) -> tuple[Path, str]:
    """A work tree of the smallest repository with one small file staged, and that repository's name."""
    corpus = min(bench.corpora, key=lambda corpus: corpus.commits)
    tree = bench.folder / "staged"
    if not tree.exists():
        git(bench.folder, "clone", "-q", "--shared", str(corpus.path), str(tree))
        (tree / "added.py").write_text("".join(f"setting_{n} = {n * n}\n" for n in range(40)), "utf-8")
        git(tree, "add", "added.py")
    return tree, corpus.name


def folder(bench: Bench) -> Iterator[Case]:
    """A tree of files of text."""
    tree, size = text_tree(bench.corpora, bench.tree, bench.folder)
    home = bench.home("dir")
    entrants = [
        bench.leakscan("dir", tree, home, bench.config),
        *bench.others(("gitleaks",), "dir", tree, home, bench.config),
        bench.leakscan("dir", tree, home, label=OWN),
        *bench.others(("kingfisher",), "dir", tree, home),
    ]
    files = sum(len(names) for _, _, names in os.walk(tree))
    notes = [f"{files:,} files; leakscan and gitleaks with Gitleaks' stock config, the others with their own"]
    targets = [less("leakscan", "gitleaks", 8), less(OWN, "kingfisher", 3)]
    yield Case(f"{size / MEGABYTE:.0f} MB", entrants, targets, notes)


def growth(bench: Bench) -> Iterator[Case]:
    """Full history with Gitleaks' stock config, of repositories of growing size."""
    largest_first = sorted(bench.corpora, key=lambda corpus: -corpus.packs)
    home = bench.home("growth")
    entrants, notes = [], []
    packed: dict[str, float] = {}
    objects: dict[str, int] = {}
    stats: dict[str, Path] = {}
    for size in bench.sizes:
        corpus = grown(largest_first, size, bench.folder)
        if corpus is None:
            notes.append(f"{size / MEGABYTE:.0f} MB: the repositories given have less in all")
            continue
        label = f"leakscan, {corpus.packs / MEGABYTE:.0f} MB"
        stats[label] = home / f"{corpus.path.name}.json"
        measured = ("--stats", str(stats[label])) if bench.ours.has("history", "--stats") else ()
        options = (*bench.ours.cold("history"), *measured)
        entrants.append(
            bench.leakscan("history", corpus.path, home, bench.config, label=label, options=options)
        )
        packed[label], objects[label] = corpus.packs / MEGABYTE, corpus.objects
        notes.append(f"{label}: {corpus.commits:,} commits, {corpus.objects:,} objects")
    targets = [
        flat(lambda label: scanned(stats[label]) / MEGABYTE, "text scanned", 0.2),
        flat(packed.__getitem__, "packs", 0.2),
        *(frugal(objects, 64, kind) for kind in ("memory", "anonymous")),
    ]
    yield Case("packs", entrants, targets, notes, entrants[0].label if entrants else "")


def jobs(bench: Bench) -> Iterator[Case]:
    """Full history with Gitleaks' stock config, on one core and on two."""
    if (os.cpu_count() or 1) < 2:
        yield Case("all", notes=["this machine has one core"])
        return
    for corpus in bench.corpora:
        home = bench.home("jobs", corpus)
        entrants = [
            bench.leakscan(
                *("history", corpus.path, home, bench.config),
                label=label,
                options=(*bench.ours.cold("history"), "--jobs", number),
            )
            for label, number in ((ONE, "1"), (TWO, "2"))
        ]
        yield Case(corpus.name, entrants, [less(TWO, ONE, 1.8)] if corpus.large else [], baseline=TWO)


WORKS: dict[str, Callable[[Bench], Iterator[Case]]] = {
    "history": history,
    "own": own,
    "rescan": rescan,
    "fetched": fetched,
    "staged": staged,
    "first": first,
    "dir": folder,
    "growth": growth,
    "jobs": jobs,
}
