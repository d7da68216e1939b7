"""Memory that lies in files of this machine: the system keeps of it in RAM what is in use.

The files have no names (they are unlinked as soon as they are open), so that nothing is left of them, however
the process ends. They lie where Python's `tempfile` puts temporary files, which TMPDIR changes.
"""

import mmap
import os
import tempfile
import weakref

import numpy as np
import numpy.typing as npt

from zip_pipeline.records.buffers import Room

_allocate = getattr(os, "posix_fallocate", None)  # absent on macOS
_PAGE = mmap.ALLOCATIONGRANULARITY


def in_files() -> Room:
    """Return memory in a file of its own; growing it copies nothing.

    Raises:
        OSError: when the disk is full, from the call that asks for more.
    """
    with tempfile.TemporaryFile(prefix="zip_pipeline-") as file:
        descriptor = os.dup(file.fileno())

    def room(size: int) -> npt.NDArray[np.uint8]:
        rounded = -(-size // _PAGE) * _PAGE
        if _allocate is None:
            os.truncate(descriptor, rounded)
        else:  # a page without a place on the disk would kill the process when it is first written
            _allocate(descriptor, 0, rounded)
        return np.frombuffer(mmap.mmap(descriptor, rounded), dtype=np.uint8)[:size]

    weakref.finalize(room, os.close, descriptor)

    return room
