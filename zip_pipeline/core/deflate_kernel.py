"""The compiled entry points of the deflate-size kernel: extend the anchor, evaluate candidates behind it.

Besides those, what `deflate_far_index` needs for its table.

Numba caches compiled functions on disk and looks at a function's own file only to see whether they are stale,
although code and memory layout of other modules are compiled in. Therefore only the entry points are cached,
and a checksum over all kernel sources enters their cache key: they are closures over it, and Numba keys on
closure values.

All arguments are integers (addresses, sizes), so that one compiled version serves writable and read-only
arrays.

What this module does not do: check arguments or capacities; `deflate_state` keeps to the capacities and
`deflate_size` checks what comes from outside.
"""

import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any

from numba import njit

from zip_pipeline.core import deflate_far, deflate_huffman, deflate_links, deflate_memory, deflate_parse, deflate_raw
from zip_pipeline.core.deflate_far import MOST_UNINDEXED, enter_grams, move_slots, take_back
from zip_pipeline.core.deflate_links import link, unlink
from zip_pipeline.core.deflate_memory import (
    BITS,
    FIELD_BYTES,
    FIELDS,
    FREQUENCIES,
    FREQUENCY_BYTES,
    OVERLAY_CAPACITY,
    TEXT,
    WORK_FIELDS,
    WORK_FREQUENCIES,
)
from zip_pipeline.core.deflate_parse import parse
from zip_pipeline.core.deflate_raw import copy_bytes, load64, store64

_FRAME_BYTES = 6  # zlib header and checksum

_Tuning = tuple[int, int, int, int]


def _source_checksum() -> int:
    checksum = 0
    for module in (deflate_far, deflate_huffman, deflate_links, deflate_memory, deflate_parse, deflate_raw):
        # The package may be a zip archive, as on Spark's executors.
        checksum = zlib.crc32(
            files(str(module.__package__)).joinpath(Path(str(module.__file__)).name).read_bytes(), checksum
        )
    return checksum


def _compile(sources: int) -> tuple[Any, ...]:
    """The entry points; all mention `sources`: that makes it a closure value, part of the cache key."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def extend(base: int, size: int, data: int, data_size: int, far: int, tuning: _Tuning) -> int:
        """Append `data_size` bytes at address `data` to the anchor of `size` bytes at `base`; must fit.

        `far` is the address of the far index, 0 for zlib's own window.
        """
        end = size + data_size
        copy_bytes(base + TEXT + size, data, data_size)
        link(base, size, end)
        parse(base, base + FIELDS, base + FREQUENCIES, end, False, far, *tuning)
        return sources

    @njit(nogil=True, cache=True, error_model="numpy")
    def lay(base: int, size: int, data: int, data_size: int) -> int:
        """`extend` without the parse: another state has done it."""
        copy_bytes(base + TEXT + size, data, data_size)
        link(base, size, size + data_size)
        return sources

    @njit(nogil=True, cache=True, error_model="numpy")
    def evaluate(
        base: int,
        size: int,
        payloads: int,
        offsets: int,
        indices: int,
        suffix: int,
        suffix_size: int,
        first: int,
        last: int,
        sizes: int,
        far: int,
        tuning: _Tuning,
    ) -> int:
        """Evaluate candidates `first` to `last - 1` behind the anchor of `size` bytes at `base`.

        `payloads` (bytes), `offsets`, `indices` and `sizes` (int64) are addresses of arrays, `suffix` of
        `suffix_size` bytes. sizes[k] becomes the stream's size in bytes, -1 for a candidate that is too long.
        `far` as in `extend`.
        """
        capacity = OVERLAY_CAPACITY if far == 0 else MOST_UNINDEXED
        for k in range(first, last):
            offset = offsets + 8 * load64(indices + 8 * k)
            begin = load64(offset)
            length = load64(offset + 8) - begin
            if length + suffix_size > capacity:
                store64(sizes + 8 * k, -1)
                continue
            end = size + length + suffix_size
            copy_bytes(base + TEXT + size, payloads + begin, length)
            copy_bytes(base + TEXT + size + length, suffix, suffix_size)
            link(base, size, end)
            copy_bytes(base + WORK_FIELDS, base + FIELDS, FIELD_BYTES)
            copy_bytes(base + WORK_FREQUENCIES, base + FREQUENCIES, FREQUENCY_BYTES)
            parse(base, base + WORK_FIELDS, base + WORK_FREQUENCIES, end, True, far, *tuning)
            unlink(base, size, end)
            store64(sizes + 8 * k, ((load64(base + WORK_FIELDS + BITS) + 7) >> 3) + _FRAME_BYTES)
        return sources

    @njit(nogil=True, cache=True, error_model="numpy")
    def enter(far: int, end: int, log: int) -> int:
        """See `enter_grams`."""
        return enter_grams(far, end, log) if sources >= 0 else 0

    @njit(nogil=True, cache=True, error_model="numpy")
    def undo(log: int, changes: int) -> int:
        """See `take_back`."""
        take_back(log, changes)
        return sources

    @njit(nogil=True, cache=True, error_model="numpy")
    def move(slots: int, slot_count: int, new_slots: int, new_count: int, shift: int) -> int:
        """See `move_slots`."""
        return move_slots(slots, slot_count, new_slots, new_count, shift) if sources >= 0 else 0

    return extend, lay, evaluate, enter, undo, move


extend, lay, evaluate, enter, undo, move = _compile(_source_checksum())
