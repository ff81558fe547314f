"""Renders what was measured: a page of Markdown, and a plot."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from xml.sax.saxutils import escape

from corpora import MEGABYTE, Corpus
from measure import Outcome, Sample
from targets import Target, value
from works import Case

COLOURS = {"leakscan": "#2f7d4f", "gitleaks": "#8a5a9e", "betterleaks": "#b5762a", "kingfisher": "#3a6ea5"}
LEFT, BAR, RIGHT, LINE = 220, 420, 80, 22  # pixels


@dataclass(frozen=True)
class Result:
    """A case and how it went; `error` where it could not be made."""

    work: str
    title: str
    case: Case
    outcomes: list[Outcome]
    error: str = ""


@dataclass(frozen=True)
class Page:
    """All that the report says.

    Attributes:
        facts: lines on machine and programs.
        missing: lines on what could not be compared.
        names: paths as the report writes them; no path of this machine belongs in it.
        plot: file name of the plot.
    """

    runs: int
    facts: list[str]
    missing: list[str]
    corpora: list[Corpus]
    names: dict[str, str]
    plot: str


def markdown(page: Page, results: list[Result]) -> str:
    """The whole report."""
    parts = [
        "# Results of the benchmarks",
        f"Written by `run.py`; see `README.md` for how to reproduce it. Medians of {page.runs} runs after a "
        "first one that warms up and in which memory is looked at. Programs take turns. Memory is the "
        "largest sum of the proportional set sizes (PSS) of all processes, in brackets that of their "
        "anonymous parts alone.",
        "\n".join(f"- {fact}" for fact in page.facts),
        "\n".join(f"- **{line}**" for line in page.missing),
        _corpora(page.corpora),
        f"![Wall times]({page.plot})",
        _targets(results),
        *(_section(page, results, work) for work in dict.fromkeys(result.work for result in results)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]], left: int = 1) -> str:
    names = list(head)
    rule = ["---" if number < left else "--:" for number in range(len(names))]
    lines = (names, rule, *rows)
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _corpora(corpora: list[Corpus]) -> str:
    rows = [
        (c.name, f"{c.commits:,}", f"{c.objects:,}", f"{c.packs / MEGABYTE:,.1f}", f"`{c.head[:12]}`")
        for c in corpora
    ]
    return _table(("repository", "commits", "objects", "packs, MB", "HEAD"), rows)


def _targets(results: list[Result]) -> str:
    rows = [
        (result.work, result.case.title, target.text, *_judged(result, target))
        for result in results
        for target in result.case.targets
    ]
    if not rows:
        return ""
    return "## Targets\n\n" + _table(("work", "on", "target", "measured", "met"), rows, left=3)


def _judged(result: Result, target: Target) -> tuple[str, str]:
    outcomes = {outcome.entrant.label: outcome for outcome in result.outcomes}
    try:
        measured, met = target.judge(outcomes)
    except (KeyError, ValueError):
        return "not measured", "-"
    return measured, "yes" if met else "**no**"


def _section(page: Page, results: list[Result], work: str) -> str:
    own = [result for result in results if result.work == work]
    return "\n\n".join([f"## {own[0].title} (`{work}`)", *(_case(page, result) for result in own)])


def _case(page: Page, result: Result) -> str:
    baseline = next((o for o in result.outcomes if o.entrant.label == result.case.baseline), None)
    rows = [_row(outcome, baseline) for outcome in result.outcomes]
    head = ("program", "wall", "from - to", "CPU", f"wall / {result.case.baseline}", "memory", "findings")
    failed = [
        f"- **{o.entrant.label} failed: {shown(o.error, page.names)}**" for o in result.outcomes if o.error
    ]
    notes = [*(f"- {note}" for note in result.case.notes), *failed]
    if result.error:
        notes.append(f"- **not measured: {shown(result.error, page.names)}**")
    commands = [shown(" ".join(map(_quoted, o.entrant.command)), page.names) for o in result.outcomes]
    parts = [
        f"### {result.case.title}",
        _table(head, rows) if rows else "",
        "\n".join(notes),
        "\n".join(["```", *commands, "```"]) if commands else "",
    ]
    return "\n\n".join(filter(None, parts))


def _row(outcome: Outcome, baseline: Outcome | None) -> tuple[object, ...]:
    memory = outcome.memory and (
        f"{outcome.memory.pss / MEGABYTE:,.0f} ({outcome.memory.anonymous / MEGABYTE:,.0f}) MB"
    )
    found = "-" if outcome.findings is None else f"{outcome.findings:,}"
    if outcome.error or not outcome.samples:
        return (outcome.entrant.label, "failed", "-", "-", "-", "-", "-")
    walls = [sample.wall for sample in outcome.samples]
    ratio = "-" if baseline is None or not baseline.samples else f"{_median(outcome) / _median(baseline):.2f}"
    return (
        *(outcome.entrant.label, seconds(statistics.median(walls))),
        f"{seconds(min(walls))} - {seconds(max(walls))}",
        seconds(statistics.median(sample.cpu for sample in outcome.samples)),
        *(ratio, memory or "-", found),
    )


def _median(outcome: Outcome) -> float:
    return value(outcome, "wall")


def seconds(value: float) -> str:
    """Seconds for people: three digits that matter."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 100 else f"{value:,.0f} s"


