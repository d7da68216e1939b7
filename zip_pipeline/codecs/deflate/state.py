"""One deflate state in step with an anchor: its memory, and the compiled kernel applied to it.

This is the only caller of the kernel's parse, and it keeps every call within the capacities of `layout`.

What this module does not do: check the caller's arrays, or share a state between threads.
"""

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.deflate.entry_points import (
    evaluate,
    evaluate_again,
    extend,
    extend_without_parse,
    measure_largest_bucket,
)
from zip_pipeline.codecs.deflate.layout import WINDOW, ZLIB_DISTANCE_SYMBOLS, DeflateMemory
from zip_pipeline.codecs.deflate.long_window import MOST_UNINDEXED
from zip_pipeline.codecs.deflate.long_window_index import LongWindowIndex

# deflate.c: configuration_table, the levels that deflate_slow runs: (good, lazy, nice, chain)
TUNING = {
    4: (4, 4, 16, 16),
    5: (8, 16, 32, 32),
    6: (8, 16, 128, 128),
    7: (8, 32, 128, 256),
    8: (32, 128, 258, 1024),
    9: (32, 258, 258, 4096),
}
_SMALLEST_PIECE = 4096  # compact rather than append less than this at a time
_REPLAY_LIMIT = 16384  # bytes; a state that lags by more is copied, as linking them would take longer

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Candidates to evaluate, all arrays checked: payload i is `payloads[offsets[i]:offsets[i + 1]]`."""

    payloads: Bytes
    offsets: Ints
    indices: Ints
    suffix: Bytes


@dataclass(frozen=True)
class MatchCache:
    """What earlier evaluations of a batch's candidates learned; see `match_cache`.

    Attributes:
        entries: one for each byte of the payloads.
        buckets: one for each payload, its largest 3-byte bucket plus 1; 0 while it has no entries.
        ends: `ends[:number + 1]` are the anchor's sizes at the evaluations so far.
        number: the place of the current size in `ends`.
        largest_bucket: `DeflateState.largest_bucket` of the anchor as it is now.
    """

    entries: Ints
    buckets: Ints
    ends: Ints
    number: int
    largest_bucket: int


class DeflateState:
    """The parse state of an anchor, and of candidates after it.

    Args:
        level: 4 to 9.
        window_index: shared by all states of an anchor, None for zlib's own window. Only the anchor's own state appends
            to it; the others `follow`.
    """

    def __init__(self, level: int, window_index: LongWindowIndex | None = None) -> None:
        self._level = level
        self._tuning = TUNING[level]
        self.window_index = window_index
        doublings = 0 if window_index is None else (window_index.window // WINDOW).bit_length() - 1
        self.memory = DeflateMemory(ZLIB_DISTANCE_SYMBOLS + 2 * doublings)
        self.generation = 0  # counts resets: states of different generations share no history

    def clear(self) -> None:
        """Return to the empty anchor."""
        self.memory.clear()
        if self.window_index is not None:
            self.window_index.clear()
        self.generation += 1

    def append(self, data: Bytes) -> None:
        """Append to the anchor, in pieces that fit."""
        memory = self.memory
        window_index = self.window_index
        largest = data.size if window_index is None else MOST_UNINDEXED
        cursor = 0
        while cursor < data.size:
            if memory.free() < min(data.size - cursor, _SMALLEST_PIECE):
                memory.compact()
            piece = data[cursor : cursor + min(memory.free(), largest)]
            if window_index is not None:
                window_index.append_text(piece)
            extend(
                memory.address, memory.size, piece.ctypes.data, piece.size, self._window_index_address(), self._tuning
            )
            memory.size += piece.size
            memory.total += piece.size
            cursor += piece.size
            if window_index is not None:
                window_index.enter_until(memory.parse_position())

    def copy_from(self, other: "DeflateState") -> None:
        """Become a copy of `other`, of the same level; the window's index is not copied."""
        self.memory.copy_from(other.memory)
        self.generation = other.generation

    def approach(self, other: "DeflateState") -> Bytes:
        """Bring this state near `other`; return the bytes that it still lacks.

        A state that lags much becomes a copy here. A short lag is left to the caller, who can `follow` while `other`
        evaluates: the bytes are a view of `other`'s anchor.
        """
        lag = other.memory.total - self.memory.total
        if self.generation != other.generation or lag > min(_REPLAY_LIMIT, other.memory.size):
            self.copy_from(other)
            lag = 0
        return other.memory.recent(lag)

    def follow(self, other: "DeflateState", missing: Bytes) -> None:
        """Append what `approach` returned, and take over `other`'s parse state."""
        memory = self.memory
        if memory.free() < missing.size:
            memory.compact()
        extend_without_parse(memory.address, memory.size, missing.ctypes.data, missing.size)
        memory.size += missing.size
        memory.total += missing.size
        memory.take_parse_from(other.memory)

    def evaluate(self, batch: Batch, first: int, last: int, sizes: Ints) -> None:
        """Fill `sizes[first:last]` with stream sizes; -1 for a candidate that is too long for the overlay."""
        payloads = batch.payloads.ctypes.data, batch.offsets.ctypes.data, batch.indices.ctypes.data
        evaluate(
            self.memory.address,
            self.memory.size,
            (*payloads, batch.suffix.ctypes.data, batch.suffix.size),
            (first, last),
            sizes.ctypes.data,
            self._window_index_address(),
            self._tuning,
        )

    def largest_bucket(self) -> int:
        """The most positions that share a 3-byte bucket, among those of the anchor that a match can reach."""
        result = np.empty(1, dtype=np.int64)
        measure_largest_bucket(self.memory.address, self.memory.size, result.ctypes.data)
        return int(result[0])

    def evaluate_again(self, batch: Batch, cache: MatchCache, first: int, last: int, sizes: Ints) -> None:
        """`evaluate` a batch without suffix after an anchor that is not empty, with `cache`, which is updated.

        No two threads may evaluate one candidate at a time.
        """
        tables = cache.entries.ctypes.data, cache.buckets.ctypes.data, cache.ends.ctypes.data
        evaluate_again(
            self.memory.address,
            self.memory.size,
            (batch.payloads.ctypes.data, batch.offsets.ctypes.data, batch.indices.ctypes.data),
            (first, last),
            (*tables, cache.number, self.memory.total, cache.largest_bucket),
            sizes.ctypes.data,
            self._window_index_address(),
            self._tuning,
        )

    def size_of_long(self, payload: Bytes, suffix: Bytes) -> int:
        """Stream size with one candidate of any length, appended to a copy of this state.

        Meanwhile the window's index holds the candidate too, so no other state may use it.
        """
        scratch = DeflateState(self._level, self.window_index)
        scratch.copy_from(self)
        nothing = np.empty(0, dtype=np.uint8)
        sizes = np.empty(1, dtype=np.int64)
        batch = Batch(nothing, np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64), nothing)
        with nullcontext() if self.window_index is None else self.window_index.trial():
            scratch.append(payload)
            scratch.append(suffix)
            scratch.evaluate(batch, 0, 1, sizes)
        return int(sizes[0])

    def _window_index_address(self) -> int:
        return 0 if self.window_index is None else self.window_index.address
