"""A rule's examples: found, or told by their number alone."""

from __future__ import annotations

from scanner.detect import Detector, make_prefilter, sought
from scanner.detect.examples import Failure, failures
from scanner.model import Allowlist, Config, Rule


def judged(rule: Rule) -> list[Failure]:
    config = Config((rule,), (Allowlist(stopwords=("zz",)),))
    return failures(rule, Detector(config, make_prefilter(sought(config), "ahocorasick")))


def test_examples_that_hold() -> None:
    regex = r"tok_\w+"
    assert judged(Rule(id="r", regex=regex, examples=("tok_a",), negative_examples=("tok", "tok_zz"))) == []
    assert judged(Rule(id="r", path=r"\.pem$", examples=("a.pem",), negative_examples=("a.pe",))) == []


def test_examples_that_do_not_hold() -> None:
    regex = r"tok_\w+"
    assert judged(Rule(id="r", regex=regex, examples=("tok_a", "tok_zz", "\udc80"))) == [
        Failure("example", 2),
        Failure("example", 3),
    ]
    assert judged(Rule(id="r", regex=regex, negative_examples=("x", "tok_a"))) == [
        Failure("negative example", 2)
    ]
    assert judged(Rule(id="r", path="pem", examples=("a",), negative_examples=("pem",))) == [
        Failure("example", 1),
        Failure("negative example", 1),
    ]
