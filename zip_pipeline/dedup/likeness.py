"""How alike the records of a pair are: on their sets of shingles, without estimates.

- Jaccard: the shingles that both have, as a share of those that either has.
- Containment: the shingles that both have, as a share of those that the second one has. What a record loses when
  another one stays in its place is at most one minus that.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.characters import Offsets
from zip_pipeline.dedup.shingles import BITS, TOGETHER
from zip_pipeline.dedup.tokens import Ragged

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Alike:
    """Pairs of records that are near-duplicates; every array has the shape (pairs,).

    Attributes:
        before: place of the record that rather stays.
        after: place of the other one.
        jaccard: 0 to 1.
        containment: of `after` in `before`, 0 to 1.
    """

    before: Offsets
    after: Offsets
    jaccard: Shares
    containment: Shares


def alike(records: Ragged, before: Offsets, after: Offsets, threshold: float) -> Alike:
    """Return the pairs whose Jaccard is at least `threshold`.

    Args:
        records: sets of shingles, see `shingles.distinct`.
        before: places of the records that rather stay, shape (pairs,).
        after: places of those that they are compared with.
        threshold: above 0, up to 1.
    """
    sizes = np.diff(records.offsets)
    one, other = sizes[before], sizes[after]
    possible = np.flatnonzero(np.minimum(one, other) >= threshold * np.maximum(one, other))
    before, after = before[possible], after[possible]
    both = np.concatenate(
        [
            np.zeros(0, np.int64),
            *(
                _both(records, before[begin : begin + TOGETHER], after[begin : begin + TOGETHER])
                for begin in range(0, len(before), TOGETHER)
            ),
        ]
    )
    jaccard = both / (sizes[before] + sizes[after] - both)
    near = jaccard >= threshold
    return Alike(before[near], after[near], jaccard[near], (both / sizes[after])[near])


def _both(records: Ragged, before: Offsets, after: Offsets) -> Offsets:
    """Return how many shingles the records of each pair have in common; `TOGETHER` pairs at most."""
    numbered = np.sort(np.concatenate([_numbered(records, before), _numbered(records, after)]))
    common = numbered[1:][numbered[1:] == numbered[:-1]]
    return np.bincount((common >> np.uint64(BITS)).astype(np.int64), minlength=len(before))


def _numbered(records: Ragged, places: Offsets) -> npt.NDArray[np.uint64]:
    """Return the shingles of records, with the number of the pair above them."""
    begins, sizes = records.offsets[places], np.diff(records.offsets)[places]
    pair = np.repeat(np.arange(len(places)), sizes)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    numbered: npt.NDArray[np.uint64] = records.hashes[begins[pair] + within] | pair.astype(np.uint64) << np.uint64(BITS)
    return numbered
