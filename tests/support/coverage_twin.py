"""The rules `target` and `cover` by definition: every record scored at every pick, one feature at a time, in Python."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from zip_pipeline.dedup.tokens import tokens
from zip_pipeline.selection.coverage import Coverage
from zip_pipeline.selection.gains import SERIES
from zip_pipeline.selection.quotas import Quotas, Tally

MASK, BASE = (1 << 64) - 1, 0x9E3779B97F4A7C15


def bucket_counts(payload: bytes, bits: int) -> Counter[int]:
    """How often a payload has the features of each bucket."""
    words = [int(word) for word in tokens([payload]).hashes]
    pairs = [_mixed(one + other * BASE) for one, other in pairwise(words)]
    return Counter(value >> (64 - bits) for value in [*words, *pairs])


def _mixed(value: int) -> int:
    value &= MASK
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & MASK
    return value ^ (value >> 31)


def term(weight: float, base: float, added: float) -> int:
    """A feature's term, in Python's floats."""
    if added <= base * 0.41421356237309503:
        z, power = added / (base * 2.0 + added), 0
    else:
        mantissa, power = math.frexp((base + added) / base)
        if mantissa < 0.7071067811865476:
            mantissa, power = mantissa * 2.0, power - 1
        z = (mantissa - 1.0) / (mantissa + 1.0)
    series = 0.0
    for coefficient in SERIES:
        series = series * (z * z) + coefficient
    return math.floor(weight * (power * 0.6931471805599453 + (z * 2.0) * series))


class NaiveSelection:
    """What is selected, and what a record adds to it."""

    def __init__(self, coverage: Coverage) -> None:
        slots = zip(coverage.buckets.tolist(), coverage.weights.tolist(), coverage.priors.tolist(), strict=True)
        self._wanted = {bucket: (weight, prior) for bucket, weight, prior in slots}
        self._bits, self._held = coverage.bits, Counter[int]()

    def gain(self, payload: bytes) -> int:
        own = bucket_counts(payload, self._bits)
        return sum(
            term(self._wanted[bucket][0], self._wanted[bucket][1] + self._held[bucket], float(count))
            for bucket, count in own.items()
            if bucket in self._wanted
        )

    def add(self, payload: bytes) -> int:
        gain = self.gain(payload)
        self._held += bucket_counts(payload, self._bits)
        return gain


def naive_select(
    pool: Mapping[str, bytes],
    coverage: Coverage,
    quotas: Quotas,
    stratum_of: Callable[[str], str] = lambda _: "",
    base: Sequence[bytes] = (),
    tokens: Mapping[str, int] | None = None,
    weights: Mapping[str, float] | None = None,
) -> tuple[list[str], int]:
    """Return the ids that the rule selects, in order of picking, and how much they cover.

    Tokens are price and size of records, where they are given.
    """
    sizes = {i: len(payload) for i, payload in pool.items()} if tokens is None else tokens
    times = {i: Fraction(1 if weights is None else weights[i]) for i in pool}
    selection, tally, left, picks, total = NaiveSelection(coverage), Tally(quotas), dict(pool), list[str](), 0
    for payload in base:
        selection.add(payload)
    while names := tally.open():
        some = [record_id for record_id in left if stratum_of(record_id) in names]
        if not some:
            tally.close(*names)
            continue
        best = min(some, key=lambda i: (-Fraction(selection.gain(left[i]), sizes[i]) * times[i], i))
        if tally.take(stratum_of(best), sizes[best]):
            total += selection.add(left.pop(best))
            picks.append(best)
    return picks, total
