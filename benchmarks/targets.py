"""What a work is held against: ratios between entrants, limits, and how times and memory grow."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from measure import Outcome

Outcomes = dict[str, Outcome]  # by label
NAMES = {
    "wall": "wall time",
    "cpu": "CPU time",
    "memory": "peak memory",
    "anonymous": "peak anonymous memory",
}


@dataclass(frozen=True)
class Target:
    """One target: what it says, and what was measured and whether that meets it (KeyError: it was not)."""

    text: str
    judge: Callable[[Outcomes], tuple[str, bool]]


def value(outcome: Outcome, measure: str) -> float:
    """Median of ``wall`` or ``cpu`` in seconds, or peak ``memory`` or ``anonymous`` memory in bytes.

    Raises:
        KeyError: it was not measured.
    """
    if measure in ("memory", "anonymous"):
        if outcome.memory is None:
            raise KeyError(measure)
        return outcome.memory.pss if measure == "memory" else outcome.memory.anonymous
    if not outcome.samples:
        raise KeyError(outcome.entrant.label)
    return statistics.median(sample.wall if measure == "wall" else sample.cpu for sample in outcome.samples)


def less(ours: str, theirs: str, factor: float, measure: str = "wall") -> Target:
    """`ours` takes at most a `factor`-th of what `theirs` takes."""

    def judge(outcomes: Outcomes) -> tuple[str, bool]:
        ratio = value(outcomes[theirs], measure) / value(outcomes[ours], measure)
        return f"{ratio:.2f}", ratio >= factor

    return Target(f"{NAMES[measure]} of {theirs} / {ours}: {factor:g} or more", judge)


def share(ours: str, whole: str, most: float) -> Target:
    """`ours` takes at most the share `most` of the wall time of `whole`."""

    def judge(outcomes: Outcomes) -> tuple[str, bool]:
        measured = value(outcomes[ours], "wall") / value(outcomes[whole], "wall")
        return f"{measured:.1%}", measured <= most

    return Target(f"wall time of {ours}: at most {most:.0%} of {whole}", judge)


def within(ours: str, seconds: float, of: str = "") -> Target:
    """`ours` takes at most `seconds`, or that much more than the entrant `of`."""

    def judge(outcomes: Outcomes) -> tuple[str, bool]:
        measured = value(outcomes[ours], "wall") - (value(outcomes[of], "wall") if of else 0)
        return f"{measured * 1000:.0f} ms", measured <= seconds

    more = f" more than {of}" if of else ""
    return Target(f"wall time of {ours}: at most {seconds * 1000:.0f} ms{more}", judge)


def flat(sizes: Callable[[str], float], unit: str, spread: float) -> Target:
    """Wall time over `sizes` (of each label, in MB) differs between all entrants by at most `spread`."""

    def judge(outcomes: Outcomes) -> tuple[str, bool]:
        rates = [value(outcome, "wall") / sizes(label) for label, outcome in outcomes.items()]
        if len(rates) < 2:
            raise KeyError("two sizes")
        measured = max(rates) / min(rates) - 1
        told = ", ".join(f"{rate * 1000:.1f}" for rate in rates)
        return f"{measured:.0%} ({told} ms a MB)", measured <= spread

    return Target(f"wall time per MB of {unit}: within {spread:.0%} at all sizes", judge)


def frugal(objects: dict[str, int], most: float, measure: str) -> Target:
    """``memory`` or ``anonymous`` memory grows by at most `most` bytes an object.

    That is from the entrant with the fewest objects to the one with the most.
    """

    def judge(outcomes: Outcomes) -> tuple[str, bool]:
        first, last = min(outcomes, key=objects.__getitem__), max(outcomes, key=objects.__getitem__)
        if first == last:
            raise KeyError("two sizes")
        grown = value(outcomes[last], measure) - value(outcomes[first], measure)
        measured = grown / (objects[last] - objects[first])
        return f"{measured:.0f} bytes", measured <= most

    return Target(f"{NAMES[measure]} grows by at most {most:g} bytes an object", judge)
