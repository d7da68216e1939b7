"""Exact sizes of zlib streams without writing them: len(zlib.compress(anchor + candidate, level)), quickly.

For one anchor and thousands of candidates, `compressobj.copy()` and `flush()` emit the anchor's whole pending
block each time. Here the anchor's parse state is kept. Each candidate is parsed after it, the bits of the blocks are
added up, and the state is restored. No byte is emitted, and the GIL is not held.

Source: RFC 1950 (2 header bytes, 4 checksum bytes), RFC 1951, and zlib's deflate.c and trees.c with default
window and memory level. What it does not do: the levels without lazy parse (0 to 3), preset dictionaries, and
flushes. Other deflate libraries, such as zlib-ng, make other streams; this kernel gives stock zlib's size on every
machine.

Reading order: `layout` (where things lie in memory), `hash_chains`, `match_finder`, `lazy_parse`, `huffman` (bits of a
block), `entry_points` (what is compiled), `state` (one parse state), and this module (the public class: arguments and
threads). `raw_memory` has the loads and stores, `jit_cache` keeps the machine code. `long_window` and
`long_window_index` are the longer window. Candidates that come back use `match_cache` and `shortlist`, a public
class too.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from zip_pipeline.codecs.deflate.layout import WINDOW
from zip_pipeline.codecs.deflate.long_window_index import LARGEST_WINDOW, LongWindowIndex
from zip_pipeline.codecs.deflate.state import TUNING, Batch, Bytes, DeflateState, Ints

_LARGEST_CHUNK = 256  # candidates that a thread takes at a time
_FEWEST_PER_THREAD = 8  # candidates; with fewer another thread costs more than it saves

Kernel = Callable[[DeflateState, Batch, int, int, Ints], None]
"""Fills sizes[first:last]: (state, batch, first, last, sizes)."""


class DeflateAnchor:
    """An anchor that grows, and the exact size of its zlib stream with each of many candidates.

    Args:
        level: 4 to 9.
        window: in bytes, a power of two from 32 KiB to 1 GiB.

    Raises:
        ValueError: for another level or window.

    >>> import zlib
    >>> anchor = DeflateAnchor()
    >>> anchor.append(b"the cat sat on the mat. ")
    >>> payloads = np.frombuffer(b"the cat sat.a dog ran.", dtype=np.uint8)
    >>> offsets = np.array([0, 12, 22])
    >>> anchor.sizes(payloads, offsets, np.array([0, 1])).tolist()
    [33, 39]
    >>> len(zlib.compress(b"the cat sat on the mat. the cat sat.", 9))
    33

    With a window above 32 KiB, sizes are those of the model that `long_window` defines: deflate with a longer reach,
    equal to zlib for short streams.

    >>> squares = " ".join(str(n**2) for n in range(300)).encode()
    >>> cubes = " ".join(str(n**3) for n in range(5000)).encode()  # 56 KB
    >>> for window in 32768, 65536:
    ...     anchor = DeflateAnchor(window=window)
    ...     anchor.append(squares + cubes)
    ...     print(anchor.size(squares) - anchor.size())
    797
    49

    The time of an evaluation does not depend on the anchor's length. Nor does the memory, about 2 MB a thread, except
    that a longer window takes up to 3 bytes for each byte of anchor within the window. Two threads must not use one
    object at once; `sizes(..., threads=n)` has its own threads.
    """

    def __init__(self, level: int = 9, window: int = WINDOW) -> None:
        if level not in TUNING:
            raise ValueError(f"level must be one of {sorted(TUNING)}, found {level!r}")
        if not WINDOW <= window <= LARGEST_WINDOW or window & (window - 1) != 0:
            bounds = f"from {WINDOW} to {LARGEST_WINDOW}"
            raise ValueError(f"window must be a power of two {bounds}, found {window!r}")
        self.level = level
        self.window = window
        window_index = None if window == WINDOW else LongWindowIndex(window)
        self._states = [DeflateState(level, window_index)]  # the anchor's own, then one for each further thread
        self._pool: ThreadPoolExecutor | None = None
        self._pool_threads = 0

    def __len__(self) -> int:
        """Bytes appended since the last reset."""
        return self._states[0].memory.total

    @property
    def state(self) -> DeflateState:
        """The anchor's own state, only to be read."""
        return self._states[0]

    def append(self, data: bytes) -> None:
        """Append bytes to the anchor; how they are cut into calls changes no size."""
        self._states[0].append(np.frombuffer(data, dtype=np.uint8))

    def reset(self) -> None:
        """Return to the empty anchor, keeping memory and threads."""
        self._states[0].clear()

    def copy(self) -> "DeflateAnchor":
        """An independent anchor with the same bytes."""
        twin = DeflateAnchor(self.level, self.window)
        own, other = twin._states[0], self._states[0]
        own.copy_from(other)
        if own.window_index is not None and other.window_index is not None:
            own.window_index.copy_from(other.window_index)
        return twin

    def size(self, data: bytes = b"") -> int:
        """len(zlib.compress(anchor + data, level)), or the model's size; the anchor is unchanged."""
        payload = np.frombuffer(data, dtype=np.uint8)
        offsets = np.array([0, payload.size], dtype=np.int64)
        return int(self.sizes(payload, offsets, np.zeros(1, dtype=np.int64))[0])

    def sizes(self, payloads: Bytes, offsets: Ints, indices: Ints, suffix: bytes = b"", threads: int = 1) -> Ints:
        """Return the size of `anchor + payload[i] + suffix` for each i of `indices`; the anchor is unchanged.

        Args:
            payloads: flat uint8; payload i is `payloads[offsets[i]:offsets[i + 1]]`.
            offsets: int64, ascending, one more than there are payloads.
            indices: int64; they may repeat and need not be sorted.
            suffix: follows each payload.
            threads: the sizes do not depend on them.

        Returns:
            Bytes, int64, shape (len(indices),).

        Raises:
            TypeError: for arrays of another type.
            IndexError, ValueError: for indices or offsets out of range; nothing is evaluated then.
        """
        check_candidates(payloads, offsets, indices)
        batch = Batch(payloads, offsets, indices, np.frombuffer(suffix, dtype=np.uint8))
        return self.evaluate(batch, DeflateState.evaluate, threads)

    def evaluate(self, batch: Batch, kernel: Kernel, threads: int) -> Ints:
        """Return the stream sizes of a batch of checked arrays, by a method of `DeflateState`; see `sizes`."""
        if threads < 1:
            raise ValueError(f"threads must be at least 1, found {threads}")
        sizes = np.empty(batch.indices.size, dtype=np.int64)
        threads = max(1, min(threads, batch.indices.size // _FEWEST_PER_THREAD))
        if threads == 1:
            kernel(self._states[0], batch, 0, batch.indices.size, sizes)
        else:
            self._evaluate_in_threads(batch, kernel, sizes, threads)
        for k in np.flatnonzero(sizes < 0):
            begin, end = batch.offsets[batch.indices[k]], batch.offsets[batch.indices[k] + 1]
            sizes[k] = self._states[0].size_of_long(batch.payloads[begin:end], batch.suffix)
        return sizes

    def _evaluate_in_threads(self, batch: Batch, kernel: Kernel, sizes: Ints, threads: int) -> None:
        """Evaluate in chunks, which threads take one by one, so that none waits for one with longer candidates."""
        while len(self._states) < threads:
            self._states.append(DeflateState(self.level, self._states[0].window_index))
        missing = [state.approach(self._states[0]) for state in self._states[:threads]]
        count = batch.indices.size
        chunk = min(_LARGEST_CHUNK, -(-count // (4 * threads)))
        starts = itertools.count(0, chunk)

        def work(worker: int) -> None:
            state = self._states[worker]
            if worker > 0:
                state.follow(self._states[0], missing[worker])
            while (first := next(starts)) < count:
                kernel(state, batch, first, min(first + chunk, count), sizes)

        if self._pool is None or self._pool_threads < threads - 1:
            self._pool = ThreadPoolExecutor(max_workers=threads - 1, thread_name_prefix="deflate-size")
            self._pool_threads = threads - 1
        others = [self._pool.submit(work, worker) for worker in range(1, threads)]
        try:
            work(0)
        finally:
            for other in others:
                other.result()


def check_candidates(payloads: Bytes, offsets: Ints, indices: Ints) -> None:
    """Raise TypeError, IndexError or ValueError unless these are what `DeflateAnchor.sizes` takes."""
    _check_array("payloads", payloads, np.uint8)
    _check_array("offsets", offsets, np.int64)
    _check_array("indices", indices, np.int64)
    _check_ranges(payloads, offsets, indices)


def _check_array(name: str, array: object, dtype: type[np.generic]) -> None:
    fits = isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == 1 and array.flags.c_contiguous
    if not fits:
        actual = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        wanted = f"a contiguous one-dimensional {np.dtype(dtype)} array"
        raise TypeError(f"{name} must be {wanted}, found {actual}")


def _check_ranges(payloads: Bytes, offsets: Ints, indices: Ints) -> None:
    if indices.size == 0:
        return
    lowest, highest = int(indices.min()), int(indices.max())
    if lowest < 0 or highest >= offsets.size - 1:
        raise IndexError(f"indices must lie in [0, {max(0, offsets.size - 1)}), found {lowest} to {highest}")
    begins, ends = offsets[indices], offsets[indices + 1]
    if (begins < 0).any() or (ends < begins).any() or (ends > payloads.size).any():
        raise ValueError(f"offsets must ascend from 0 to at most {payloads.size}, the size of payloads")
