"""Corpora made of others hold what they say."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("modules")


def test_before_leaves_so_many_commits(repository: Any) -> None:
    from corpora import Corpus, before

    corpus = Corpus("x", repository.path)
    assert before(corpus, 2) == repository.head("HEAD~2")
    assert before(corpus, 3) is None


def test_a_part_of_a_history_has_about_the_size_asked_for(repository: Any, tmp_path: Path) -> None:
    from corpora import Corpus, git, grown

    noise = random.Random(4)  # noqa: S311
    for number in range(20):
        repository.commit({f"{number}.bin": noise.randbytes(10_000)})
    repository.git("repack", "-adq")
    corpus = Corpus("x", repository.path)
    half = grown([corpus], corpus.packs // 2, tmp_path)
    assert half is not None
    assert 0.4 < half.packs / corpus.packs < 0.55  # Git chooses anew what is a difference to what
    assert git(half.path, "fsck", "--strict") == ""
    whole = grown([corpus], corpus.packs, tmp_path / "whole")
    assert whole is not None
    assert (whole.commits, whole.objects) == (corpus.commits, corpus.objects)
    assert grown([corpus], 2 * corpus.packs, tmp_path) is None


def test_a_tree_has_files_of_text_up_to_its_size(repository: Any, tmp_path: Path) -> None:
    from corpora import Corpus, text_tree

    repository.commit({"big.txt": "word\n" * 1000}, remove=["a.py"])
    tree, size = text_tree([Corpus("some/x", repository.path)], 6_000, tmp_path)
    files = [path for path in tree.rglob("*") if path.is_file()]
    assert sum(file.stat().st_size for file in files) == size >= 5_000
    assert {file.name for file in files} == {"big.txt", "b.py", "a.py"}
    assert text_tree([Corpus("some/x", repository.path)], 6_000, tmp_path) == (tree, size)
