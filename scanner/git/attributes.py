"""What ``.gitattributes`` files say of paths: asked of one long-lived program."""

from __future__ import annotations

from scanner.git.program import Process, Program


class DiffAttributes:
    """Reads the attribute ``diff``, with which a repository overrides what Git takes for binary.

    Args:
        program: Git at the root of the work tree, from where paths count; in a bare repository, in it.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: Process | None = None

    def is_set(self, path: bytes) -> bool:
        """Whether Git shows changes of `path` as text whatever is in it (gitattributes(5), ``diff``)."""
        if self._process is None:
            self._process = self._program.start("check-attr", "--stdin", "-z", "diff")
        try:
            self._process.stdin.write(path + b"\0")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # and so there is no answer
        stdout = self._process.stdout
        answer = stdout.read(len(path) + len(b"\0diff\0"))
        value = b"".join(iter(lambda: stdout.read(1).strip(b"\0"), b""))
        if not answer:  # it died of a path such as ../x
            self.close()
        return value == b"set"

    def close(self) -> None:
        """End the program if it runs."""
        if self._process is not None:
            self._process.close()
            self._process = None
