"""Pairs of records with a known share of equal runs of words, and those runs by plain Python."""

import random

from zip_pipeline.dedup import minhash


def words(count: int, seed: int) -> list[bytes]:
    """Return random words, different ones for different seeds."""
    rng = random.Random(seed)
    return [b"%x" % rng.randrange(10**9) for _ in range(count)]


def planted(jaccard: float, seed: int, runs: int = 400) -> tuple[bytes, bytes]:
    """Return two texts with a common beginning, so long that their runs of words have this Jaccard likeness."""
    shared = round(2 * runs * jaccard / (1 + jaccard)) + minhash.WIDTH - 1
    first, second = words(runs + minhash.WIDTH - 1, seed), words(runs + minhash.WIDTH - 1, seed + 10**6)
    return b" ".join(first), b" ".join(first[:shared] + second[shared:])


def runs_by_hand(payload: bytes, width: int) -> list[tuple[bytes, ...]]:
    """All runs of so many words in a payload, by plain Python."""
    words = payload.split()
    return [tuple(words[place : place + width]) for place in range(max(1, len(words) - width + 1))]
