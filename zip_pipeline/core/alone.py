"""How large each of many records is alone: by the codec's library, or by the deflate-size kernel where it is faster.

Both give the same sizes. For short records the kernel takes two thirds of the time of zlib, which prepares its tables
anew for each. But it has to be loaded, and once a machine compiled: a process does so when the records that it has
measured would have paid for it. So what it spends in vain is never more than it has spent otherwise.

What this module does not do: measure behind an anchor (`evaluator`).
"""

import functools
import threading
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zip_pipeline.core.codec import Codec
from zip_pipeline.core.zlib_codec import ZlibCodec

if TYPE_CHECKING:
    from zip_pipeline.core.deflate.size import DeflateAnchor

SHORT = 1024
"""Bytes of a record up to which the kernel is surely faster than zlib: 0.5 to 0.8 of its time."""

LOADING_PAYS = 100_000
"""Short records on which the kernel saves what loading it takes, half a second."""

COMPILING_PAYS = 2_000_000
"""The same for compiling it, seven seconds."""


class Alone:
    """Measures records, each alone, as long as a process lives; not for two threads at once.

    >>> Alone(ZlibCodec()).sizes(pa.array([b"abc" * 100, b""])).tolist()
    [15, 8]
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._measured = 0
        self._kernel: DeflateAnchor | None = None

    @property
    def has_kernel(self) -> bool:
        """Whether short records are measured by the kernel by now."""
        return self._kernel is not None

    def sizes(self, payloads: pa.BinaryArray) -> npt.NDArray[np.int64]:
        """Return the compressed bytes of each payload, shape (len(payloads),); none may be null."""
        offsets = np.frombuffer(payloads.buffers()[1], np.int32, len(payloads) + 1, 4 * payloads.offset)
        short = np.diff(offsets) <= SHORT
        self._measured += int(short.sum())
        if self._kernel is None and self._measured >= LOADING_PAYS and isinstance(self._codec, ZlibCodec):
            self._kernel = _kernel(self._codec.level, compiles=self._measured >= COMPILING_PAYS)
        if self._kernel is None:
            return self._codec.compressed_sizes(payloads.to_pylist())
        sizes = np.empty(len(payloads), np.int64)
        flat = np.frombuffer(payloads.buffers()[2], np.uint8)
        sizes[short] = self._kernel.sizes(flat, offsets.astype(np.int64), np.flatnonzero(short))
        sizes[~short] = self._codec.compressed_sizes(payloads.filter(pa.array(~short)).to_pylist())
        return sizes


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.of = functools.cache(Alone)


_PER_THREAD = _PerThread()


def of(codec: Codec) -> Alone:
    """Return the `Alone` of a codec that this thread has: some engines run tasks as threads of one process."""
    return _PER_THREAD.of(codec)


def _kernel(level: int, *, compiles: bool) -> "DeflateAnchor | None":
    """Return the kernel with nothing before a record; None if it has not the level, or it is not to be had.

    Args:
        level: of zlib.
        compiles: whether it may be compiled, if it is not yet.
    """
    try:
        from zip_pipeline.core.deflate.compiled import is_compiled
        from zip_pipeline.core.deflate.kernel import evaluate
        from zip_pipeline.core.deflate.size import DeflateAnchor
        from zip_pipeline.core.deflate.state import TUNING
    except ImportError:  # no Numba
        return None
    return DeflateAnchor(level) if level in TUNING and (compiles or is_compiled(evaluate)) else None
