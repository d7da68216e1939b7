"""Near-duplicates among records in memory, and the definition that the executors share.

Two records are near-duplicates when their sets of shingles have a Jaccard of at least the threshold. Shingles that very
many records have (`Common`) do not count. MinHash proposes the pairs, their true sets decide. So a pair may be missed,
and never is one called near that is not.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup import candidates, likeness, minhash
from zip_pipeline.dedup.characters import Hashes, Offsets
from zip_pipeline.dedup.shingles import WIDTH, Common, distinct, shingles
from zip_pipeline.dedup.staying import staying
from zip_pipeline.dedup.tokens import Ragged

LEAST_COMMON = 20
"""A shingle of so many records counts, however few records there are; more records of a small pool make it common."""

SAMPLE = 20_000
"""Records among which common shingles are counted."""


@dataclass(frozen=True)
class Near:
    """What counts as near.

    Attributes:
        threshold: Jaccard of near-duplicates, above 0 and up to 1.
        common: share of the records above which a shingle does not count.
    """

    threshold: float = 0.5
    common: float = 0.001

    def least(self, records: int) -> int:
        """Return how many of so many records have a common shingle at least."""
        return max(LEAST_COMMON, int(self.common * records)) + 1

    def parameters(self) -> dict[str, Any]:
        """Return what the near-duplicates depend on, for manifests."""
        return {
            **asdict(self),
            "least_common": LEAST_COMMON,
            "sample": SAMPLE,
            "tokens": WIDTH,
            "permutations": minhash.PERMUTATIONS,
            "bands": minhash.BANDS,
            "seed": minhash.SEED,
        }


@dataclass(frozen=True)
class Duplicates:
    """The records of a set that go, each with the one that stays; every array has the shape (gone,).

    Attributes:
        gone: places of records.
        kept: place of the most similar record that stays.
        jaccard: of the two, 0 to 1.
        containment: of the one that goes in the one that stays, 0 to 1.
    """

    gone: Offsets
    kept: Offsets
    jaccard: likeness.Shares
    containment: likeness.Shares


def near_duplicates(payloads: Sequence[bytes], near: Near | None = None) -> Duplicates:
    """Return which records go when the earlier one of two near-duplicates stays.

    >>> found = near_duplicates([b"to be or not to be", b"a rose is a rose", b"To be, or not to be!"])
    >>> found.gone.tolist(), found.kept.tolist(), found.jaccard.tolist()
    ([2], [0], [1.0])
    """
    found = pairs(payloads, near or Near())
    return decided(found, len(payloads))


def pairs(payloads: Sequence[bytes], near: Near) -> likeness.Alike:
    """Return the pairs of near-duplicates among records; pairs around different hubs may be the same."""
    sets = distinct(shingles(payloads, WIDTH))
    return among(sets, common_of(sets.hashes, near.least(len(payloads))), near.threshold, np.arange(len(payloads)))


def common_of(hashes: Hashes, least: int) -> Common:
    """Return the shingles that at least so many records have.

    Args:
        hashes: the sets of all records together.
        least: how many have a common one.
    """
    values, counts = np.unique(hashes, return_counts=True)
    return Common(values[counts >= least])


def among(sets: Ragged, common: Common, threshold: float, numbers: Offsets) -> likeness.Alike:
    """Return the pairs of near-duplicates among records, as places; pairs around different hubs may be the same.

    Args:
        sets: of the records, in the order of who rather stays.
        common: shingles that do not count.
        threshold: Jaccard of near-duplicates.
        numbers: of the records, shape (len(sets),); of a bucket's records the lowest is the hub. Where two records
            share a number, which hashes of ids do once in a billion large pools, only one of them is compared.
    """
    own = common.leave_out(sets)
    names = minhash.buckets(minhash.signatures(own)).ravel()
    hubs, found = candidates.around_hubs(names, np.repeat(numbers, minhash.BANDS))
    order = np.argsort(numbers)
    hubs, found = (order[np.searchsorted(numbers, values, sorter=order)] for values in (hubs, found))
    both = np.unique(hubs << 32 | found)  # a place has less than 32 bits
    hubs, found = both >> 32, both & 0xFFFFFFFF
    before, after = candidates.pairs(hubs)
    return likeness.alike(own, found[before], found[after], threshold)


def decided(found: likeness.Alike, nodes: int) -> Duplicates:
    """Return what goes, from pairs of near-duplicates among so many records."""
    stay = staying(found.before, found.after, nodes)
    chosen = most_similar(found, stay)
    return Duplicates(found.after[chosen], found.before[chosen], found.jaccard[chosen], found.containment[chosen])


def most_similar(found: likeness.Alike, stay: npt.NDArray[np.bool_]) -> Offsets:
    """Return the pair of each record that goes with the most similar one that stays, as places among the pairs."""
    usable = np.flatnonzero(stay[found.before] & ~stay[found.after])
    order = usable[np.lexsort((found.before[usable], -found.jaccard[usable], found.after[usable]))]
    after = found.after[order]
    result: Offsets = order[np.concatenate(([True], after[1:] != after[:-1]))[: len(order)]]
    return result
