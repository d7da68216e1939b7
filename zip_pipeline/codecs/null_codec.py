"""The codec that does not compress: a set's size is its bytes.

Jobs use it when they want a pool's payloads and measure nothing.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zip_pipeline.codecs.base import Build, Evaluator, Prefix, Sizes, Stream
from zip_pipeline.codecs.evaluator import PrefixEvaluator, PrefixStream
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing


@dataclass(frozen=True, slots=True)
class NullCodec:
    """Every byte costs a byte.

    >>> NullCodec().compressed_size(b"abc" * 100)
    300
    """

    level: int = 0
    window: int = 0
    name: str = "stored"

    def compressed_size(self, data: bytes) -> int:
        """Return ``len(data)``."""
        return len(data)

    def record_sizes(self, payloads: pa.BinaryArray) -> Sizes:
        """Return ``len`` of each, shape (len(payloads),)."""
        return np.asarray(pc.binary_length(payloads), np.int64)

    def prefix(self) -> Prefix:
        """Return the state of an empty anchor."""
        return NullPrefix()

    def evaluator(self, framing: Framing, payloads: Payloads, workers: int = 1) -> Evaluator:
        """See `Codec`."""
        return PrefixEvaluator(self, framing, payloads, workers)

    def stream(self) -> Stream:
        """Return an empty stream."""
        return PrefixStream(self.prefix())

    def build(self) -> Build:
        """Return the same on every machine."""
        return Build("stored", "none", 0)


class NullPrefix:
    """An anchor that is only its length."""

    def __init__(self) -> None:
        self._length = 0

    def size_with(self, data: bytes) -> int:
        """Return the bytes of ``anchor + data``."""
        return self._length + len(data)

    def append(self, *records: bytes) -> None:
        """Add records to the anchor."""
        self._length += sum(map(len, records))
