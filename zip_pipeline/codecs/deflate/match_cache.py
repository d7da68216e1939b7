"""Searches remembered: what a candidate's positions matched before, so that only new text is looked at again.

A shortlist is evaluated again and again while the anchor grows. The matches of a candidate's position inside the
candidate never change; the longest match in the anchor changes only when its start falls out of reach or when text
appended since holds one as long. Every position of a candidate has one 64-bit record:

    bits  0-15   distance to the longest match inside the candidate, 0 = none
    bits 16-23   its length - 3
    bits 24-31   length - 3 of the longest match in the anchor as it was
    bits 32-47   distance from the anchor's end as it was to the match's start, 0 = nothing is longer than length
    bits 48-63   how the anchor was: the number of its end in a table, 0 = never searched

A candidate that has records is not linked behind the anchor. Its own positions start their walks at the anchor's
heads, and the nearer one of equal matches is always the one inside.

`recall` takes the place of `parse.search` and gives the same under two conditions, which `recallable`
checks: zlib's chain budget cannot end a search, and its window does not slide early within the candidate. Else the
candidate must be evaluated the plain way, which leaves its records as good as they were. The far search of a longer
window is not remembered; it follows each recalled search as it follows a plain one.
"""

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.extending import overload

from zip_pipeline.codecs.deflate.fresh import may_occur
from zip_pipeline.codecs.deflate.hash_chains import NONE, distance3, distance4, distance8, largest_bucket
from zip_pipeline.codecs.deflate.layout import LINKS, MAX_DISTANCE, MIN_LOOKAHEAD, WINDOW
from zip_pipeline.codecs.deflate.match_finder import (
    MAX_MATCH,
    NO_BUDGET,
    find,
    longest_match,
    reach,
    search,
)
from zip_pipeline.codecs.deflate.raw_memory import load64, store64

INSIDE = 0xFFFFFF  # the bits of a record that never change


@njit(nogil=True, error_model="numpy")
def remember_inside(base: int, size: int, end: int, nice: int, records: int) -> int:
    """Begin the records of the candidate linked at [size, end), 0 < size; returns its largest 3-byte bucket."""
    for position in range(size, end):
        own = load64(base + LINKS + 8 * position)
        clamp = min(MAX_MATCH, end - position)
        length, start = longest_match(base, position, own, size, 2, clamp, min(nice, clamp), NO_BUDGET)
        inside = (position - start) | ((length - 3) << 16) if length > 0 else 0
        store64(records + 8 * (position - size), inside)
    return largest_bucket(base, size, end)


@njit(nogil=True, error_model="numpy")
def recallable(size: int, end: int, crowd: int, budget: int) -> bool:
    """Whether `recall` gives the plain search's matches for the candidate at [size, end).

    `crowd` bounds the positions in reach that share a 3-byte bucket, `budget` is the least that zlib may have.
    """
    edge = (end - 1 - MAX_DISTANCE) // WINDOW * WINDOW + MAX_DISTANCE  # the last position where it may slide early
    return crowd <= budget and (edge < size or end - edge >= MIN_LOOKAHEAD) and end - size < MAX_DISTANCE


@njit(nogil=True, error_model="numpy")
def _own_reach(base: int, size: int, position: int) -> int:
    """The largest distance of a match in the anchor for a position of the candidate."""
    distance = distance3(base, position)
    if distance == MAX_DISTANCE:
        # Only the head of the chain may be as far; a position inside the candidate would be the head.
        for nearer in range(size, position):
            if distance3(base, nearer) == MAX_DISTANCE - (position - nearer):
                return MAX_DISTANCE - 1
    return reach(distance)


@njit(nogil=True, error_model="numpy")
def recall(
    base: int, position: int, best: int, clamp: int, nice: int, memory: tuple[int, int, int, int, int]
) -> tuple[int, int]:
    """What `search` would find at a position of the candidate.

    `memory` is (anchor's size, the same counted from the anchor's beginning, address of the candidate's records,
    address of the anchor's ends so far, number of the last of them).
    """
    size, total, records, ends, number = memory
    record = records + 8 * (position - size)
    known = load64(record)
    inside_distance = known & 0xFFFF
    inside = ((known >> 16) & 0xFF) + 3 if inside_distance != 0 else 0
    if inside >= nice:
        return inside, position - inside_distance
    least = max(best, inside, 3)  # the anchor's match must be longer
    length = ((known >> 24) & 0xFF) + 3
    back = (known >> 32) & 0xFFFF
    looked = (known >> 48) & 0xFFFF
    end_then = load64(ends + 8 * looked) - (total - size)
    start = end_then - back
    oldest = end_then - MAX_MATCH  # matches that start before have not changed
    in_reach = position - MAX_DISTANCE + 1
    # A match that ran on beyond the anchor's end met other text there than it would now.
    holds = back != 0 and start >= in_reach and start + length <= end_then
    if oldest >= in_reach and (length <= least or holds):
        beat = least if length <= least else min(length, nice) - 1
        walks = looked < number - 1 or may_occur(base, position, beat + 1)
    else:
        length = 0
        beat = least
        oldest = position - _own_reach(base, size, position)
        walks = True
    if walks:
        near4 = distance4(base, position) if beat < 7 and clamp >= 4 else NONE
        near8 = distance8(base, position) if clamp >= 8 else NONE
        own = NONE | (near4 << 16) | (near8 << 32)
        new_length, new_start = longest_match(base, position, own, oldest, beat, clamp, nice, NO_BUDGET)
        if new_length > 0:
            length = new_length
            start = new_start
    if length <= least:
        length = least
        start = size
    store64(record, (known & INSIDE) | ((length - 3) << 24) | ((size - start) << 32) | (number << 48))
    if length > least:
        return length, start
    if inside > best:
        return inside, position - inside_distance
    if best == 2:
        nearest = distance3(base, position)
        own = nearest | (NONE << 16) | (NONE << 32)
        return longest_match(base, position, own, position - reach(nearest), 2, clamp, nice, NO_BUDGET)
    return 0, 0


@overload(find, strict=False)
def _find_with_memory(*types: Any) -> Callable[..., tuple[int, int]] | None:
    if len(types[-1]) == 0:
        return None

    def with_memory(
        base: int, position: int, best: int, clamp: int, nice: int, budget: int, memory: tuple[int, int, int, int, int]
    ) -> tuple[int, int]:
        if position < memory[0]:
            return search(base, position, best, clamp, nice, budget)
        return recall(base, position, best, clamp, nice, memory)

    return with_memory
