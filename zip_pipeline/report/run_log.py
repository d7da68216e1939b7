"""What a run prints that is for nobody: Spark's own lines, warnings of libraries, stack traces.

All of it goes to a file, which is there for as long as the run, and after it when a stage failed. So people see what
the program itself says, and nothing else.
"""

import os
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TextIO


class RunLog:
    """Takes the process's stderr, file descriptor 2, from everybody but the program itself, until the process ends.

    Processes that this one starts inherit it. Where no file can be written, stderr stays as it is.

    Args:
        verbose: leave stderr as it is, for all to see.

    Attributes:
        people: what people read; stderr as it was.
    """

    def __init__(self, *, verbose: bool) -> None:
        encoding = sys.stderr.encoding
        self.people: TextIO = os.fdopen(os.dup(2), "w", buffering=1, encoding=encoding, errors="backslashreplace")
        self._path: Path | None = None
        with suppress(OSError):
            if not verbose:
                log, path = tempfile.mkstemp(prefix="zip-pipeline-", suffix=".log")
                os.dup2(log, 2)
                os.close(log)
                self._path = Path(path)

    def keep(self, error: BaseException) -> str:
        """Add the stack of an error, and return where people find it."""
        with suppress(OSError):  # the disk may be full
            traceback.print_exception(error)
        path, self._path = self._path, None
        return "" if path is None else f"; what Spark and Python say of it: {path}"

    def remove(self) -> None:
        """Remove the file, unless it is kept."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None
