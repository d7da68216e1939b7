"""The codec that does not compress: a set's size is its bytes.

For jobs that want a pool's payloads and nothing measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.base import Build, Prefix


@dataclass(frozen=True, slots=True)
class StoredCodec:
    """Every byte costs a byte.

    >>> StoredCodec().compressed_size(b"abc" * 100)
    300
    """

    level: int = 0
    window: int = 0
    name: str = "stored"

    def compressed_size(self, data: bytes) -> int:
        """Return ``len(data)``."""
        return len(data)

    def compressed_sizes(self, payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return ``len`` of each."""
        return np.fromiter(map(len, payloads), np.int64, len(payloads))

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor."""
        return StoredPrefix()

    def build(self) -> Build:
        """Return what is the same on every machine."""
        return Build("stored", "none", 0)


class StoredPrefix:
    """An anchor, of which only the length counts."""

    def __init__(self) -> None:
        self._length = 0

    def size_with(self, data: bytes) -> int:
        """Return the bytes of ``anchor + data``."""
        return self._length + len(data)

    def append(self, *records: bytes) -> None:
        """Put records behind the anchor."""
        self._length += sum(map(len, records))
