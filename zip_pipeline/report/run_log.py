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
    """The file, and the stream for people.

    Args:
        people: what people read.
        path: of the file; None: there is none, and everything goes to stderr.
    """

    def __init__(self, people: TextIO, path: Path | None = None) -> None:
        self.people, self._path = people, path

    @classmethod
    def taking_stderr(cls) -> "RunLog":
        """Take file descriptor 2 from all but the program itself, until the process ends.

        Processes that this one starts inherit it. Where no file can be written, stderr stays as it is.
        """
        try:
            log, path = tempfile.mkstemp(prefix="zip-pipeline-", suffix=".log")
        except OSError:
            return cls(sys.stderr)
        encoding = sys.stderr.encoding
        people = os.fdopen(os.dup(2), "w", buffering=1, encoding=encoding, errors="backslashreplace")
        os.dup2(log, 2)
        os.close(log)
        return cls(people, Path(path))

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
