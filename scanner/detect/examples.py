"""A rule's own examples: texts that it must, and texts that it must not find something in."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.detect.engine import Detector
from scanner.model import Rule


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that a rule does not agree with.

    Attributes:
        kind: ``example`` or ``negative example``.
        number: which of the rule's, from 1. The text itself is not shown: it may look like a secret.
    """

    kind: str
    number: int


def failures(rule: Rule, detector: Detector) -> list[Failure]:
    """The examples of `rule` that are not found, and its negative examples that are.

    Args:
        rule: one of the detector's. The examples of a rule on the path alone are paths; those of other
            rules are contents, judged without regard to where they lie.
        detector: of the config that has the rule, since allowlists and required rules count.
    """
    missed = [
        Failure("example", number)
        for number, text in enumerate(rule.examples, 1)
        if not _finds(rule, text, detector)
    ]
    wrong = [
        Failure("negative example", number)
        for number, text in enumerate(rule.negative_examples, 1)
        if _finds(rule, text, detector)
    ]
    return missed + wrong


def _finds(rule: Rule, text: str, detector: Detector) -> bool:
    data = text.encode("utf-8", "surrogatepass")
    if not rule.regex:
        return any(found.id == rule.id for found in detector.path_rules(data))
    return any(match.rule.id == rule.id for match in detector.scan(data).matches)
