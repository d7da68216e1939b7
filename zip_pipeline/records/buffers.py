"""Arrays that grow at their end, on the heap or in temporary files.

An array asks an `Allocator` for its memory. `on_heap` gives memory of the process. `in_files` gives files of this
machine, of which the system holds in RAM what is in use. The files have no names, as they are unlinked as soon as they
are open: nothing remains of them, however the process ends. They are where Python's `tempfile` puts temporary files,
which TMPDIR changes.

    >>> numbers = GrowableArray(np.int64)
    >>> numbers.extend([3, 4])
    >>> numbers.values.tolist()
    [3, 4]
"""

import mmap
import os
import tempfile
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Block = Callable[[int], npt.NDArray[np.uint8]]
"""One block of memory, called with its new size in bytes; returns the block, with the content that it had so far."""

Allocator = Callable[[], Block]
"""Returns a new block of size 0."""

Kind = TypeVar("Kind", bound=np.generic)

_reserve = getattr(os, "posix_fallocate", None)  # absent on macOS
_PAGE = mmap.ALLOCATIONGRANULARITY


def on_heap() -> Block:
    """Return a block of this process's memory; to grow, it is copied."""
    content = np.empty(0, dtype=np.uint8)

    def resize(size: int) -> npt.NDArray[np.uint8]:
        nonlocal content
        larger = np.empty(size, dtype=np.uint8)
        larger[: len(content)] = content
        content = larger
        return content

    return resize


def in_files() -> Block:
    """Return a block in a file of its own; to grow, nothing is copied.

    Raises:
        OSError: when the disk is full, from the call that asks for more.
    """
    with tempfile.TemporaryFile(prefix="zip_pipeline-") as file:
        descriptor = os.dup(file.fileno())

    def resize(size: int) -> npt.NDArray[np.uint8]:
        rounded = -(-size // _PAGE) * _PAGE
        if _reserve is None:
            os.truncate(descriptor, rounded)
        else:  # a page without a place on the disk would kill the process when it is first written
            _reserve(descriptor, 0, rounded)
        return np.frombuffer(mmap.mmap(descriptor, rounded), dtype=np.uint8)[:size]

    weakref.finalize(resize, os.close, descriptor)

    return resize


class GrowableArray(Generic[Kind]):
    """An array of one dimension that grows at its end.

    It grows by half, so that adding an item costs the same however many there are.

    Args:
        dtype: the type of its items.
        allocator: provides its memory.
    """

    def __init__(self, dtype: type[Kind], allocator: Allocator = on_heap) -> None:
        self._dtype, self._block, self._count = np.dtype(dtype), allocator(), 0
        self._array: npt.NDArray[Kind] = np.empty(0, dtype=dtype)

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> npt.NDArray[Kind]:
        """All items, shape (len,); a view, which does not see items that are added later."""
        return self._array[: self._count]

    def extend(self, items: npt.ArrayLike) -> None:
        """Add items at the end."""
        added = np.asarray(items, dtype=self._dtype)
        begin, end = self._count, self._count + len(added)
        if end > len(self._array):
            capacity = max(end, len(self._array) * 3 // 2, 1024)
            self._array = self._block(capacity * self._dtype.itemsize).view(self._dtype)
        self._array[begin:end] = added
        self._count = end