def _quoted(argument: str) -> str:
    return f'"{argument}"' if " " in argument else argument


def shown(text: str, names: dict[str, str]) -> str:
    """`text` with paths of this machine replaced by what they stand for, the longest first."""
    for path in sorted(names, key=len, reverse=True):
        text = text.replace(path, names[path])
    return text


def facts(programs: Iterable[str], cores: int) -> list[str]:
    """Lines on the programs' versions, the machine and the date."""
    git = subprocess.check_output(["git", "--version"], text=True).split()[2]
    return [
        ", ".join(programs),
        f"Python {platform.python_version()}, Git {git}, {platform.system()} {_kernel()}",
        f"{cores} cores, {_processor()}, {_memory()}",
        f"{datetime.now(timezone.utc):%Y-%m-%d}, load average {os.getloadavg()[0]:.1f} at the start",
    ]


def _kernel() -> str:
    return platform.release().split("-")[0]


def _processor() -> str:
    return (
        _first(Path("/proc/cpuinfo"), r"(?m)^model name\s*:\s*(.+)$")
        or platform.processor()
        or platform.machine()
    )


def _memory() -> str:
    kilobytes = _first(Path("/proc/meminfo"), r"(?m)^MemTotal:\s*(\d+) kB$")
    return f"{int(kilobytes) / 2**20:.0f} GiB of memory" if kilobytes else "memory unknown"


def _first(file: Path, pattern: str) -> str:
    found = re.search(pattern, file.read_text("utf-8", "replace")) if file.exists() else None
    return found[1].strip() if found else ""


def plot(results: list[Result]) -> str:
    """Bars of median wall times as SVG, in a group for each case, which ends with its slowest run.

    A thin line goes from each program's fastest run to its slowest.
    """
    parts, y = [], 8
    for result in results:
        timed = [outcome for outcome in result.outcomes if outcome.samples and not outcome.error]
        if not timed:
            continue
        y += LINE
        parts.append(_text(8, y, f"{result.work}: {result.case.title}", "font-weight='bold'"))
        longest = max(max(_walls(outcome.samples)) for outcome in timed)
        for outcome in timed:
            y += LINE
            parts += _bar(outcome, y, longest)
        y += LINE // 2
    size = f"width='{LEFT + BAR + RIGHT}' height='{y + LINE}'"
    style = "font-family='sans-serif' font-size='13'"
    back = "<rect width='100%' height='100%' fill='white'/>"
    return (
        "\n".join([f"<svg xmlns='http://www.w3.org/2000/svg' {size} {style}>", back, *parts, "</svg>"]) + "\n"
    )


def _bar(outcome: Outcome, y: int, longest: float) -> list[str]:
    label, median = outcome.entrant.label, _median(outcome)
    width = max(1.0, BAR * median / longest)
    colour = next((colour for name, colour in COLOURS.items() if label.startswith(name)), "#888888")
    low, high = (BAR * extreme(_walls(outcome.samples)) / longest for extreme in (min, max))
    middle = y - 5
    return [
        _text(LEFT - 8, y, label, "text-anchor='end'"),
        f"<rect x='{LEFT}' y='{y - 13}' width='{width:.1f}' height='16' fill='{colour}'/>",
        f"<path d='M{LEFT + low:.1f} {middle}H{LEFT + high:.1f}' stroke='black'/>",
        _text(LEFT + max(width, high) + 6, y, seconds(median)),
    ]


def _walls(samples: list[Sample]) -> list[float]:
    return [sample.wall for sample in samples]


def _text(x: float, y: int, text: str, style: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y}' {style}>{escape(text)}</text>"
