"""Payloads end to end in one growing buffer, addressed by place.

Evaluators take candidates by index from it, so that nothing is repacked between rounds.
"""

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import numpy.typing as npt


class Payloads:
    """Payload ``i`` is ``flat[offsets[i]:offsets[i + 1]]``.

    >>> payloads = Payloads([b"one"])
    >>> payloads.append(b"three")
    1
    >>> payloads[1], payloads.lengths([1, 0]).tolist()
    (b'three', [5, 3])
    """

    def __init__(self, payloads: Iterable[bytes] = ()) -> None:
        self._flat = np.empty(1 << 16, dtype=np.uint8)
        self._offsets = np.zeros(1 << 10, dtype=np.int64)
        self._count = 0
        for payload in payloads:
            self.append(payload)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> bytes:
        begin, end = self.offsets[place : place + 2]
        return self._flat[begin:end].tobytes()

    @property
    def flat(self) -> npt.NDArray[np.uint8]:
        """All bytes, shape (bytes,); a view that later appends may leave behind."""
        return self._flat[: self._offsets[self._count]]

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Begins and the last end, shape (len + 1,); a view that later appends may leave behind."""
        return self._offsets[: self._count + 1]

    def append(self, payload: bytes) -> int:
        """Add a payload; return its place."""
        place, begin = self._count, int(self._offsets[self._count])
        end = begin + len(payload)
        self._make_room(place + 1, end)
        self._flat[begin:end] = np.frombuffer(payload, dtype=np.uint8)
        self._offsets[place + 1] = end
        self._count += 1
        return place

    def extend(self, flat: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        """Add payloads ``flat[offsets[i]:offsets[i + 1]]``."""
        more, size = len(offsets) - 1, int(offsets[-1] - offsets[0])
        place, begin = self._count, int(self._offsets[self._count])
        self._make_room(place + more, begin + size)
        self._flat[begin : begin + size] = flat[offsets[0] : offsets[-1]]
        self._offsets[place + 1 : place + more + 1] = offsets[1:] - offsets[0] + begin
        self._count += more

    def lengths(self, places: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the bytes of some payloads, shape (len(places),)."""
        begins = np.asarray(places, dtype=np.int64)
        lengths: npt.NDArray[np.int64] = self._offsets[begins + 1] - self._offsets[begins]
        return lengths

    def _make_room(self, count: int, size: int) -> None:
        if size > len(self._flat):
            self._flat = _grown(self._flat, size)
        if count + 1 > len(self._offsets):
            self._offsets = _grown(self._offsets, count + 1)


Kind = TypeVar("Kind", bound=np.generic)


def _grown(array: npt.NDArray[Kind], needed: int) -> npt.NDArray[Kind]:
    """Return a copy with room for `needed` items, at least twice the room."""
    larger = np.empty(max(needed, 2 * len(array)), dtype=array.dtype)
    larger[: len(array)] = array
    return larger
