"""What Git ignores in a folder: by .gitignore files, the repository's and the user's exclude files."""

from __future__ import annotations

from scanner.git.repository import Repository

_LIST = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")


def ignored_below(repository: Repository) -> frozenset[bytes]:
    """The ignored files and folders below the repository's path, by their paths from there.

    What is in an ignored folder is not listed. Tracked files are never ignored, and repositories in the
    repository have their own rules, which are not looked at.

    Raises:
        RepositoryError: Git cannot tell, such as in a bare repository.
    """
    listed = repository.program.output(*_LIST).split(b"\0")
    return frozenset(name.rstrip(b"/") for name in listed if name)
