"""Measures leakscan and the installed peers side by side; writes benchmarks/RESULTS.md and RESULTS.svg.

    python benchmarks/run.py --rules GITLEAKS_CLONE NAME=REPOSITORY ...

A repository is a bare clone on this machine or an address. A peer that is missing or fails is said in the
report, and the rest goes on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from compat import local, stock_config
from corpora import MEGABYTE, Corpus
from measure import Failed, compete
from peers import Leakscan, find_peers
from report import Page, Result, facts, markdown, plot
from works import WORKS, Bench, Case

HERE = Path(__file__).parent


def main() -> int:
    """Measure and write; 1 where anything failed, 0 else."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return measure(arguments, folder)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rules", required=True, help="clone of gitleaks/gitleaks, for its config")
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each program (default: 5)")
    parser.add_argument("--only", type=names_of_works, default=list(WORKS), help=f"of {','.join(WORKS)}")
    parser.add_argument(
        "--peers", type=Path, action="append", default=[], help="a folder of programs to look in"
    )
    parser.add_argument("--folder", type=Path, help="keeps the corpora made; a temporary one by default")
    parser.add_argument("--tree", type=int, default=1000, help="MB of files for dir (default: 1000)")
    sizes = "10,30,100,300,1000"
    parser.add_argument(
        "--sizes", type=megabytes, default=megabytes(sizes), help=f"MB for growth (default: {sizes})"
    )
    parser.add_argument("--output", type=Path, default=HERE / "RESULTS.md", help="the plot goes beside it")
    parser.add_argument("repositories", nargs="+", help="NAME=PATH or NAME=ADDRESS")
    arguments = parser.parse_args()
    if arguments.runs < 1:
        parser.error("--runs: at least 1")
    return arguments


def names_of_works(text: str) -> list[str]:
    """Works by name, comma-separated, in the order in which they are measured."""
    chosen = text.split(",")
    if unknown := set(chosen) - WORKS.keys():
        raise argparse.ArgumentTypeError(f"no work is called {', '.join(sorted(unknown))}")
    return [name for name in WORKS if name in chosen]


def megabytes(text: str) -> tuple[int, ...]:
    """Comma-separated numbers of megabytes, in bytes."""
    return tuple(int(number) * MEGABYTE for number in text.split(","))


def measure(arguments: argparse.Namespace, folder: Path) -> int:
    """Measure the works chosen, one after the other; what there is so far is written after each case."""
    bench, missing = prepare(arguments, folder)
    output: Path = arguments.output
    drawn = output.with_suffix(".svg")
    page = Page(arguments.runs, _facts(bench), missing, bench.corpora, _names(bench), drawn.name)
    results: list[Result] = []
    for work in arguments.only:
        title = (WORKS[work].__doc__ or work).strip().partition("\n")[0].rstrip(".")
        for case, error in _cases(bench, work):
            say(f"{work}: {case.title}")
            results.append(Result(work, title, case, compete(case.entrants, arguments.runs, say), error))
            output.write_text(markdown(page, results), "utf-8")
            drawn.write_text(plot(results), "utf-8")
    return int(any(result.error or any(o.error for o in result.outcomes) for result in results))


def prepare(arguments: argparse.Namespace, folder: Path) -> tuple[Bench, list[str]]:
    """Repositories and programs; and a line on each program that is missing."""
    corpora = []
    for repository in arguments.repositories:
        name, _, source = repository.partition("=")
        corpora.append(Corpus(name, local(source, folder)))
    peers, missing = find_peers(arguments.peers)
    config = stock_config(arguments.rules, folder)
    tree = arguments.tree * MEGABYTE
    return Bench(corpora, Leakscan(), peers, config, folder, tree, arguments.sizes), missing


def _facts(bench: Bench) -> list[str]:
    rules = bench.config.read_bytes()
    count, digest = rules.count(b"[[rules]]"), sha256(rules).hexdigest()[:12]
    programs = [
        f"{program.name} {program.version}" for program in (bench.ours.program, *bench.peers.values())
    ]
    stock = f"Gitleaks' stock config: {count} rules, SHA-256 {digest}"
    return [*facts(programs + _revision(), os.cpu_count() or 1), stock]


def _cases(bench: Bench, work: str) -> Iterator[tuple[Case, str]]:
    """The cases of a work; where one cannot be made, an empty one and why, and no more of that work."""
    try:
        for case in WORKS[work](bench):
            yield case, ""
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        yield Case("not made"), " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _names(bench: Bench) -> dict[str, str]:
    """What the report writes for this machine's paths."""
    names = {f"{bench.folder}/": "", sys.executable: "python"}
    for corpus in bench.corpora:
        names[str(corpus.path)] = f"{Path(corpus.name).name}.git"
    for program in (bench.ours.program, *bench.peers.values()):
        names[str(program.path)] = program.name
    return names


def _revision() -> list[str]:
    """The commit of the checkout that is measured, where it is one."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [f"commit {done.stdout.strip()}"] if done.returncode == 0 else []


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
