"""A cache of matches: when a candidate comes back, only the anchor's new text has to be searched.

A shortlist is evaluated again and again while the anchor grows. The matches of a position inside its candidate never
change. Its longest match in the anchor changes in two cases only: when the match falls out of reach, or when new text
holds one as long. The cache has one 64-bit entry for every position of a candidate:

    bits  0-15   distance to the longest match inside the candidate, 0 = none
    bits 16-23   its length - 3
    bits 24-31   length - 3 of the longest match in the anchor at the last search
    bits 32-47   distance from the anchor's end at that search to the match's start, 0 = nothing is longer than length
    bits 48-63   which search that was: the number of the anchor's end in a table, 0 = none yet

A candidate with cache entries is not linked after the anchor. Its positions start their walks at the anchor's heads,
and of two equal matches the one inside the candidate is always the nearer one.

A filter says whether bytes may occur in the anchor's new text. It has one bit for each gram of 4 to 8 bytes, by hash
(B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970, with one hash). A bit that is set
may stem from another gram. A clear bit is certain, and saves a walk along chains that would end at once.

`search_with_cache` replaces `match_finder.search` and finds the same under two conditions: zlib's chain budget cannot
end a search, and zlib's window does not slide early within the candidate. `cache_is_exact` checks them. A candidate
that fails is evaluated without the cache, and its entries stay valid. The search of a longer window is not
cached; it follows each search with the cache as it follows any other.
"""

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.extending import overload

from zip_pipeline.codecs.deflate.hash_chains import NONE, distance3, distance4, distance8, largest_bucket
from zip_pipeline.codecs.deflate.layout import (
    FILTER,
    FILTER_BITS,
    FILTER_LOG,
    FILTER_RANGE,
    LINKS,
    MAX_DISTANCE,
    MIN_LOOKAHEAD,
    TEXT,
    WINDOW,
)
from zip_pipeline.codecs.deflate.match_finder import MAX_MATCH, NO_BUDGET, find, longest_match, reach, search
from zip_pipeline.codecs.deflate.raw_memory import load8, load64, store8, store64

INSIDE = 0xFFFFFF
"""The bits of an entry that hold for any anchor."""

_SHORTEST, _LONGEST = 4, 8  # grams in the filter, in bytes
_MULTIPLIER = 0x1E35A7BD3C6EF372 | 1


@njit(nogil=True, error_model="numpy")
def _bit(word: int, count: int) -> int:
    """Number of the filter's bit for the first `count` bytes of a text word."""
    return (((word << (64 - 8 * count)) * _MULTIPLIER) >> (64 - FILTER_BITS)) & ((1 << FILTER_BITS) - 1)


@njit(nogil=True, error_model="numpy")
def fill_filter(base: int, begin: int, size: int, total: int) -> None:
    """Fill the filter with the grams in the anchor's last bytes, [begin, size), unless it holds exactly these.

    `total` is `size` counted from the anchor's beginning.
    """
    begin_in_all = begin + total - size
    if load64(base + FILTER_RANGE) == begin_in_all and load64(base + FILTER_RANGE + 8) == total:
        return
    store64(base + FILTER_RANGE, begin_in_all)
    store64(base + FILTER_RANGE + 8, total)
    for offset in range(0, 1 << (FILTER_BITS - 3), 8):
        store64(base + FILTER + offset, 0)
    for position in range(begin, size - _SHORTEST + 1):
        word = load64(base + TEXT + position)
        for count in range(_SHORTEST, min(_LONGEST, size - position) + 1):
            bit = _bit(word, count)
            slot = base + FILTER + (bit >> 3)
            store8(slot, load8(slot) | (1 << (bit & 7)))


@njit(nogil=True, error_model="numpy")
def add_seam_grams(base: int, size: int, end: int) -> int:
    """Add the grams that lie across `size` in the text [0, end); returns how many, for `remove_seam_grams`."""
    log = base + FILTER_LOG
    added = 0
    for position in range(max(0, size - _LONGEST + 1), size):
        word = load64(base + TEXT + position)
        for count in range(max(_SHORTEST, size - position + 1), min(_LONGEST, end - position) + 1):
            bit = _bit(word, count)
            slot = base + FILTER + (bit >> 3)
            store64(log + 8 * added, (bit >> 3) | (load8(slot) << 32))
            store8(slot, load8(slot) | (1 << (bit & 7)))
            added += 1
    return added


@njit(nogil=True, error_model="numpy")
def remove_seam_grams(base: int, added: int) -> None:
    """Restore the filter as it was before `add_seam_grams`."""
    for number in range(added - 1, -1, -1):
        entry = load64(base + FILTER_LOG + 8 * number)
        store8(base + FILTER + (entry & 0xFFFFFFFF), entry >> 32)


@njit(nogil=True, error_model="numpy")
def _may_occur(base: int, position: int, count: int) -> bool:
    """Whether the `count` bytes at `position`, 4 or more, may occur in the new text; only the first 8 are checked."""
    bit = _bit(load64(base + TEXT + position), min(count, _LONGEST))
    return (load8(base + FILTER + (bit >> 3)) >> (bit & 7)) & 1 != 0


