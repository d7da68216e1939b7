"""Pairs of records with a known share of equal runs."""

import random

from zip_pipeline.dedup import minhash


def words(count: int, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    return [b"%x" % rng.randrange(10**9) for _ in range(count)]


def planted(jaccard: float, seed: int, runs: int = 400) -> tuple[bytes, bytes]:
    """Two texts whose runs of five words agree as far as asked: they share a beginning."""
    shared = round(2 * runs * jaccard / (1 + jaccard)) + minhash.WIDTH - 1
    first, second = words(runs + minhash.WIDTH - 1, seed), words(runs + minhash.WIDTH - 1, seed + 10**6)
    return b" ".join(first), b" ".join(first[:shared] + second[shared:])
