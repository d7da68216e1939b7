"""The filter knows what was added to it, whatever its size, and hardly anything else."""

import random

import numpy as np
import pytest

from zip_pipeline.dedup.bloom import MOST_BITS, BloomFilter


def filter_of(hashes: np.ndarray) -> BloomFilter:
    known = BloomFilter(len(hashes))
    known.add(hashes)
    return known


@pytest.mark.parametrize("count", [0, 1, 1000, 100_000])
def test_it_knows_what_was_added_and_hardly_anything_else(count: int) -> None:
    hashes = np.random.default_rng(count).integers(0, 2**64, count + 100_000, dtype=np.uint64)
    known, others = hashes[:count], hashes[count:]
    filtered = filter_of(known)
    assert filtered.may_have(known).tolist() == list(range(count)), "it misses none"
    assert len(filtered.may_have(others)) < 100


def test_it_has_a_largest_size() -> None:
    """More hashes than it is made for make it answer yes more often, never no."""
    filtered = BloomFilter(10**12)
    assert filtered._table.nbytes * 8 == MOST_BITS
    small = BloomFilter(1)
    hashes = np.array([random.Random(number).getrandbits(64) for number in range(500)], np.uint64)
    small.add(hashes)
    assert len(small.may_have(hashes)) == 500
