"""The zlib sizes of many records, each compressed by itself: by zlib, or by the deflate-size kernel where it is faster.

Both give the same sizes. zlib prepares its tables anew for each record, so for short ones the kernel takes two thirds
of zlib's time. But the kernel has to be loaded, and once on a machine compiled. A process does that when the records
that it has measured so far would have paid for it. So it wastes at most as much time as it has spent before.

What this module does not do: measure records after an anchor (see `evaluator`), or import Numba before it pays.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from zip_pipeline.codecs.base import Sizes

if TYPE_CHECKING:
    from zip_pipeline.codecs.deflate.anchor import DeflateAnchor

SHORT = 1024
"""Bytes of a record up to which the kernel is surely faster than zlib: 0.5 to 0.8 of its time."""

LOADING_PAYS = 100_000
"""Short records for which the kernel saves the half second that loading it takes."""

COMPILING_PAYS = 2_000_000
"""Short records for which the kernel saves the seven seconds that compiling it takes."""


class RecordSizes:
    """Measures records for as long as a process lives; several threads may use it at once.

    Args:
        level: of the kernel, 4 to 9.
        by_zlib: the sizes of payloads at that level.

    >>> import zlib
    >>> RecordSizes(9, lambda payloads: np.array([len(zlib.compress(p, 9)) for p in payloads]))(
    ...     pa.array([b"abc" * 100, b""])
    ... ).tolist()
    [15, 8]
    """

    def __init__(self, level: int, by_zlib: Callable[[Sequence[bytes]], Sizes]) -> None:
        self._level, self._by_zlib = level, by_zlib
        self._may_load = True
        self._measured = 0
        self._idle: list[DeflateAnchor] = []  # some engines run tasks as threads, and a kernel serves one at a time

    @property
    def has_kernel(self) -> bool:
        """Whether short records are measured by the kernel by now."""
        return bool(self._idle)

    def __call__(self, payloads: pa.BinaryArray) -> Sizes:
        """Return the compressed bytes of each payload, shape (len(payloads),); none may be null."""
        offsets = np.frombuffer(payloads.buffers()[1], np.int32, len(payloads) + 1, 4 * payloads.offset)
        short = np.diff(offsets) <= SHORT
        self._measured += int(short.sum())
        kernel = self._kernel()
        if kernel is None:
            return self._by_zlib(payloads.to_pylist())
        sizes = np.empty(len(payloads), np.int64)
        flat = np.frombuffer(payloads.buffers()[2], np.uint8)
        sizes[short] = kernel.sizes(flat, offsets.astype(np.int64), np.flatnonzero(short))
        self._idle.append(kernel)
        if not short.all():
            sizes[~short] = self._by_zlib(payloads.filter(pa.array(~short)).to_pylist())
        return sizes

    def _kernel(self) -> "DeflateAnchor | None":
        """Return a kernel that no other thread uses; None where it does not pay, or is not available."""
        if not self._may_load or self._measured < LOADING_PAYS:
            return None
        with suppress(IndexError):
            return self._idle.pop()
        try:
            from zip_pipeline.codecs.zlib_kernel import ready_anchor

            return ready_anchor(self._level, compiles=self._measured >= COMPILING_PAYS)
        except Exception as error:  # no Numba or an old one, no memory for it, no room for what it compiles
            logging.getLogger(__name__).info("without the deflate-size kernel: %r", error)
            self._may_load = False
            return None
