"""The compiled entry points of the deflate-size kernel: extend an anchor, and evaluate candidates after it.

Three more serve the table of `long_window_index`.

All arguments are integers (addresses, sizes) or tuples of them, so that one compiled version serves writable and
read-only arrays.

What this module does not do: check arguments or capacities. `state` keeps to the capacities, and `anchor` checks what
callers pass.
"""

from numba import njit

from zip_pipeline.codecs.deflate.hash_chains import largest_bucket, link, link_seam, unlink, unlink_seam
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
from zip_pipeline.codecs.deflate.lazy_parse import Tuning, parse
from zip_pipeline.codecs.deflate.long_window import MOST_UNINDEXED, enter_grams, move_slots, undo_changes
from zip_pipeline.codecs.deflate.match_cache import (
    add_seam_grams,
    cache_inside_matches,
    cache_is_exact,
    fill_filter,
    remove_seam_grams,
)
from zip_pipeline.codecs.deflate.match_finder import MAX_MATCH
from zip_pipeline.codecs.deflate.raw_memory import copy_bytes, load64, store64
from zip_pipeline.jit_cache import entry_point

_FRAME_BYTES = 6  # zlib header and checksum


@njit(nogil=True, error_model="numpy")
def _capacity(window_index: int) -> int:
    """Bytes of the longest candidate, with suffix, that is evaluated in place after the anchor."""
    return OVERLAY_CAPACITY if window_index == 0 else MOST_UNINDEXED


@njit(nogil=True, error_model="numpy")
def _start_from_anchor(base: int) -> None:
    """Copy the anchor's parse state to the one that a candidate works on."""
    copy_bytes(base + WORK_FIELDS, base + FIELDS, FIELD_BYTES)
    copy_bytes(base + WORK_FREQUENCIES, base + FREQUENCIES, FREQUENCY_BYTES)


@njit(nogil=True, error_model="numpy")
def _stream_size(base: int) -> int:
    return ((load64(base + WORK_FIELDS + BITS) + 7) >> 3) + _FRAME_BYTES


@entry_point
def extend(base: int, size: int, data: int, data_size: int, window_index: int, tuning: Tuning) -> None:
    """Append `data_size` bytes at address `data` to the anchor of `size` bytes at `base`; they must fit.

    `window_index` is the address of a `LongWindowIndex`, 0 for zlib's own window.
    """
    end = size + data_size
    copy_bytes(base + TEXT + size, data, data_size)
    link(base, size, end)
    parse(base, base + FIELDS, base + FREQUENCIES, end, False, (), window_index, tuning)


@entry_point
def extend_without_parse(base: int, size: int, data: int, data_size: int) -> None:
    """`extend` where another state has done the parse."""
    copy_bytes(base + TEXT + size, data, data_size)
    link(base, size, size + data_size)


@entry_point
def evaluate(
    base: int,
    size: int,
    batch: tuple[int, int, int, int, int],
    share: tuple[int, int],
    sizes: int,
    window_index: int,
    tuning: Tuning,
) -> None:
    """Evaluate candidates `first` to `last - 1` after the anchor of `size` bytes at `base`.

    `batch` is (payloads, offsets, indices, suffix, suffix's size): addresses of arrays of bytes, int64, int64 and
    bytes. `share` is (first, last). At address `sizes` (int64), sizes[k] becomes the stream's size in bytes, -1 for
    a candidate that is too long. `window_index` as in `extend`.
    """
    payloads, offsets, indices, suffix, suffix_size = batch
    first, last = share
    capacity = _capacity(window_index)
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
        _start_from_anchor(base)
        parse(base, base + WORK_FIELDS, base + WORK_FREQUENCIES, end, True, (), window_index, tuning)
        unlink(base, size, end)
        store64(sizes + 8 * k, _stream_size(base))


@entry_point
def evaluate_again(
    base: int,
    size: int,
    batch: tuple[int, int, int],
    share: tuple[int, int],
    cache: tuple[int, int, int, int, int, int],
    sizes: int,
    window_index: int,
    tuning: Tuning,
) -> None:
    """`evaluate` without suffix, for candidates that come back, with a cache of their matches.

    `batch` is (payloads, offsets, indices), the other arguments are those of `evaluate`. `cache` is (entries,
    buckets, ends, number, total, bucket):

    - entries: address (int64) of an entry for each byte of `payloads`;
    - buckets: address (int64) of each candidate's largest 3-byte bucket plus 1, 0 if it has no entries yet;
    - ends: address (int64) of the anchor's totals at the searches so far, and number: that of the last one;
    - total: the anchor's size counted from its beginning;
    - bucket: the anchor's largest 3-byte bucket.
    """
    payloads, offsets, indices = batch
    first, last = share
    entries, buckets, ends, number, total, bucket = cache
    _, _, nice, chain = tuning
    capacity = _capacity(window_index)
    last_end = max(0, load64(ends + 8 * number - 8) - (total - size))
    fill_filter(base, max(0, last_end - MAX_MATCH), size, total)
    for k in range(first, last):
        index = load64(indices + 8 * k)
        begin = load64(offsets + 8 * index)
        length = load64(offsets + 8 * index + 8) - begin
        if length > capacity:
            store64(sizes + 8 * k, -1)
            continue
        end = size + length
        own_entries = entries + 8 * begin
        copy_bytes(base + TEXT + size, payloads + begin, length)
        if load64(buckets + 8 * index) == 0:
            link(base, size, end)
            store64(buckets + 8 * index, 1 + cache_inside_matches(base, size, end, nice, own_entries))
            unlink(base, size, end)
        _start_from_anchor(base)
        joint_bucket = bucket + 2 + load64(buckets + 8 * index)
        if cache_is_exact(size, end, joint_bucket, chain >> 2):
            own_cache = (size, total, own_entries, ends, number)
            link_seam(base, size, end)
            added = add_seam_grams(base, size, end)
            parse(base, base + WORK_FIELDS, base + WORK_FREQUENCIES, end, True, own_cache, window_index, tuning)
            remove_seam_grams(base, added)
            unlink_seam(base, size, end)
        else:
            link(base, size, end)
            parse(base, base + WORK_FIELDS, base + WORK_FREQUENCIES, end, True, (), window_index, tuning)
            unlink(base, size, end)
        store64(sizes + 8 * k, _stream_size(base))


@entry_point
def measure_largest_bucket(base: int, size: int, result: int) -> None:
    """Store the anchor's largest 3-byte bucket, among what a match can reach, at address `result`."""
    store64(result, largest_bucket(base, size - MAX_DISTANCE, size))


@entry_point
def enter(window_index: int, end: int, log: int) -> int:
    """See `enter_grams`."""
    return enter_grams(window_index, end, log)


@entry_point
def undo(log: int, changes: int) -> None:
    """See `undo_changes`."""
    undo_changes(log, changes)


@entry_point
def move(slots: int, slot_count: int, new_slots: int, new_count: int, shift: int) -> int:
    """See `move_slots`."""
    return move_slots(slots, slot_count, new_slots, new_count, shift)
