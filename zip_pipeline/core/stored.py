"""The codec that does not compress: a set's size is its bytes.

For jobs that want a pool's payloads and nothing measured.
"""

from dataclasses import dataclass

from zip_pipeline.core.codec import Build


@dataclass(frozen=True, slots=True)
class StoredCodec:
    """Every byte costs a byte.

    >>> StoredCodec().compressed_size(b"abc" * 100)
    300
    """

    level: int = 0
    name: str = "stored"

    def compressed_size(self, data: bytes) -> int:
        """Return ``len(data)``."""
        return len(data)

    def prefix(self) -> "StoredPrefix":
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

    def append(self, data: bytes) -> None:
        """Put `data` behind the anchor."""
        self._length += len(data)
