"""What leakscan keeps on disk between runs; never anything of what it scans."""

from __future__ import annotations

import contextlib
from pathlib import Path

SUFFIX = ".leakscan"
"""Of the files' names; what has another is not ours."""


class FileStore:
    """Whatever is made once for several runs, as files in one folder, each named by a digest of what it was
    made from.

    A file is written aside and moved into place, so that runs at the same time do no harm. The folder is
    made for its owner alone: what lies in it is loaded as code would be.

    Args:
        folder: made when first needed; also an attribute.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, digest: str) -> bytes | None:
        """What was saved under `digest`; None where nothing is, or it cannot be read."""
        try:
            return self._file(digest).read_bytes()
        except OSError:
            return None

    def save(self, digest: str, data: bytes) -> None:
        """Keep `data` under `digest`; where that fails, the next run makes it anew."""
        import tempfile  # which takes its time, and few runs save anything

        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder)
            aside = Path(name)
            try:
                with open(handle, "wb") as file:  # noqa: PTH123  (of a descriptor)
                    file.write(data)
                aside.replace(self._file(digest))
            finally:
                aside.unlink(missing_ok=True)

    def sizes(self) -> list[int]:
        """Bytes of each file."""
        return [file.stat().st_size for file in self._files()]

    def clear(self) -> int:
        """Remove all files; returns how many. Files that are not ours stay."""
        files = self._files()
        for file in files:
            file.unlink(missing_ok=True)
        return len(files)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def _file(self, digest: str) -> Path:
        return self.folder / f"{digest}{SUFFIX}"
