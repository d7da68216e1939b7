"""Hash chains of the deflate kernel: link new positions, and remove the links again.

zlib keeps one chain of positions for each 3-byte hash (deflate.c: INSERT_STRING). Here every position has one 64-bit
entry: the steps to its predecessor in three chains, and its place in the first chain.

    bits  0-15   distance to the previous position with the same zlib 3-byte hash, `NONE` = none, or out of reach
    bits 16-31   the same for a hash of 4 bytes
    bits 32-47   the same for a hash of 8 bytes
    bits 48-63   rank: running count of positions in the 3-byte bucket, modulo 65,536

zlib inserts every position before the parse passes it, whatever the matches were. So the entries do not depend on the
parse and can be written beforehand. The ranks of two positions in one bucket differ by the number of chain steps
between them, which is what zlib's chain budget counts. Within the 32 KB in use the difference never wraps.

The 4-byte chain is walked most, so it is stored in an array of its own as well, with a quarter of the memory to read.
Position 0 is never linked: zlib cannot tell it from an empty bucket. The head of a bucket is its latest position plus
a bias. An empty bucket has the head 0, from which every position is out of reach.

What this module does not do: search.
"""

from numba import njit

from zip_pipeline.codecs.deflate.layout import HASH3_BUCKETS, HEADS3, HEADS4, HEADS8, LINKS, LINKS4, TEXT
from zip_pipeline.codecs.deflate.raw_memory import load32, load64, prefetch, store16, store32, store64

NONE = 0xFFFF  # a distance beyond any reach, so that walks end there without another check
_NONE_IN_ALL = 0xFFFFFFFFFFFF
BIAS = 0x10000
_AHEAD = 12  # positions; heads lie scattered over more than the processor's cache, so they are fetched in advance

_MULTIPLIER4 = 0x9E3779B1
_MULTIPLIER8 = 0x1E35A7BD3C6EF372 | 1


@njit(nogil=True, error_model="numpy")
def _slot3(base: int, word: int) -> int:
    """Address of the 3-byte bucket of a text word (deflate.c: UPDATE_HASH with 15 bits, shift 5)."""
    hashed = ((word & 0xFF) << 10) ^ (((word >> 8) & 0xFF) << 5) ^ ((word >> 16) & 0xFF)
    return base + HEADS3 + 8 * (hashed & (HASH3_BUCKETS - 1))


@njit(nogil=True, error_model="numpy")
def _slot4(base: int, word: int) -> int:
    return base + HEADS4 + 4 * ((((word & 0xFFFFFFFF) * _MULTIPLIER4) >> 16) & 0xFFFF)


@njit(nogil=True, error_model="numpy")
def _slot8(base: int, word: int) -> int:
    return base + HEADS8 + 4 * (((word * _MULTIPLIER8) >> 48) & 0xFFFF)


@njit(nogil=True, error_model="numpy")
def _distance(position: int, head: int) -> int:
    """Distance to a bucket's head; `NONE` if there is none, or it will never be in reach again."""
    return min(position + BIAS - head, NONE)


@njit(nogil=True, error_model="numpy")
def _head(position: int, distance: int) -> int:
    """The head that gave `position` that distance, or another one that is out of reach.

    For `NONE` the head is 65,535 before `position`. As `position` is less than a window after the anchor's end, that is
    more than `MAX_DISTANCE` away from whatever is linked next.
    """
    return position + BIAS - distance


@njit(nogil=True, error_model="numpy")
def distance3(base: int, position: int) -> int:
    """Distance that `position` would get in the 3-byte chain; it is not linked."""
    return _distance(position, load32(_slot3(base, load64(base + TEXT + position))))


@njit(nogil=True, error_model="numpy")
def distance4(base: int, position: int) -> int:
    """The same in the 4-byte chain."""
    return _distance(position, load32(_slot4(base, load64(base + TEXT + position))))


@njit(nogil=True, error_model="numpy")
def distance8(base: int, position: int) -> int:
    """The same in the 8-byte chain."""
    return _distance(position, load32(_slot8(base, load64(base + TEXT + position))))


@njit(nogil=True, error_model="numpy")
def largest_bucket(base: int, begin: int, end: int) -> int:
    """The most positions in [begin, end) that share a 3-byte bucket; `end` is the end of the linked text."""
    largest = 0
    for position in range(max(1, begin), end - 2):
        count = load32(_slot3(base, load64(base + TEXT + position)) + 4)
        largest = max(largest, (count - (load64(base + LINKS + 8 * position) >> 48)) & 0xFFFF)
    return largest


