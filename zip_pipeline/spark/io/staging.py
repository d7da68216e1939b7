"""The hidden folder of a run beside its output, and what becomes of it when the run is killed.

A run that is killed cannot clean up. The next one to the same place does: on a disk of this machine a run holds a lock
on a file in its folder, which the system drops when the process is gone. Elsewhere the folders of killed runs stay.
"""

import glob
import os
import secrets
from contextlib import suppress
from pathlib import Path

from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.lock import locked

ALIVE = "_alive"
"""The locked file."""


class Claim:
    """A folder of its own for one run.

    Args:
        target: what it is written for; folders lie beside it.

    Attributes:
        folder: the run's.
        replaced: where it puts what it replaces, for as long as that takes.
    """

    def __init__(self, target: Location) -> None:
        token = secrets.token_hex(4)
        self._target, self._lock = target, -1
        self.folder = target.sibling(f".{target.name}.staging-{token}")
        self.replaced = target.sibling(f".{target.name}.replaced-{token}")

    def take(self) -> None:
        """Make the folder, and clear away those of runs that were killed.

        Raises:
            OSError: when it cannot be made.
        """
        self.folder.filesystem.create_dir(self.folder.path)
        if self.folder.filesystem.type_name == "local":
            self._lock = locked(Path(self.folder.path, ALIVE))
            self._clear()

    def release(self) -> None:
        """Remove the folder."""
        self.folder.delete()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _clear(self) -> None:
        """Remove the folders of killed runs; a tree that one of them had moved aside and not replaced goes back."""
        prefix = f".{self._target.name}.staging-"
        for file in Path(self._target.path).parent.glob(f"{glob.escape(prefix)}*/{ALIVE}"):
            try:
                lock = locked(file)
            except OSError:  # it lives, this one too, or another run clears it away
                continue
            dead = file.parent.name
            replaced = self._target.sibling(f".{self._target.name}.replaced-{dead.removeprefix(prefix)}")
            if replaced.exists() and not self._target.exists():
                replaced.move(self._target)
            with suppress(OSError):
                replaced.delete()
                self._target.sibling(dead).delete()
            os.close(lock)
