"""The match finder of deflate: the longest match at a position, and the nearest one of that length.

Source: zlib's deflate.c (longest_match). zlib's search returns the longest match within its limits, and the nearest of
equal ones. So a walk along the chain of a longer hash may skip positions that cannot improve the best match so far.
zlib's steps limits, chain budget and distance, are then applied to each match.

What this module does not do: decide where to search, or look beyond zlib's reach (see `long_window`).
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
_TOO_FAR = 4096  # zlib takes no 3-byte match from farther away


@njit(nogil=True, error_model="numpy")
def _beyond_budget(base: int, position: int, steps: int, candidate: int, budget: int) -> bool:
    """Whether zlib gives up before it comes to `candidate`, whose rank is more than `budget` steps back.

    `steps` is the position's entry in the chains. Ranks compare within one bucket only, and walks over longer hashes
    meet other buckets; three equal bytes mean the same bucket.
    """
    if budget == NO_BUDGET:
        return False
    if ((steps >> 48) - (load64(base + LINKS + 8 * candidate) >> 48)) & 0xFFFF <= budget:
        return False
    text = base + TEXT
    return (load32(text + candidate) ^ load32(text + position)) & _THREE_BYTES == 0


@njit(nogil=True, error_model="numpy")
def reach(distance3: int) -> int:
    """The largest distance that a match may have if the 3-byte chain begins at `distance3`; 0 = no match at all."""
    if distance3 > MAX_DISTANCE:
        return 0
    # zlib visits a chain's head at the full distance, every later node only below it.
    return MAX_DISTANCE if distance3 == MAX_DISTANCE else MAX_DISTANCE - 1


@njit(nogil=True, error_model="numpy")
def longest_match(
    base: int, position: int, steps: int, oldest: int, best: int, clamp: int, nice: int, budget: int
) -> tuple[int, int]:
    """Return (length, start) of the longest match at `position`, the nearest of that length; (0, 0) for none.

    `steps` is the position's entry in the chains. A match must start at `oldest` or later and be longer than `best`,
    which is 2 or more; at most `clamp` bytes count. A length of `nice` ends the search, and so do `budget` steps
    along zlib's 3-byte chain, of which `NO_BUDGET` allows any number.
    """
    text = base + TEXT
    links = base + LINKS
    links4 = base + LINKS4
    length = best
    start = 0

    if length < 7:
        step = (steps >> 16) & 0xFFFF
        candidate = position - step
        offset = max(0, length - 3)
        ending = load32(text + position + offset)
        while candidate >= oldest:
            if load32(text + candidate + offset) == ending:
                common = common_length(text + candidate, text + position, clamp)
                if common > length:
                    if _beyond_budget(base, position, steps, candidate, budget):
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
        step = (steps >> 32) & 0xFFFF
        candidate = position - step
        if length > 7 and start != 0:
            step = (load64(links + 8 * start) >> 32) & 0xFFFF
            candidate = start - step
        ending = load64(text + position + length - 7)
        while candidate >= oldest:
            node = load64(links + 8 * candidate)
            if _beyond_budget(base, position, steps, candidate, budget):
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
        step = steps & 0xFFFF
        candidate = position - step
        prefix = load32(text + position) & _THREE_BYTES
        while candidate >= oldest:
            node = load64(links + 8 * candidate)
            if _beyond_budget(base, position, steps, candidate, budget):
                break
            if load32(text + candidate) & _THREE_BYTES == prefix:
                return 3, candidate
            step = node & 0xFFFF
            candidate -= step
    return (length, start) if start != 0 else (0, 0)


@njit(nogil=True, error_model="numpy")
def search(base: int, position: int, best: int, clamp: int, nice: int, budget: int) -> tuple[int, int]:
    """`longest_match` at a linked position."""
    steps = load64(base + LINKS + 8 * position)
    distance = reach(steps & 0xFFFF)
    if distance == 0:
        return 0, 0
    return longest_match(base, position, steps, position - distance, best, clamp, nice, budget)


def find(
    base: int, position: int, best: int, clamp: int, nice: int, budget: int, cache: tuple[int, ...]
) -> tuple[int, int]:
    """What `search` finds. The type of `cache` decides which function is compiled in: () stands for `search`."""
    raise NotImplementedError("only for compiled code")


@overload(find, strict=False)
def _find_without_cache(*types: Any) -> Callable[..., tuple[int, int]] | None:
    if len(types[-1]) > 0:
        return None
    return lambda base, position, best, clamp, nice, budget, _: search(base, position, best, clamp, nice, budget)
