"""The compiled entry points of the deflate-size kernel: extend the anchor, evaluate candidates behind it.

Besides those, what `far_index` needs for its table.

All arguments are integers (addresses, sizes), so that one compiled version serves writable and read-only
arrays.

What this module does not do: check arguments or capacities; `state` keeps to the capacities and
`size` checks what comes from outside.
"""

from numba import njit

from zip_pipeline.codecs.deflate.fresh import add_seam, gather, take_back_seam
from zip_pipeline.codecs.deflate.hash_chains import largest_bucket, link, link_seam, unlink, unlink_seam
from zip_pipeline.codecs.deflate.jit_cache import entry_point
from zip_pipeline.codecs.deflate.layout import (
    BITS,
    FIELD_BYTES,
    FIELDS,
    FREQUENCIES,
    FREQUENCY_BYTES,
    MAX_DISTANCE,
    OVERLAY_CAPACITY,
    TEXT,
    WORK_FIELDS,
    WORK_FREQUENCIES,
)
from zip_pipeline.codecs.deflate.lazy_parse import parse
from zip_pipeline.codecs.deflate.long_window import MOST_UNINDEXED, enter_grams, move_slots, take_back
from zip_pipeline.codecs.deflate.match_cache import recallable, remember_inside
from zip_pipeline.codecs.deflate.match_finder import MAX_MATCH
from zip_pipeline.codecs.deflate.raw_memory import copy_bytes, load64, store64

_FRAME_BYTES = 6  # zlib header and checksum

_Tuning = tuple[int, int, int, int]


@njit(nogil=True, error_model="numpy")
def _capacity(far: int) -> int:
    """Bytes of the longest candidate, with suffix, that is laid behind the anchor in place."""
    return OVERLAY_CAPACITY if far == 0 else MOST_UNINDEXED


@njit(nogil=True, error_model="numpy")
def _begin(base: int) -> None:
    """Set the state to work on to that of the anchor."""
    copy_bytes(base + WORK_FIELDS, base + FIELDS, FIELD_BYTES)
    copy_bytes(base + WORK_FREQUENCIES, base + FREQUENCIES, FREQUENCY_BYTES)


@njit(nogil=True, error_model="numpy")
def _stream_size(base: int) -> int:
    return ((load64(base + WORK_FIELDS + BITS) + 7) >> 3) + _FRAME_BYTES


@entry_point
def extend(base: int, size: int, data: int, data_size: int, far: int, tuning: _Tuning) -> None:
    """Append `data_size` bytes at address `data` to the anchor of `size` bytes at `base`; must fit.

    `far` is the address of the far index, 0 for zlib's own window.
    """
    end = size + data_size
    copy_bytes(base + TEXT + size, data, data_size)
    link(base, size, end)
    parse(base, base + FIELDS, base + FREQUENCIES, end, False, (), far, *tuning)


@entry_point
def lay(base: int, size: int, data: int, data_size: int) -> None:
    """`extend` without the parse: another state has done it."""
    copy_bytes(base + TEXT + size, data, data_size)
    link(base, size, size + data_size)


@entry_point
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
) -> None:
    """Evaluate candidates `first` to `last - 1` behind the anchor of `size` bytes at `base`.

    `payloads` (bytes), `offsets`, `indices` and `sizes` (int64) are addresses of arrays, `suffix` of
    `suffix_size` bytes. sizes[k] becomes the stream's size in bytes, -1 for a candidate that is too long.
    `far` as in `extend`.
    """
    capacity = _capacity(far)
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
        _begin(base)
        parse(base, base + WORK_FIELDS, base + WORK_FREQUENCIES, end, True, (), far, *tuning)
        unlink(base, size, end)
        store64(sizes + 8 * k, _stream_size(base))


@entry_point
def evaluate_again(
    base: int,
    size: int,
    total: int,
    payloads: int,
    offsets: int,
    indices: int,
    first: int,
    last: int,
    records: int,
    buckets: int,
    ends: int,
    number: int,
    crowd: int,
    sizes: int,
    far: int,
    tuning: _Tuning,
) -> None:
    """`evaluate` without suffix for candidates that come back, with records of what they matched.

    `total` is the anchor's size counted from its beginning; `records` (int64) has one for each byte of
    `payloads`, `buckets` (int64) one more than each candidate's largest 3-byte bucket, 0 if it has no
    records yet; `ends` (int64) the totals of earlier calls, `number` the place of `total` among them; `crowd`
    is the anchor's largest 3-byte bucket; `far` as in `extend`.
    """
    _, _, nice, chain = tuning
    capacity = _capacity(far)
    known_end = max(0, load64(ends + 8 * number - 8) - (total - size))
    gather(base, max(0, known_end - MAX_MATCH), size, total)
    for k in range(first, last):
        index = load64(indices + 8 * k)
        begin = load64(offsets + 8 * index)
        length = load64(offsets + 8 * index + 8) - begin
        if length > capacity:
            store64(sizes + 8 * k, -1)
            continue
        end = size + length
        own = records + 8 * begin
        copy_bytes(base + TEXT + size, payloads + begin, length)
        if load64(buckets + 8 * index) == 0:
            link(base, size, end)
            store64(buckets + 8 * index, 1 + remember_inside(base, size, end, nice, own))
            unlink(base, size, end)
        _begin(base)
        crowd_here = crowd + 2 + load64(buckets + 8 * index)
        if recallable(size, end, crowd_here, chain >> 2):
            memory = (size, total, own, ends, number)
            link_seam(base, size, end)
            added = add_seam(base, size, end)
            parse(base, base + WORK_FIELDS, base + WORK_FREQUENCIES, end, True, memory, far, *tuning)
            take_back_seam(base, added)
            unlink_seam(base, size, end)
        else:
            link(base, size, end)
            parse(base, base + WORK_FIELDS, base + WORK_FREQUENCIES, end, True, (), far, *tuning)
            unlink(base, size, end)
        store64(sizes + 8 * k, _stream_size(base))


@entry_point
def measure(base: int, size: int, crowd: int) -> None:
    """Store the anchor's largest 3-byte bucket, of what a match can reach, at address `crowd`."""
    store64(crowd, largest_bucket(base, size - MAX_DISTANCE, size))


@entry_point
def enter(far: int, end: int, log: int) -> int:
    """See `enter_grams`."""
    return enter_grams(far, end, log)


@entry_point
def undo(log: int, changes: int) -> None:
    """See `take_back`."""
    take_back(log, changes)


@entry_point
def move(slots: int, slot_count: int, new_slots: int, new_count: int, shift: int) -> int:
    """See `move_slots`."""
    return move_slots(slots, slot_count, new_slots, new_count, shift)
