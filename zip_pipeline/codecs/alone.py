"""How large each of many records is alone: by the codec's library, or by the deflate-size kernel where it is faster.

Both give the same sizes. For short records the kernel takes two thirds of the time of zlib, which prepares its tables
anew for each. But it has to be loaded, and once a machine compiled: a process does so when the records that it has
measured would have paid for it. So what it spends in vain is never more than it has spent otherwise.

What this module does not do: measure behind an anchor (`evaluator`).
"""

import functools
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.zlib_codec import ZlibCodec

if TYPE_CHECKING:
    from zip_pipeline.codecs.deflate.anchor import DeflateAnchor

SHORT = 1024
"""Bytes of a record up to which the kernel is surely faster than zlib: 0.5 to 0.8 of its time."""

LOADING_PAYS = 100_000
"""Short records on which the kernel saves what loading it takes, half a second."""

COMPILING_PAYS = 2_000_000
"""The same for compiling it, seven seconds."""


class Alone:
    """Measures records, each alone, by one codec, as long as a process lives.

    >>> Alone(ZlibCodec()).sizes(pa.array([b"abc" * 100, b""])).tolist()
    [15, 8]
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._may_have_kernel = isinstance(codec, ZlibCodec) and codec.level in ZlibCodec.KERNEL_LEVELS
        self._measured = 0
        self._idle: list[DeflateAnchor] = []  # some engines run tasks as threads, and a kernel serves one at a time

    @property
    def has_kernel(self) -> bool:
        """Whether short records are measured by the kernel by now."""
        return bool(self._idle)

    def sizes(self, payloads: pa.BinaryArray) -> npt.NDArray[np.int64]:
        """Return the compressed bytes of each payload, shape (len(payloads),); none may be null."""
        offsets = np.frombuffer(payloads.buffers()[1], np.int32, len(payloads) + 1, 4 * payloads.offset)
        short = np.diff(offsets) <= SHORT
        self._measured += int(short.sum())
        kernel = self._kernel()
        if kernel is None:
            return self._codec.compressed_sizes(payloads.to_pylist())
        sizes = np.empty(len(payloads), np.int64)
        flat = np.frombuffer(payloads.buffers()[2], np.uint8)
        sizes[short] = kernel.sizes(flat, offsets.astype(np.int64), np.flatnonzero(short))
        self._idle.append(kernel)
        if not short.all():
            sizes[~short] = self._codec.compressed_sizes(payloads.filter(pa.array(~short)).to_pylist())
        return sizes

    def _kernel(self) -> "DeflateAnchor | None":
        """Return a kernel that nobody else uses; None where it does not pay, or is not to be had."""
        if not self._may_have_kernel or self._measured < LOADING_PAYS:
            return None
        with suppress(IndexError):
            return self._idle.pop()
        try:
            return _load(self._codec.level, compiles=self._measured >= COMPILING_PAYS)
        except Exception as error:  # no Numba or an old one, no memory for it, no room for what it compiles
            logging.getLogger(__name__).info("without the deflate-size kernel: %r", error)
            self._may_have_kernel = False
            return None


@functools.cache
def of(codec: Codec) -> Alone:
    """Return what measures by a codec in this process."""
    return Alone(codec)


def _load(level: int, *, compiles: bool) -> "DeflateAnchor | None":
    """Return the kernel, ready to measure; None if it is not compiled and may not be."""
    from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
    from zip_pipeline.codecs.deflate.entry_points import evaluate
    from zip_pipeline.codecs.deflate.jit_cache import is_compiled

    if not (compiles or is_compiled(evaluate)):
        return None
    kernel = DeflateAnchor(level)
    kernel.size(b"")
    return kernel
