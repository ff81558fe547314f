"""Gitleaks reads the added lines of each hunk as a text of their own. What that shows of a change, the
locator finds too, though it reads whole files; and it invents nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.detect import Detector, make_prefilter, sought
from scanner.git import Change, added_text, is_binary
from scanner.locate import Locator, Place
from scanner.model import Config, Finding

RUNS = settings(
    max_examples=1500,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=list(HealthCheck),
)
Shown = tuple[str, int, bytes, bytes]


class Blobs:
    """A repository of contents that are their own names."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents

    def read_blob(self, id: str) -> bytes:
        return self.contents[id]


@pytest.fixture(scope="module", params=["hyperscan", "ahocorasick"])
def detector(request: pytest.FixtureRequest, config: tuple[str, Config]) -> Detector:
    return Detector(config[1], make_prefilter(sought(config[1]), request.param))


@pytest.mark.slow
@RUNS
@given(data=st.data(), path=st.sampled_from((b"a.txt", b".env", b"docs/a", b"x.bin")))
def test_what_the_hunks_show_is_found(
    data: st.DataObject, path: bytes, versions: st.SearchStrategy[tuple[bytes, bytes]], detector: Detector
) -> None:
    old, new = data.draw(versions)
    found = set(_located(detector, path, old, new))
    fragments = set(_by_hunks(detector, path, old, new))
    assert fragments <= found
    assert found <= fragments | set(_shown(detector, path, new, 1))


def _located(detector: Detector, path: bytes, old: bytes, new: bytes) -> Iterator[Shown]:
    blobs = Blobs(old=old, new=new)
    locator = Locator(blobs, detector, lambda change: Place(change.path))  # type: ignore[arg-type]
    for item in locator.findings(Change("", path, "new", ("old",))):
        if isinstance(item, Finding):
            yield item.rule.id, item.start_line, item.secret, item.match


def _by_hunks(detector: Detector, path: bytes, old: bytes, new: bytes) -> Iterator[Shown]:
    if is_binary(old) or is_binary(new):
        return
    for first_line, text in added_text(old, new):
        yield from _shown(detector, path, text, first_line)


def _shown(detector: Detector, path: bytes, text: bytes, first_line: int) -> Iterator[Shown]:
    for match in detector.at(detector.scan(text).matches, path):
        yield match.rule.id, match.start_line + first_line - 1, match.secret, match.text
