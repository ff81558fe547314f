"""What leakscan keeps on disk between runs; never anything of what it scans."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path


class FileStore:
    """Compiled databases as files in one folder (see `scanner.detect.DatabaseStore`).

    A file is written aside and moved into place, so that runs at the same time do no harm. The folder is
    made for its owner alone: what lies in it is loaded as code would be.

    Args:
        folder: made when first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, digest: str) -> bytes | None:
        """What was saved under `digest`; None where nothing is, or it cannot be read."""
        try:
            return self._file(digest).read_bytes()
        except OSError:
            return None

    def save(self, digest: str, data: bytes) -> None:
        """Keep `data` under `digest`; where that fails, the next run makes it anew."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)
            aside = Path(name)
            try:
                with open(handle, "wb") as file:  # noqa: PTH123  (of a descriptor)
                    file.write(data)
                aside.replace(self._file(digest))
            finally:
                aside.unlink(missing_ok=True)

    def _file(self, digest: str) -> Path:
        return self._folder / f"{digest}.hsdb"
