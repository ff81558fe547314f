"""Scores leakscan and the installed peers on lines that a reader labelled; writes RESULTS.md.

    python benchmarks/accuracy/compare.py --clones CLONES --peers PEERS/bin

CLONES has a clone of each repository that `labels.tsv` and `noise.tsv` name, called ``owner+name.git``. What
is missing is said in the report, and the rest goes on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import noise
import samples
from labels import lay_out, read_labels
from peers import Leakscan, find_peers
from scanners import Found, Scanner, installed
from scores import reported
from tables import Page, markdown

HERE = Path(__file__).parent
GIVEN = HERE.parents[2] / "shared" / "samples" / "dev.json"


def main() -> int:
    """Score and write; 1 where nothing could be scored."""
    arguments = parse()
    with tempfile.TemporaryDirectory() as temporary:
        page = measure(arguments, Path(temporary).resolve())
    if not page.labels:
        print("None of the labelled repositories is in the folder of clones.", file=sys.stderr)
        return 1
    arguments.output.write_text(markdown(page), "utf-8")
    return 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--clones", type=Path, required=True, help="folder of clones, called owner+name.git")
    parser.add_argument("--peers", type=Path, action="append", default=[], help="a folder of programs")
    parser.add_argument("--no-history", action="store_true", help="leave the noise on histories out")
    parser.add_argument("--output", type=Path, default=HERE / "RESULTS.md")
    return parser.parse_args()


def measure(arguments: argparse.Namespace, folder: Path) -> Page:
    """Everything that the report shows."""
    scanners, missing = installed([path.resolve() for path in arguments.peers])
    clones = arguments.clones.resolve()
    labels, absent = lay_out(read_labels(HERE / "labels.tsv"), clones, folder / "labels")
    page = Page([f"{each.name} {each.version}" for each in scanners], missing + absent, labels)
    given = samples.read_samples(GIVEN) if GIVEN.exists() else []
    if given:
        samples.lay_out(given, folder / "samples")
    for scanner in scanners if labels else []:
        print(scanner.name, file=sys.stderr, flush=True)
        report = folder / "report.json"
        page.found[scanner.name] = reported(labels, _scan(scanner, folder / "labels", report, page))
        if given:
            found = _scan(scanner, folder / "samples", report, page)
            page.samples[scanner.name] = samples.shares(given, found)
    if labels and not arguments.no_history:
        _histories(page, clones, arguments.peers, folder)
    return page


def _scan(scanner: Scanner, folder: Path, report: Path, page: Page) -> list[Found]:
    try:
        return scanner.scan(folder, report)
    except (OSError, ValueError) as error:
        page.missing.append(f"{scanner.name} failed: {type(error).__name__}")
        return []


def _histories(page: Page, clones: Path, folders: list[Path], folder: Path) -> None:
    """Measure the noise of ours and of Gitleaks on whole histories."""
    labelled = noise.read_samples(HERE / "noise.tsv")
    whole, missing = noise.histories(labelled, clones)
    page.missing += missing
    peers, _ = find_peers([path.resolve() for path in folders])
    for program in filter(None, (Leakscan().program, peers.get("gitleaks"))):
        print(f"{program.name}: histories", file=sys.stderr, flush=True)
        page.noise[program.name] = noise.measure(program, labelled, whole, folder / "history.json")


if __name__ == "__main__":
    sys.exit(main())
