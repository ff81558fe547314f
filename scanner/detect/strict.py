"""What a rule for others must have beyond what loads: enough to trust it, and to act on what it finds."""

from __future__ import annotations

import re

from scanner.detect.syntax import Characters, Node, Repeat, Sequence, Unknown, parse
from scanner.model import Rule

LEAST_EXAMPLES = 2
"""Of either kind."""


def shortcomings(rule: Rule) -> list[str]:
    """What `rule` lacks, each with what to do about it; without examples' texts, which look like secrets.

    A rule that is not reported (skipReport) is tested by the examples of those that require it.
    """
    lacks = []
    if not rule.description.endswith("."):
        lacks.append("description is no sentence; say what the secret is and what it opens, with a full stop")
    if not rule.skip_report:
        lacks += [*_of_reports(rule), *_of_examples(rule)]
    if rule.regex:  # one on the path alone searches no text
        lacks += _of_search(rule)
    return lacks


def _of_reports(rule: Rule) -> list[str]:
    """What it lacks for those who read of its findings."""
    lacks = []
    if not _PAGE.search(rule.remediation):
        lacks.append("remediation names no page; say how to revoke and rotate, with an https:// address")
    if not rule.severity:
        lacks.append("has no severity; set critical, high, medium or low")
    return lacks


def _of_examples(rule: Rule) -> list[str]:
    """Which kinds of examples it has too few of."""
    return [
        f"has {len(set(texts))} different {key}; give at least {LEAST_EXAMPLES}"
        for key, texts in (("examples", rule.examples), ("negative_examples", rule.negative_examples))
        if len(set(texts)) < LEAST_EXAMPLES
    ]


def _of_search(rule: Rule) -> list[str]:
    """What makes it slow, or its keywords wrong."""
    lacks = []
    if not rule.keywords:
        lacks.append("has no keywords, so it runs on every text; give words that every match holds")
    else:
        lacks += [
            f"example {number} holds no keyword; correct one of them"
            for number, example in enumerate(rule.examples, 1)
            if not any(word in example.lower() for word in rule.keywords)
        ]
    try:
        # A key's block is as long as the key; a bound of thousands takes RE2 a hundred times as long.
        if "private-key" not in rule.tags and _endless(parse(rule.regex)):
            lacks.append("regex repeats something without end; write {0,n} for * and {1,n} for +")
    except Unknown:
        lacks.append("regex has what RE2's syntax lacks, so its repeats cannot be checked; write it for RE2")
    return lacks


_PAGE = re.compile(r"https://[^\s/.]+\.[^\s/]")


def _endless(node: Node) -> bool:
    """Whether something in it may repeat any number of times."""
    if isinstance(node, Characters):
        return False
    if isinstance(node, Repeat):
        return node.most is None or _endless(node.node)
    return any(map(_endless, node.parts if isinstance(node, Sequence) else node.options))
