"""Payloads end to end in one growing buffer, addressed by place; texts and names likewise, no object a record.

Evaluators take candidates by index from it, so that nothing is repacked between rounds.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from zip_pipeline.records.buffers import Growing, Rooms, on_heap


class Payloads:
    """Payload ``i`` is ``flat[offsets[i]:offsets[i + 1]]``.

    Args:
        payloads: to begin with.
        rooms: where it lies.

    >>> payloads = Payloads([b"one"])
    >>> payloads.append(b"three")
    1
    >>> payloads[1], payloads.lengths([1, 0]).tolist()
    (b'three', [5, 3])
    """

    def __init__(self, payloads: Iterable[bytes] = (), rooms: Rooms = on_heap) -> None:
        self._flat, self._offsets = Growing(np.uint8, rooms), Growing(np.int64, rooms)
        self._offsets.extend([0])
        if given := list(payloads):
            ends = np.cumsum([0, *map(len, given)], dtype=np.int64)
            self.extend(np.frombuffer(b"".join(given), dtype=np.uint8), ends)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, place: int) -> bytes:
        begin, end = self._offsets.values[place : place + 2]
        return self._flat.values[begin:end].tobytes()

    @property
    def flat(self) -> npt.NDArray[np.uint8]:
        """All bytes, shape (bytes,); a view that later appends may leave behind."""
        return self._flat.values

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Begins and the last end, shape (len + 1,); a view that later appends may leave behind."""
        return self._offsets.values

    def append(self, payload: bytes) -> int:
        """Add a payload; return its place."""
        self._flat.extend(np.frombuffer(payload, dtype=np.uint8))
        self._offsets.extend([len(self._flat)])
        return len(self) - 1

    def extend(self, flat: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        """Add payloads ``flat[offsets[i]:offsets[i + 1]]``."""
        moved = len(self._flat) - int(offsets[0])
        self._flat.extend(flat[offsets[0] : offsets[-1]])
        self._offsets.extend(offsets[1:] + moved)

    def lengths(self, places: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the bytes of some payloads, shape (len(places),)."""
        begins, offsets = np.asarray(places, dtype=np.int64), self._offsets.values
        lengths: npt.NDArray[np.int64] = offsets[begins + 1] - offsets[begins]
        return lengths


class Texts:
    """Strings by place, held as UTF-8; a place is what they are added in.

    >>> texts = Texts()
    >>> texts.extend(["a", "日本"])
    >>> texts[1], len(texts)
    ('日本', 2)
    """

    def __init__(self, rooms: Rooms = on_heap) -> None:
        self._utf8 = Payloads(rooms=rooms)

    def __len__(self) -> int:
        return len(self._utf8)

    def __getitem__(self, place: int) -> str:
        return self._utf8[place].decode()

    def extend(self, texts: Iterable[str]) -> None:
        """Add strings."""
        added = Payloads(text.encode() for text in texts)
        self._utf8.extend(added.flat, added.offsets)


Name = TypeVar("Name", str, str | None)


class Names(Generic[Name]):
    """Names by place, of which few are different: a number a place.

    >>> names = Names[str | None]()
    >>> names.extend(["web", None, "web"])
    >>> names[2], names.codes.tolist()
    ('web', [0, 1, 0])
    """

    def __init__(self, rooms: Rooms = on_heap) -> None:
        self._codes = Growing(np.int32, rooms)
        self._names: list[Name] = []
        self._code_of: dict[Name, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, place: int) -> Name:
        return self._names[int(self._codes.values[place])]

    @property
    def codes(self) -> npt.NDArray[np.int32]:
        """The number of each name, as they came first, shape (len,); a view that later growth may leave behind."""
        return self._codes.values

    def code(self, name: Name) -> int | None:
        """Return the number of a name, None where it has not come yet."""
        return self._code_of.get(name)

    def extend(self, names: Iterable[Name]) -> None:
        """Add names."""
        codes = []
        for name in names:
            code = self._code_of.setdefault(name, len(self._names))
            if code == len(self._names):
                self._names.append(name)
            codes.append(code)
        self._codes.extend(codes)
