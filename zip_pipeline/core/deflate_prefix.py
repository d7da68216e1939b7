"""The deflate-size kernel as a codec's prefix state: for memories that no compressor of this machine has."""

from threading import Lock

from zip_pipeline.core.deflate_size import DeflateAnchor


class DeflatePrefix:
    """A `Prefix` over a `DeflateAnchor`, with its arguments and errors; several threads may ask, one is answered."""

    def __init__(self, level: int, window: int) -> None:
        self._anchor = DeflateAnchor(level, window)
        self._lock = Lock()

    def size_with(self, data: bytes) -> int:
        """Return the size of ``anchor + data``."""
        with self._lock:
            return self._anchor.size(data)

    def append(self, data: bytes) -> None:
        """Put `data` behind the anchor."""
        self._anchor.append(data)
