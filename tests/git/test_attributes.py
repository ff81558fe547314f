from __future__ import annotations

import pytest

from scanner.git import Repository

RULES = "*.bin diff\n*.txt -diff\n*.py diff=python\n*.odd binary\nsub/* diff\n"


@pytest.fixture
def repository(make_repo, opened) -> Repository:
    made = make_repo()
    made.commit({".gitattributes": RULES, "sub/a": "x"})
    return opened(made)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"a.bin", True),
        (b"deep/a b\n\xe9.bin", True),
        (b"sub/a", True),
        (b"a", False),
        (b"a.txt", False),
        (b"a.py", False),
        (b"a.odd", False),
    ],
)
def test_the_attribute_of_a_path(repository: Repository, path: bytes, expected: bool) -> None:
    assert repository.shown_as_text(path) is expected
    assert repository.shown_as_text(b"a.bin")


def test_a_path_that_git_refuses_is_not_text_and_does_no_harm(repository: Repository) -> None:
    assert not repository.shown_as_text(b"../../a.bin")
    assert repository.shown_as_text(b"a.bin")


def test_paths_count_from_the_root(make_repo, opened) -> None:
    made = make_repo()
    made.commit({".gitattributes": RULES, "sub/a": "x"})
    assert opened(made, made.path / "sub").shown_as_text(b"sub/a")


def test_a_bare_repository_has_its_own_file_only(make_repo, opened) -> None:
    made = make_repo("bare", "--bare")
    (made.path / "info").mkdir(exist_ok=True)
    (made.path / "info" / "attributes").write_text(RULES)
    assert opened(made).shown_as_text(b"a.bin")
    assert not opened(made).shown_as_text(b"a.txt")
