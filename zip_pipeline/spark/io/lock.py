"""A file that one process holds; the system lets go of it when the process is gone, however it ends."""

import fcntl
import os
from pathlib import Path


def locked(file: Path) -> int:
    """Open a file and lock it until it is closed; return its descriptor.

    Raises:
        BlockingIOError: when somebody else holds it.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
