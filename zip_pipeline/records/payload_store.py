"""Millions of payloads, texts or names, each addressed by its place, without a Python object for each.

Payloads stand end to end in one array. Evaluators read candidates from it by their places, so that nothing is copied
between the rounds of a selection.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from zip_pipeline.records.buffers import Allocator, GrowableArray, on_heap

Places = npt.NDArray[np.int64]
"""Numbers of records in the order in which they were read, shape (records,)."""


class Payloads:
    """Payload ``i`` is ``flat[offsets[i]:offsets[i + 1]]``.

    Args:
        payloads: the first payloads.
        allocator: provides the memory.

    >>> payloads = Payloads([b"one"])
    >>> payloads.append(b"three")
    1
    >>> payloads[1], payloads.lengths([1, 0]).tolist()
    (b'three', [5, 3])
    """

    def __init__(self, payloads: Iterable[bytes] = (), allocator: Allocator = on_heap) -> None:
        self._flat, self._offsets = GrowableArray(np.uint8, allocator), GrowableArray(np.int64, allocator)
        self._offsets.extend([0])
        first = list(payloads)
        if first:
            offsets = np.cumsum([0, *map(len, first)], dtype=np.int64)
            self.extend(np.frombuffer(b"".join(first), dtype=np.uint8), offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, place: int) -> bytes:
        begin, end = self._offsets.values[place : place + 2]
        return self._flat.values[begin:end].tobytes()

    @property
    def flat(self) -> npt.NDArray[np.uint8]:
        """All bytes, shape (bytes,); a view, which does not see payloads that are added later."""
        return self._flat.values

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each payload begins, and the last one's end, shape (len + 1,); a view as `flat` is."""
        return self._offsets.values

    def append(self, payload: bytes) -> int:
        """Add a payload; return its place."""
        self._flat.extend(np.frombuffer(payload, dtype=np.uint8))
        self._offsets.extend([len(self._flat)])
        return len(self) - 1

    def extend(self, flat: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        """Add the payloads ``flat[offsets[i]:offsets[i + 1]]``."""
        shift = len(self._flat) - int(offsets[0])
        self._flat.extend(flat[offsets[0] : offsets[-1]])
        self._offsets.extend(offsets[1:] + shift)

    def lengths(self, places: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return how many bytes each of some payloads has, shape (len(places),)."""
        begins, offsets = np.asarray(places, dtype=np.int64), self._offsets.values
        lengths: npt.NDArray[np.int64] = offsets[begins + 1] - offsets[begins]
        return lengths


class Texts:
    """Strings by place, held as UTF-8; the first one that is added has place 0.

    Args:
        allocator: provides the memory.

    >>> texts = Texts()
    >>> texts.extend(["a", "日本"])
    >>> texts[1], len(texts)
    ('日本', 2)
    """

    def __init__(self, allocator: Allocator = on_heap) -> None:
        self._utf8 = Payloads(allocator=allocator)

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
    """Names by place, for a few different names: a place holds the number of its name.

    Args:
        allocator: provides the memory.

    >>> names = Names[str | None]()
    >>> names.extend(["web", None, "web"])
    >>> names[2], names.codes.tolist()
    ('web', [0, 1, 0])
    """

    def __init__(self, allocator: Allocator = on_heap) -> None:
        self._codes = GrowableArray(np.int32, allocator)
        self._names: list[Name] = []
        self._code_of: dict[Name, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, place: int) -> Name:
        return self._names[int(self._codes.values[place])]

    @property
    def codes(self) -> npt.NDArray[np.int32]:
        """The number of each place's name, shape (len,); names are numbered as they come. A view, as `flat` is."""
        return self._codes.values

    def code(self, name: Name) -> int | None:
        """Return the number of a name; None where no place has it."""
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
