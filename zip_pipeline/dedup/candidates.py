"""Which records of buckets are compared with which.

The record of the lowest number in a bucket is its hub. Around each hub are the records that share a bucket of its with
it. Whoever compares them orders them by who should stay, and compares each with the first `LEADERS` of them.

So a bucket of a million copies takes no more comparisons a record than one of ten. What that misses are records that
are alike, but like none of the first ones around any hub of theirs.
"""

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.characters import Offsets

LEADERS = 4
"""Records around a hub with which all others there are compared."""


def around_hubs(buckets: Offsets, numbers: Offsets) -> tuple[Offsets, Offsets]:
    """Return the records around each hub, the hub included: hubs and records, both of shape (found,).

    A pair may be there more than once. Buckets with one record have no hub.

    >>> hubs, records = around_hubs(np.array([7, 8, 7, 9]), np.array([3, 3, 1, 4]))
    >>> hubs.tolist(), records.tolist()
    ([1, 1], [3, 1])

    Args:
        buckets: of the records, shape (entries,).
        numbers: of the same records.
    """
    order = np.argsort(buckets, kind="stable")
    buckets = buckets[order]
    same = buckets[1:] == buckets[:-1]
    shared = np.zeros(len(buckets), np.bool_)
    shared[1:] |= same
    shared[:-1] |= same
    buckets, numbers = buckets[shared], numbers[order[shared]]
    if not len(buckets):
        return numbers, numbers
    begins = np.flatnonzero(np.concatenate(([True], buckets[1:] != buckets[:-1])))
    hubs = np.repeat(np.minimum.reduceat(numbers, begins), np.diff(begins, append=len(buckets)))
    return hubs, numbers


def pairs(hubs: Offsets, earlier: npt.NDArray[np.bool_] | None = None) -> tuple[Offsets, Offsets]:
    """Return the comparisons around hubs, as places: the one that rather stays, and the other; shape (pairs,).

    >>> before, after = pairs(np.array([5, 5, 5, 6, 6]))
    >>> before.tolist(), after.tolist()
    ([0, 0, 1, 3], [1, 2, 2, 4])

    Args:
        hubs: of records, shape (records,); those around one hub stand together, in the order of who should stay.
        earlier: which records stay in any case, shape (records,); around each hub they come first. None of them goes,
            so they are compared with others only: the first `LEADERS` of them, and then those of the others.
    """
    if earlier is not None:
        own = np.flatnonzero(~earlier)
        before, after = pairs(hubs[own])
        known, new = _across(hubs, earlier)
        return np.concatenate([known, own[before]]), np.concatenate([new, own[after]])
    first = np.concatenate(([True], hubs[1:] != hubs[:-1]))[: len(hubs)]
    begins = np.maximum.accumulate(np.where(first, np.arange(len(hubs)), 0))
    counts = np.minimum(np.arange(len(hubs)) - begins, LEADERS)
    after = np.repeat(np.arange(len(hubs)), counts)
    place = np.arange(len(after)) - np.repeat(np.cumsum(counts) - counts, counts)
    return begins[after] + place, after


def _across(hubs: Offsets, earlier: npt.NDArray[np.bool_]) -> tuple[Offsets, Offsets]:
    """Return the comparisons of the first earlier records around each hub with all others there."""
    first = np.concatenate(([True], hubs[1:] != hubs[:-1]))[: len(hubs)]
    group = np.cumsum(first) - 1
    known = np.bincount(group, earlier, minlength=1).astype(np.int64)
    new = np.flatnonzero(~earlier)
    counts = np.minimum(known[group[new]], LEADERS)
    after = np.repeat(new, counts)
    place = np.arange(len(after)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.flatnonzero(first)[group[after]] + place, after
