"""Arrays that grow, and where their memory comes from: the heap, or whatever a caller lends.

Growing by half keeps the cost of adding an item the same, however many there are.

    >>> numbers = Growing(np.int64)
    >>> numbers.extend([3, 4])
    >>> numbers.values.tolist()
    [3, 4]
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Room = Callable[[int], npt.NDArray[np.uint8]]
"""Returns so many bytes of memory, which begins with what it held when it was last called."""

Rooms = Callable[[], Room]
"""Returns a new `Room`, empty."""

Kind = TypeVar("Kind", bound=np.generic)


def on_heap() -> Room:
    """Return memory of this process."""
    held = np.empty(0, dtype=np.uint8)

    def room(size: int) -> npt.NDArray[np.uint8]:
        nonlocal held
        larger = np.empty(size, dtype=np.uint8)
        larger[: len(held)] = held
        held = larger
        return held

    return room


class Growing(Generic[Kind]):
    """An array of one dimension that grows at its end.

    Args:
        dtype: of its items.
        rooms: where it lies.
    """

    def __init__(self, dtype: type[Kind], rooms: Rooms = on_heap) -> None:
        self._dtype, self._room, self._count = np.dtype(dtype), rooms(), 0
        self._array: npt.NDArray[Kind] = np.empty(0, dtype=dtype)

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> npt.NDArray[Kind]:
        """All items, shape (len,); a view that later growth may leave behind."""
        return self._array[: self._count]

    def extend(self, items: npt.ArrayLike) -> None:
        """Add items."""
        added = np.asarray(items, dtype=self._dtype)
        begin, end = self._count, self._count + len(added)
        if end > len(self._array):
            most = max(end, len(self._array) * 3 // 2, 1024)
            self._array = self._room(most * self._dtype.itemsize).view(self._dtype)
        self._array[begin:end] = added
        self._count = end
