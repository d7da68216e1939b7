"""One deflate state in step with an anchor: its memory, and the compiled kernel applied to it.

This is the only caller of the kernel, and it keeps every call within the capacities of `memory`.

What this module does not do: check the caller's arrays, or share a state between threads.
"""

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.deflate.entry_points import evaluate, evaluate_again, extend, lay, measure
from zip_pipeline.codecs.deflate.layout import WINDOW, ZLIB_DISTANCE_SYMBOLS, DeflateMemory
from zip_pipeline.codecs.deflate.long_window import MOST_UNINDEXED
from zip_pipeline.codecs.deflate.long_window_index import FarIndex

# deflate.c: configuration_table, the levels run by deflate_slow: (good, lazy, nice, chain)
TUNING = {
    4: (4, 4, 16, 16),
    5: (8, 16, 32, 32),
    6: (8, 16, 128, 128),
    7: (8, 32, 128, 256),
    8: (32, 128, 258, 1024),
    9: (32, 258, 258, 4096),
}
_SMALLEST_PIECE = 4096  # compact rather than append less than this at a time
_REPLAY_LIMIT = 16384  # a state that lags by at most so many bytes links them rather than copy its original

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Candidates to evaluate, checked arrays all: payload i is `payloads[offsets[i]:offsets[i + 1]]`."""

    payloads: Bytes
    offsets: Ints
    indices: Ints
    suffix: Bytes


@dataclass(frozen=True)
class Records:
    """What is known of a batch's candidates from earlier evaluations; see `recall`.

    `records` has one item a byte of the payloads, `buckets` one a payload; `ends[:number + 1]` are the anchor's
    sizes at the evaluations so far, the last one now. `crowd` is what `DeflateState.crowd` says now.
    """

    records: Ints
    buckets: Ints
    ends: Ints
    number: int
    crowd: int


class DeflateState:
    """The parse state of an anchor, and of candidates behind it.

    States of one anchor share its far index, None for zlib's own window. One state, the anchor's own, appends to
    it; the others `follow`.
    """

    def __init__(self, level: int, far: FarIndex | None = None) -> None:
        self._level = level
        self._tuning = TUNING[level]
        self.far = far
        doublings = 0 if far is None else (far.window // WINDOW).bit_length() - 1
        self.memory = DeflateMemory(ZLIB_DISTANCE_SYMBOLS + 2 * doublings)
        self.generation = 0  # counts resets: states of different generations share no history

    def clear(self) -> None:
        """Return to the empty anchor."""
        self.memory.clear()
        if self.far is not None:
            self.far.clear()
        self.generation += 1

    def append(self, data: Bytes) -> None:
        """Append to the anchor, in pieces that fit."""
        memory = self.memory
        far = self.far
        largest = data.size if far is None else MOST_UNINDEXED
        cursor = 0
        while cursor < data.size:
            if memory.free() < min(data.size - cursor, _SMALLEST_PIECE):
                memory.compact()
            piece = data[cursor : cursor + min(memory.free(), largest)]
            if far is not None:
                far.append_text(piece)
            extend(memory.address, memory.size, piece.ctypes.data, piece.size, self._far_address(), self._tuning)
            memory.size += piece.size
            memory.total += piece.size
            cursor += piece.size
            if far is not None:
                far.enter_until(memory.parse_position())

    def copy_from(self, other: "DeflateState") -> None:
        """Become a copy of `other`, of the same level; the far index is not copied."""
        self.memory.copy_from(other.memory)
        self.generation = other.generation

    def approach(self, other: "DeflateState") -> Bytes:
        """Bring this state near `other`'s; returns the bytes that must still be appended to draw level.

        A short way is left to the caller, who can `follow` while `other` evaluates: the bytes are a view of
        `other`'s anchor. A long one is made here by copying.
        """
        lag = other.memory.total - self.memory.total
        if self.generation != other.generation or lag > min(_REPLAY_LIMIT, other.memory.size):
            self.copy_from(other)
            lag = 0
        return other.memory.recent(lag)

    def follow(self, other: "DeflateState", missing: Bytes) -> None:
        """Append what `approach` returned, and take over from `other` how it was parsed."""
        memory = self.memory
        if memory.free() < missing.size:
            memory.compact()
        lay(memory.address, memory.size, missing.ctypes.data, missing.size)
        memory.size += missing.size
        memory.total += missing.size
        memory.take_parse_from(other.memory)

    def evaluate(self, batch: Batch, first: int, last: int, sizes: Ints) -> None:
        """Fill `sizes[first:last]` with stream sizes; -1 where the candidate is too long for the overlay."""
        memory = self.memory
        evaluate(
            memory.address,
            memory.size,
            batch.payloads.ctypes.data,
            batch.offsets.ctypes.data,
            batch.indices.ctypes.data,
            batch.suffix.ctypes.data,
            batch.suffix.size,
            first,
            last,
            sizes.ctypes.data,
            self._far_address(),
            self._tuning,
        )

    def crowd(self) -> int:
        """The most positions of the anchor, of those in reach of a match, that share a 3-byte bucket."""
        result = np.empty(1, dtype=np.int64)
        measure(self.memory.address, self.memory.size, result.ctypes.data)
        return int(result[0])

    def evaluate_again(self, batch: Batch, known: Records, first: int, last: int, sizes: Ints) -> None:
        """`evaluate` a batch without suffix behind an anchor that is not empty, using and updating `known`.

        No candidate may be evaluated twice at a time.
        """
        memory = self.memory
        evaluate_again(
            memory.address,
            memory.size,
            memory.total,
            batch.payloads.ctypes.data,
            batch.offsets.ctypes.data,
            batch.indices.ctypes.data,
            first,
            last,
            known.records.ctypes.data,
            known.buckets.ctypes.data,
            known.ends.ctypes.data,
            known.number,
            known.crowd,
            sizes.ctypes.data,
            self._far_address(),
            self._tuning,
        )

    def size_of_long(self, payload: Bytes, suffix: Bytes) -> int:
        """Stream size with one candidate of any length, appended to a copy of this state.

        Meanwhile the far index holds the candidate, too: no other state may use it.
        """
        scratch = DeflateState(self._level, self.far)
        scratch.copy_from(self)
        nothing = np.empty(0, dtype=np.uint8)
        sizes = np.empty(1, dtype=np.int64)
        batch = Batch(nothing, np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64), nothing)
        with nullcontext() if self.far is None else self.far.trial():
            scratch.append(payload)
            scratch.append(suffix)
            scratch.evaluate(batch, 0, 1, sizes)
        return int(sizes[0])

    def _far_address(self) -> int:
        return 0 if self.far is None else self.far.address
