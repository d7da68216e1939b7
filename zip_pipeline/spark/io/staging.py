"""The hidden folder of a run next to its output, and what a killed run leaves there.

A killed run cannot clean up, so the next run to the same path does. On a disk of this machine a run locks a file in
its folder, and the system drops the lock when the process ends, however it ends. On other filesystems the folders of
killed runs stay.
"""

import fcntl
import glob
import os
import secrets
from contextlib import suppress
from pathlib import Path

from zip_pipeline.spark.io.location import Location

LOCK = "_alive"
"""Name of the locked file."""


class StagingFolder:
    """A folder for one run alone.

    Args:
        target: the output; folders are next to it.

    Attributes:
        folder: the folder.
        backup: where the run moves the earlier output while it puts its own in place.
    """

    def __init__(self, target: Location) -> None:
        token = secrets.token_hex(4)
        self._target, self._lock = target, -1
        self.folder = target.sibling(f".{target.name}.staging-{token}")
        self.backup = target.sibling(f".{target.name}.replaced-{token}")

    def create(self) -> None:
        """Create the folder, and remove the folders of killed runs.

        Raises:
            OSError: when it cannot be created.
        """
        self.folder.filesystem.create_dir(self.folder.path)
        if self.folder.filesystem.type_name == "local":
            self._lock = lock_file(Path(self.folder.path, LOCK))
            self._remove_killed()

    def remove(self) -> None:
        """Remove the folder."""
        self.folder.delete()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _remove_killed(self) -> None:
        """Remove the folders of killed runs; an output that one of them moved away and did not replace goes back."""
        prefix = f".{self._target.name}.staging-"
        for file in Path(self._target.path).parent.glob(f"{glob.escape(prefix)}*/{LOCK}"):
            try:
                lock = lock_file(file)
            except OSError:  # its run is alive, as this one is, or another run removes it
                continue
            folder = file.parent.name
            backup = self._target.sibling(f".{self._target.name}.replaced-{folder.removeprefix(prefix)}")
            if backup.exists() and not self._target.exists():
                backup.move(self._target)
            with suppress(OSError):
                backup.delete()
                self._target.sibling(folder).delete()
            os.close(lock)


def lock_file(file: Path) -> int:
    """Open a file and lock it; return the descriptor. The lock lasts until that is closed or the process ends.

    Raises:
        BlockingIOError: when another process has the lock.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
