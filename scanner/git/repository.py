"""A repository to read from: found, opened, and asked for objects, commits and its surroundings."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType

from scanner.errors import RepositoryError
from scanner.git.attributes import DiffAttributes
from scanner.git.commits import CommitReader
from scanner.git.objects import CorruptObject, ObjectError, ObjectReader
from scanner.git.program import GitFailed, Program
from scanner.model import Commit

_MINIMAL = {"PATH": os.defpath}


def open_repository(
    path: Path, environment: Mapping[str, str] | None = None, objects: Mapping[str, str] | None = None
) -> Repository:
    """The repository that `path` lies in: a work tree, a folder of it, a bare repository, a ``.git``.

    Args:
        path: a folder.
        environment: the process's environment, for PATH, HOME and Git's own configuration; of its
            ``GIT_*`` variables only those count that configure Git, and GIT_INDEX_FILE for `staged`.
            None for a minimal one: the system's PATH, no configuration of the user.
        objects: where a push's objects are (see `scanner.git.program.quarantine`).

    Raises:
        RepositoryError: there is no repository, Git refuses it, or there is no Git.
    """
    if not path.is_dir():
        raise RepositoryError(f"{path}: no such folder")
    repository = Repository(path, environment if environment is not None else _MINIMAL, objects)
    try:
        repository.git_dir  # noqa: B018  (the question is whether there is one)
    except GitFailed as error:
        raise RepositoryError(f"{path}: {_why(error)}") from None
    return repository


def _why(error: GitFailed) -> str:
    return "not a Git repository" if "not a git repository" in error.reason else str(error)


class Repository:
    """An open repository. Use it in a ``with`` block; not for several threads or across a fork.

    Attributes:
        path: the folder that was asked for; staged and unstaged changes are those below it.
        program: Git, run in that folder.
        index_file: GIT_INDEX_FILE of the surrounding environment; empty for the repository's index.
    """

    def __init__(
        self, path: Path, environment: Mapping[str, str], objects: Mapping[str, str] | None = None
    ) -> None:
        self.path = path
        self.program = Program(path, environment, objects)
        self.index_file = environment.get("GIT_INDEX_FILE", "")

    @cached_property
    def _places(self) -> tuple[Path, Path | None]:
        """The repository's own folder, and its work tree's root unless it is bare: asked for at once, since
        each run of Git takes its time."""
        questions = ("--absolute-git-dir", "--show-toplevel")
        try:
            answer = self.program.output("rev-parse", *questions)
        except GitFailed:
            return self._path(questions[0]), None
        if answer.count(b"\n") == len(questions):
            git_dir, work_tree = answer.splitlines()
            return Path(os.fsdecode(git_dir)), Path(os.fsdecode(work_tree))
        return self._path(questions[0]), self._path(questions[1])  # one has a newline in its name

    @property
    def git_dir(self) -> Path:
        """The repository's own folder (of a linked work tree: that work tree's)."""
        return self._places[0]

    @property
    def work_tree(self) -> Path:
        """Root of the work tree; raises `RepositoryError` in a bare repository."""
        root = self._places[1]
        if root is None:
            raise RepositoryError(f"{self.path}: this needs a work tree; it is a bare repository")
        return root

    def _path(self, question: str) -> Path:
        return Path(os.fsdecode(self.program.output("rev-parse", question).removesuffix(b"\n")))

    @cached_property
    def promisor(self) -> bool:
        """Whether it is a partial clone, from which objects may be absent by design."""
        try:
            self.program.output(
                "config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$"
            )
        except GitFailed:
            return False
        return True

    @cached_property
    def hash_size(self) -> int:
        """Bytes of an object's name: 20, or 32 in a SHA-256 repository."""
        return {b"sha1": 20, b"sha256": 32}[self.program.output("rev-parse", "--show-object-format").strip()]

    @cached_property
    def _objects(self) -> ObjectReader:
        return ObjectReader(self.program, lambda: self.promisor)

    @cached_property
    def _commits(self) -> CommitReader:
        return CommitReader(self.program)

    @cached_property
    def _attributes(self) -> DiffAttributes:
        try:
            root = self.work_tree
        except RepositoryError:
            root = self.git_dir
        return DiffAttributes(self.program.at(root))

    def read(self, id: str) -> tuple[str, bytes]:
        """Type and content of an object, by full name; raises `MissingObject`, `CorruptObject`."""
        return self._objects.read(id)

    def read_blob(self, id: str) -> bytes:
        """Content of a blob, by full name; raises `MissingObject`, `CorruptObject`."""
        kind, content = self._objects.read(id)
        if kind != "blob":
            raise CorruptObject(id)
        return content

    def blob_size(self, id: str) -> int:
        """Length of a blob in bytes, without reading it; raises `MissingObject`, `CorruptObject`."""
        return self._objects.size(id)

    def kind(self, id: str) -> str:
        """Type of an object, by full name; raises `MissingObject`, `CorruptObject`."""
        return self._objects.kind(id)

    def problem(self, id: str) -> ObjectError | None:
        """Why an object of any type cannot be read; None where its type and size can."""
        try:
            self._objects.size(id)
        except ObjectError as error:
            return error
        return None

    def shown_as_text(self, path: bytes) -> bool:
        """Whether an attribute tells Git to compare versions of that path as text, even binary ones."""
        return self._attributes.is_set(path)

    def commit(self, id: str) -> Commit:
        """What reports say of a commit, by full name; raises `CorruptObject`."""
        return self._commits.read(id)

    @cached_property
    def shallow_commits(self) -> frozenset[str]:
        """The commits whose parents a shallow clone left out; empty for a complete one."""
        file = Path(
            os.fsdecode(self.program.output("rev-parse", "--git-path", "shallow").removesuffix(b"\n"))
        )
        try:
            return frozenset((self.path / file).read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()

    @cached_property
    def common_dir(self) -> bytes:
        """The folder that all work trees of the repository share, as an absolute path."""
        answer = self.program.output("rev-parse", "--git-common-dir").removesuffix(b"\n")
        return os.fsencode((self.path / os.fsdecode(answer)).resolve())

    def diff_settings(self) -> bytes:
        """What of the configuration and attributes decides how Git compares files: equal where that is."""
        try:
            settings = self.program.output("config", "-z", "--get-regexp", r"^(diff|core)\.")
        except GitFailed:
            settings = b""
        attributes = [Path(os.fsdecode(self.common_dir)) / "info" / "attributes"]
        with contextlib.suppress(RepositoryError):  # of a bare repository
            attributes.append(self.work_tree / ".gitattributes")
        return settings + b"".join(_content(file) for file in attributes)

    def remote_url(self) -> str:
        """Address of the remote that ``git fetch`` would use; empty where there is none."""
        try:
            return os.fsdecode(self.program.output("ls-remote", "--quiet", "--get-url").strip())
        except GitFailed:
            return ""

    def close(self) -> None:
        """End the programs that read for this repository; it can be used again."""
        for name in ("_objects", "_commits", "_attributes"):
            if reader := self.__dict__.pop(name, None):
                reader.close()

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
