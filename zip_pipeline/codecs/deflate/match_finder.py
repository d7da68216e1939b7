"""The match finder of deflate: the longest match at a position, the nearest of the longest.

Source: zlib's deflate.c (longest_match). zlib's search returns the longest match within its limits, the nearest of
equal ones. So chains of longer hashes may skip positions that cannot improve the best match so far, as long as
zlib's own limits (chain budget, distance) are applied to what is found.

What this module does not do: decide where to search, or look beyond zlib's reach (`far`).
"""

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.extending import overload

from zip_pipeline.codecs.deflate.layout import LINKS, LINKS4, MAX_DISTANCE, TEXT
from zip_pipeline.codecs.deflate.raw_memory import common_length, load16, load32, load64

MAX_MATCH = 258
NO_BUDGET = 0xFFFF  # two ranks never differ by more
_THREE_BYTES = 0xFFFFFF
_TOO_FAR = 4096  # a 3-byte match from farther away is not worth it


@njit(nogil=True, error_model="numpy")
def _beyond_budget(base: int, position: int, own: int, candidate: int, budget: int) -> bool:
    """Whether zlib gives up before it comes to `candidate`: its rank is more than `budget` steps back.

    `own` is the position's link record. Ranks compare within one bucket only, and walks over longer hashes meet
    other buckets; three equal bytes mean the same bucket.
    """
    if budget == NO_BUDGET:
        return False
    if ((own >> 48) - (load64(base + LINKS + 8 * candidate) >> 48)) & 0xFFFF <= budget:
        return False
    text = base + TEXT
    return (load32(text + candidate) ^ load32(text + position)) & _THREE_BYTES == 0


@njit(nogil=True, error_model="numpy")
def reach(distance3: int) -> int:
    """The largest distance of a match for a position whose 3-byte chain begins at `distance3`; 0 = none at all."""
    if distance3 > MAX_DISTANCE:
        return 0
    # zlib visits a chain's head at the full distance, every later node only below it.
    return MAX_DISTANCE if distance3 == MAX_DISTANCE else MAX_DISTANCE - 1


@njit(nogil=True, error_model="numpy")
def longest_match(
    base: int, position: int, own: int, oldest: int, best: int, clamp: int, nice: int, budget: int
) -> tuple[int, int]:
    """Longest match at `position` that beats `best` (2 or more), the nearest of the longest.

    `own` is the position's link record, where its chains begin, `oldest` the least start of a match, `clamp`
    the longest length that may count, `nice` the length that ends the search, `budget` the number of steps
    along zlib's 3-byte chain, `NO_BUDGET` for any number. Returns (length, start), or (0, 0) if nothing beats `best`.
    """
    text = base + TEXT
    links = base + LINKS
    links4 = base + LINKS4
    length = best
    start = 0

    if length < 7:
        step = (own >> 16) & 0xFFFF
        candidate = position - step
        offset = max(0, length - 3)
        ending = load32(text + position + offset)
        while candidate >= oldest:
            if load32(text + candidate + offset) == ending:
                common = common_length(text + candidate, text + position, clamp)
                if common > length:
                    if _beyond_budget(base, position, own, candidate, budget):
                        break
                    length = common
                    start = candidate
                    if length >= nice:
                        return length, start
                    if length >= 7:
                        break
                    offset = length - 3
                    ending = load32(text + position + offset)
            step = load16(links4 + 2 * candidate)
            candidate -= step

    if length >= 7:
        # Nothing nearer than `start` is as long as 8, or the walk above would have stopped there.
        step = (own >> 32) & 0xFFFF
        candidate = position - step
        if length > 7 and start != 0:
            step = (load64(links + 8 * start) >> 32) & 0xFFFF
            candidate = start - step
        ending = load64(text + position + length - 7)
        while candidate >= oldest:
            node = load64(links + 8 * candidate)
            if _beyond_budget(base, position, own, candidate, budget):
                break
            if load64(text + candidate + length - 7) == ending:
                common = common_length(text + candidate, text + position, clamp)
                if common > length:
                    length = common
                    start = candidate
                    if length >= nice:
                        break
                    ending = load64(text + position + length - 7)
            step = (node >> 32) & 0xFFFF
            candidate -= step
    elif length == 2:
        oldest = max(oldest, position - _TOO_FAR)
        step = own & 0xFFFF
        candidate = position - step
        prefix = load32(text + position) & _THREE_BYTES
        while candidate >= oldest:
            node = load64(links + 8 * candidate)
            if _beyond_budget(base, position, own, candidate, budget):
                break
            if load32(text + candidate) & _THREE_BYTES == prefix:
                return 3, candidate
            step = node & 0xFFFF
            candidate -= step
    return (length, start) if start != 0 else (0, 0)


@njit(nogil=True, error_model="numpy")
def search(base: int, position: int, best: int, clamp: int, nice: int, budget: int) -> tuple[int, int]:
    """`longest_match` at a linked position."""
    own = load64(base + LINKS + 8 * position)
    distance = reach(own & 0xFFFF)
    if distance == 0:
        return 0, 0
    return longest_match(base, position, own, position - distance, best, clamp, nice, budget)


def find(
    base: int, position: int, best: int, clamp: int, nice: int, budget: int, memory: tuple[int, ...]
) -> tuple[int, int]:
    """What `search` finds. Which function is compiled in is told by the type of `memory`: () is for `search`."""
    raise NotImplementedError("only for compiled code")


@overload(find, strict=False)
def _find_without_memory(*types: Any) -> Callable[..., tuple[int, int]] | None:
    if len(types[-1]) > 0:
        return None
    return lambda base, position, best, clamp, nice, budget, _: search(base, position, best, clamp, nice, budget)
