"""Single cases beside the random ones: what a change brings in, in the eyes of both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.model import Config, Finding, text_of

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "3f" * 32 + "\nsize 12345\n"
TOKEN = "tok_abcd" + "1234"


@pytest.fixture
def both(
    make_repo: Callable[..., Any],
    gitleaks: Callable[[Path, str], list[dict[str, Any]]],
    leakscan: Callable[[Path, Config, str], list[Finding]],
    config: tuple[str, Config],
) -> Callable[..., tuple[list[tuple[str, int, str]], list[tuple[str, int, str]]]]:
    """Commit versions of one file; (rule, line, secret) of what Gitleaks and leakscan report of the last."""

    def run(
        path: str, *versions: str | bytes, **others: str
    ) -> tuple[list[tuple[str, int, str]], list[tuple[str, int, str]]]:
        repo = make_repo()
        for version in versions:
            head = repo.commit({path: version} | others)
        theirs = [
            (found["RuleID"], found["StartLine"], found["Secret"])
            for found in gitleaks(repo.path, config[0])
            if found["Commit"] == head
        ]
        ours = [
            (found.rule.id, found.start_line, text_of(found.secret))
            for found in leakscan(repo.path, config[1], "auto")
            if found.commit and found.commit.id == head
        ]
        return sorted(theirs), sorted(ours)

    return run


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (("a\nb\n",), [("path-only", 0, "")]),
        (("a\nb\n", "a\nc\n"), [("path-only", 0, "")]),
        (("a\nb\n", "a\n"), [("path-only", 0, "")]),
        (("a\n", ""), [("path-only", 0, "")]),
        (("",), []),
    ],
)
def test_a_rule_on_the_path_reports_every_change_of_text(both: Any, versions: Any, expected: Any) -> None:
    assert both("x.pem", *versions) == (expected, expected)


def test_a_rule_on_the_path_reports_binary_files_too(both: Any) -> None:
    assert both("x.pem", b"\0a", b"\0b") == ([], [("path-only", 0, "")])


@pytest.mark.parametrize("versions", [(POINTER + TOKEN,), (POINTER, POINTER + TOKEN)])
def test_a_pointer_of_git_lfs_is_text(both: Any, versions: Any) -> None:
    theirs, ours = both("x", *versions)
    assert ("token", 4, TOKEN) in theirs
    assert ours == theirs


@pytest.mark.parametrize("path", ["x.bin", "sub/a b.bin", "\u00e9.bin"])
def test_what_an_attribute_calls_text_is_text(both: Any, path: str) -> None:
    attributes = {".gitattributes": "*.bin diff\n"}
    theirs, ours = both(
        path, b"\0" + TOKEN.encode(), b"\0" + TOKEN.encode() + b"\nuser_abcd pass_abcd", **attributes
    )
    assert ("composite", 2, "user_abcd") in theirs
    assert ours == theirs


def test_the_common_end_of_both_versions_is_no_place_for_a_hunk(both: Any) -> None:
    """Without context Git compares less of the files, so that another of two equal blocks is the new one."""
    block = "".join(f"{TOKEN} # {number}\n\n" for number in range(20))
    theirs, ours = both("x", "first\n" + block, "first\n" + block + block)
    assert theirs
    assert ours == theirs