@njit(nogil=True, error_model="numpy")
def cache_inside_matches(base: int, size: int, end: int, nice: int, entries: int) -> int:
    """Start the entries of the candidate linked at [size, end), 0 < size; returns its largest 3-byte bucket."""
    for position in range(size, end):
        steps = load64(base + LINKS + 8 * position)
        clamp = min(MAX_MATCH, end - position)
        length, start = longest_match(base, position, steps, size, 2, clamp, min(nice, clamp), NO_BUDGET)
        inside = (position - start) | ((length - 3) << 16) if length > 0 else 0
        store64(entries + 8 * (position - size), inside)
    return largest_bucket(base, size, end)


@njit(nogil=True, error_model="numpy")
def cache_is_exact(size: int, end: int, bucket: int, budget: int) -> bool:
    """Whether `search_with_cache` finds what `search` finds for the candidate at [size, end).

    At most `bucket` positions in reach share a 3-byte bucket; `budget` is the least that zlib may have.
    """
    edge = (end - 1 - MAX_DISTANCE) // WINDOW * WINDOW + MAX_DISTANCE  # the last position where it may slide early
    return bucket <= budget and (edge < size or end - edge >= MIN_LOOKAHEAD) and end - size < MAX_DISTANCE


@njit(nogil=True, error_model="numpy")
def _reach_into_anchor(base: int, size: int, position: int) -> int:
    """The largest distance of a match in the anchor for a position of the candidate."""
    distance = distance3(base, position)
    if distance == MAX_DISTANCE:
        # Only the head of the chain may be as far; a position inside the candidate would be the head.
        for nearer in range(size, position):
            if distance3(base, nearer) == MAX_DISTANCE - (position - nearer):
                return MAX_DISTANCE - 1
    return reach(distance)


@njit(nogil=True, error_model="numpy")
def search_with_cache(
    base: int, position: int, best: int, clamp: int, nice: int, cache: tuple[int, int, int, int, int]
) -> tuple[int, int]:
    """What `search` would find at a position of the candidate.

    `cache` is (anchor's size, the same counted from the anchor's beginning, address of the candidate's entries,
    address of the table of the anchor's ends, number of the last of them).
    """
    size, total, entries, ends, number = cache
    slot = entries + 8 * (position - size)
    entry = load64(slot)
    inside_distance = entry & 0xFFFF
    inside = ((entry >> 16) & 0xFF) + 3 if inside_distance != 0 else 0
    if inside >= nice:
        return inside, position - inside_distance
    least = max(best, inside, 3)  # the anchor's match must be longer
    length = ((entry >> 24) & 0xFF) + 3
    back = (entry >> 32) & 0xFFFF
    last_search = (entry >> 48) & 0xFFFF
    last_end = load64(ends + 8 * last_search) - (total - size)
    start = last_end - back
    oldest = last_end - MAX_MATCH  # matches that start before have not changed
    in_reach = position - MAX_DISTANCE + 1
    # A match that ran on beyond the anchor's end then met other text there than it would now.
    is_valid = back != 0 and start >= in_reach and start + length <= last_end
    if oldest >= in_reach and (length <= least or is_valid):
        beat = least if length <= least else min(length, nice) - 1
        must_search = last_search < number - 1 or _may_occur(base, position, beat + 1)
    else:
        length = 0
        beat = least
        oldest = position - _reach_into_anchor(base, size, position)
        must_search = True
    if must_search:
        step4 = distance4(base, position) if beat < 7 and clamp >= 4 else NONE
        step8 = distance8(base, position) if clamp >= 8 else NONE
        steps = NONE | (step4 << 16) | (step8 << 32)
        new_length, new_start = longest_match(base, position, steps, oldest, beat, clamp, nice, NO_BUDGET)
        if new_length > 0:
            length = new_length
            start = new_start
    if length <= least:
        length = least
        start = size
    store64(slot, (entry & INSIDE) | ((length - 3) << 24) | ((size - start) << 32) | (number << 48))
    if length > least:
        return length, start
    if inside > best:
        return inside, position - inside_distance
    if best == 2:
        nearest = distance3(base, position)
        steps = nearest | (NONE << 16) | (NONE << 32)
        return longest_match(base, position, steps, position - reach(nearest), 2, clamp, nice, NO_BUDGET)
    return 0, 0


@overload(find, strict=False)
def _find_with_cache(*types: Any) -> Callable[..., tuple[int, int]] | None:
    if len(types[-1]) == 0:
        return None

    def with_cache(
        base: int, position: int, best: int, clamp: int, nice: int, budget: int, cache: tuple[int, int, int, int, int]
    ) -> tuple[int, int]:
        if position < cache[0]:
            return search(base, position, best, clamp, nice, budget)
        return search_with_cache(base, position, best, clamp, nice, cache)

    return with_cache
