"""The hidden folder of a run next to its output, and what a killed run leaves there.

A killed run cannot clean up, so the next run to the same path does. On a disk of this machine a run locks a file in
its folder, and the system drops the lock when the process ends, however it ends. On other filesystems nobody can tell
whether a run lives, so the folders of killed runs stay, and disturb nothing: no two runs have a folder in common.
``zip-pipeline clean`` removes those that are older than a day.
"""

import fcntl
import glob
import os
import secrets
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from zip_pipeline.errors import UserError
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.stores.filesystems import first_line

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
        self.folder.create()
        if self.folder.filesystem.type_name == "local":
            self._lock = lock_file(Path(self.folder.path, LOCK))
            self._remove_killed()

    def remove(self) -> list[str]:
        """Remove the folder; return a line for people where it cannot be removed."""
        said = remove_leftovers(self.folder)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        return said

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


def remove_leftovers(*places: Location) -> list[str]:
    """Remove what a run needed and nobody needs any more; return a line for people for each that stays.

    A store may forbid to delete, or be too busy for it. The output is as good with what stays beside it.
    """
    said = []
    for place in places:
        try:
            place.delete()
        except (OSError, pa.ArrowException, UserError) as error:
            said.append(f"warning: {place.uri} could not be removed, and nothing reads it: {first_line(error)}")
    return said


def left_beside(target: Location) -> list[Location]:
    """Return the folders of runs next to an output path, but for those that are known to live."""
    above = target.sibling("")
    above = Location(above.uri.rstrip("/"), above.filesystem, above.path.rstrip("/"))
    prefixes = tuple(f".{target.name}.{kind}-" for kind in ("staging", "replaced"))
    found = [child for child in above.children() if child.name.startswith(prefixes)] if above.exists() else []
    alive = {folder.name.rpartition("-")[2] for folder in found if _lives(folder)}
    return [folder for folder in found if folder.name.rpartition("-")[2] not in alive]


def _lives(folder: Location) -> bool:
    """Whether a process of this machine has the lock of a run's folder."""
    if folder.filesystem.type_name != "local" or not (folder / LOCK).exists():
        return False
    try:
        os.close(lock_file(Path(folder.path, LOCK)))
    except BlockingIOError:
        return True
    return False


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