@njit(nogil=True, error_model="numpy")
def _link_part(base: int, position: int, old_end: int, new_end: int) -> None:
    """Link what `position` can be linked with when the text grows from `old_end` to `new_end`."""
    word = load64(base + TEXT + position)
    entry = base + LINKS + 8 * position
    if position >= old_end:
        store64(entry, _NONE_IN_ALL)
        store16(base + LINKS4 + 2 * position, NONE)
    if position + 3 > old_end and position + 3 <= new_end:
        slot = _slot3(base, word)
        rank = load32(slot + 4)
        store16(entry, _distance(position, load32(slot)))
        store16(entry + 6, rank)
        store32(slot, position + BIAS)
        store32(slot + 4, rank + 1)
    if position + 4 > old_end and position + 4 <= new_end:
        slot = _slot4(base, word)
        distance = _distance(position, load32(slot))
        store16(entry + 2, distance)
        store16(base + LINKS4 + 2 * position, distance)
        store32(slot, position + BIAS)
    if position + 8 > old_end and position + 8 <= new_end:
        slot = _slot8(base, word)
        store16(entry + 4, _distance(position, load32(slot)))
        store32(slot, position + BIAS)


@njit(nogil=True, error_model="numpy")
def link_seam(base: int, old_end: int, new_end: int) -> None:
    """The part of `link` for positions below `old_end`: the grams that lie across that place."""
    start = max(1, old_end)
    for position in range(max(1, old_end - 7), start):
        _link_part(base, position, old_end, new_end)


@njit(nogil=True, error_model="numpy")
def link(base: int, old_end: int, new_end: int) -> None:
    """Enter all grams that lie in the text [0, new_end) but not in [0, old_end) into the chains."""
    if old_end == 0:
        store64(base + LINKS, _NONE_IN_ALL)
        store16(base + LINKS4, NONE)
    start = max(1, old_end)
    stop = max(start, new_end - 7)
    link_seam(base, old_end, new_end)
    for position in range(start, stop):
        ahead = load64(base + TEXT + position + _AHEAD)  # past the end these are any bytes, and the fetch is useless
        prefetch(_slot3(base, ahead))
        prefetch(_slot4(base, ahead))
        prefetch(_slot8(base, ahead))
        word = load64(base + TEXT + position)
        slot3 = _slot3(base, word)
        slot4 = _slot4(base, word)
        slot8 = _slot8(base, word)
        bucket = load64(slot3)
        rank = bucket >> 32
        distance3 = _distance(position, bucket & 0xFFFFFFFF)
        distance4 = _distance(position, load32(slot4))
        distance8 = _distance(position, load32(slot8))
        store64(slot3, (position + BIAS) | ((rank + 1) << 32))
        store32(slot4, position + BIAS)
        store32(slot8, position + BIAS)
        store16(base + LINKS4 + 2 * position, distance4)
        store64(base + LINKS + 8 * position, distance3 | (distance4 << 16) | (distance8 << 32) | (rank << 48))
    for position in range(stop, new_end):
        _link_part(base, position, old_end, new_end)


@njit(nogil=True, error_model="numpy")
def _unlink_part(base: int, position: int, old_end: int, new_end: int) -> None:
    """Undo one `_link_part` with the same arguments."""
    word = load64(base + TEXT + position)
    entry = base + LINKS + 8 * position
    links = load64(entry)
    if position + 8 > old_end and position + 8 <= new_end:
        distance = (links >> 32) & 0xFFFF
        store32(_slot8(base, word), _head(position, distance))
        store16(entry + 4, NONE)
    if position + 4 > old_end and position + 4 <= new_end:
        distance = (links >> 16) & 0xFFFF
        store32(_slot4(base, word), _head(position, distance))
        store16(entry + 2, NONE)
        store16(base + LINKS4 + 2 * position, NONE)
    if position + 3 > old_end and position + 3 <= new_end:
        slot = _slot3(base, word)
        distance = links & 0xFFFF
        store32(slot, _head(position, distance))
        store32(slot + 4, load32(slot + 4) - 1)
        store16(entry, NONE)
        store16(entry + 6, 0)


@njit(nogil=True, error_model="numpy")
def unlink_seam(base: int, old_end: int, new_end: int) -> None:
    """Undo one `link_seam` with the same arguments; the text must still be in place."""
    start = max(1, old_end)
    for position in range(start - 1, max(1, old_end - 7) - 1, -1):
        _unlink_part(base, position, old_end, new_end)


@njit(nogil=True, error_model="numpy")
def unlink(base: int, old_end: int, new_end: int) -> None:
    """Undo one `link` with the same arguments; the text must still be in place."""
    start = max(1, old_end)
    stop = max(start, new_end - 7)
    for position in range(new_end - 1, stop - 1, -1):
        _unlink_part(base, position, old_end, new_end)
    for position in range(stop - 1, start - 1, -1):
        word = load64(base + TEXT + position)
        links = load64(base + LINKS + 8 * position)
        distance3 = links & 0xFFFF
        distance4 = (links >> 16) & 0xFFFF
        distance8 = (links >> 32) & 0xFFFF
        slot3 = _slot3(base, word)
        store32(_slot8(base, word), _head(position, distance8))
        store32(_slot4(base, word), _head(position, distance4))
        rank = (load64(slot3) >> 32) - 1
        store64(slot3, _head(position, distance3) | (rank << 32))
    unlink_seam(base, old_end, new_end)
