"""A filter of the grams in an anchor's new text: may these bytes of a candidate occur there?

One bit for each gram of 4 to 8 bytes, by hash (B. H. Bloom, "Space/time trade-offs in hash coding with allowable
errors", 1970, with one hash). A set bit may mean another gram; a clear one is certain, and spares `recall` a
walk along chains that would end at once.

What this module does not do: know since when text is new.
"""

from numba import njit

from zip_pipeline.codecs.deflate.layout import FRESH, FRESH_BITS, FRESH_RANGE, FRESH_SEAM, TEXT
from zip_pipeline.codecs.deflate.raw_memory import load8, load64, store8, store64

_SHORTEST, _LONGEST = 4, 8
_MULTIPLIER = 0x1E35A7BD3C6EF372 | 1


@njit(nogil=True, error_model="numpy")
def _bit(word: int, count: int) -> int:
    """Number of the bit for the first `count` bytes of a text word."""
    return (((word << (64 - 8 * count)) * _MULTIPLIER) >> (64 - FRESH_BITS)) & ((1 << FRESH_BITS) - 1)


@njit(nogil=True, error_model="numpy")
def gather(base: int, begin: int, size: int, total: int) -> None:
    """Fill the filter with the grams in the anchor's last bytes, [begin, size), if it does not hold just these.

    `total` is `size` counted from the anchor's beginning.
    """
    begin_in_all = begin + total - size
    if load64(base + FRESH_RANGE) == begin_in_all and load64(base + FRESH_RANGE + 8) == total:
        return
    store64(base + FRESH_RANGE, begin_in_all)
    store64(base + FRESH_RANGE + 8, total)
    for offset in range(0, 1 << (FRESH_BITS - 3), 8):
        store64(base + FRESH + offset, 0)
    for position in range(begin, size - _SHORTEST + 1):
        word = load64(base + TEXT + position)
        for count in range(_SHORTEST, min(_LONGEST, size - position) + 1):
            bit = _bit(word, count)
            slot = base + FRESH + (bit >> 3)
            store8(slot, load8(slot) | (1 << (bit & 7)))


@njit(nogil=True, error_model="numpy")
def add_seam(base: int, size: int, end: int) -> int:
    """Add the grams that lie across `size` in the text [0, end); returns how many, for `take_back_seam`."""
    log = base + FRESH_SEAM
    added = 0
    for position in range(max(0, size - _LONGEST + 1), size):
        word = load64(base + TEXT + position)
        for count in range(max(_SHORTEST, size - position + 1), min(_LONGEST, end - position) + 1):
            bit = _bit(word, count)
            slot = base + FRESH + (bit >> 3)
            store64(log + 8 * added, (bit >> 3) | (load8(slot) << 32))
            store8(slot, load8(slot) | (1 << (bit & 7)))
            added += 1
    return added


@njit(nogil=True, error_model="numpy")
def take_back_seam(base: int, added: int) -> None:
    """Restore what the filter was before `add_seam`."""
    for number in range(added - 1, -1, -1):
        entry = load64(base + FRESH_SEAM + 8 * number)
        store8(base + FRESH + (entry & 0xFFFFFFFF), entry >> 32)


@njit(nogil=True, error_model="numpy")
def may_occur(base: int, position: int, count: int) -> bool:
    """Whether the `count` bytes at `position`, at least 4, may occur in the new text; of more than 8, the first 8."""
    bit = _bit(load64(base + TEXT + position), min(count, _LONGEST))
    return (load8(base + FRESH + (bit >> 3)) >> (bit & 7)) & 1 != 0
