"""Coverage: how well a selection S holds the features that are wanted, those of a target or of the pool itself.

``F(S) = sum over features g of w(g) ln(1 + c_S(g) / b(g))``, where c_S(g) counts g in S, w(g) says how much g is wanted
and the prior b(g) how much of it any text has. A record d of |d| bytes has the score ``(F(S + d) - F(S)) / |d|``.

Up to a constant, -F is the cross-entropy of the target by a model that has counted S behind a prior. So the rule
chooses text by which a model of words and pairs of words needs fewest bits for the target. Source: Axelrod, "Cynical
Selection of Language Model Training Data", arXiv 1709.02279; pairs, prior and bytes as the price are ours.

F is monotone and submodular: what a record adds never rises while S grows. As computed, it may rise by one unit a
feature, see `gains`. So the whole number ``gain + features`` bounds all later gains of a record, and the one behind the
empty selection bounds them for good. Those bounds order the pool: `BOUND` is minus the bound by bytes, above -2^47,
or times the record's weight, then above -2^67.

    >>> counts = np.zeros(1 << 20, np.int64)
    >>> wanted = features([b"law of entropy"], 20)
    >>> counts[wanted.buckets] = wanted.counts
    >>> coverage = of_targets([(1.0, counts)], pool=counts, bits=20)
    >>> bounds = coverage.bounds([b"a law of entropy", b"the cat"])
    >>> bool(bounds[0] < bounds[1]), float(bounds[1])
    (True, 0.0)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from zip_pipeline.selection.features import Buckets, Counts, Features, features
from zip_pipeline.selection.gains import LARGEST_WEIGHT, Reals, terms
from zip_pipeline.selection.run_queue import States

BOUND = "bound"
"""Column with the states that records begin with: minus the most that each can add by byte, whatever is selected."""

TARGET_PRIOR, POOL_PRIOR = 20_000, 5_000
"""All of the prior, in counts, where a target is wanted, and where the pool itself is."""

FEWEST = 4
"""Records that have a feature at least, where the pool itself is wanted: names and hashes mislead."""

MOST_WEIGHT = float(1 << 20)
"""Largest weight of a record's score."""

UNIT = 1 << 20
"""Counts that are weighted are whole multiples of 1 / UNIT, so that their sums do not depend on an order."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """What is wanted; a value that can be sent to other machines.

    Attributes:
        bits: there are ``2**bits`` buckets.
        buckets: the features that are wanted, ascending; a feature's slot is its place here. Shape (slots,).
        weights: w by slot, times `scale`.
        priors: b by slot.
        scale: units of a gain in a unit of F.
    """

    bits: int
    buckets: Buckets
    weights: Reals
    priors: Reals
    scale: float

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_slots"}

    @cached_property
    def _slots(self) -> npt.NDArray[np.int32]:
        """The slot of each bucket, and -1 where none is wanted."""
        slots = np.full(1 << self.bits, -1, np.int32)
        slots[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        return slots

    def wanted(self, payloads: Sequence[bytes]) -> Features:
        """Return the features of each payload that are wanted, with slots in the place of buckets."""
        found = features(payloads, self.bits)
        slots = self._slots[found.buckets]
        inside = slots >= 0
        ends = np.concatenate(([0], np.cumsum(inside)))[found.offsets]
        return Features(slots[inside], found.counts[inside], ends)

    def bounds(
        self,
        payloads: Sequence[bytes],
        prices: Sequence[int] | None = None,
        weights: Sequence[float] | None = None,
        held: Counts | None = None,
    ) -> States:
        """Return the states of `BOUND`, shape (payloads,).

        Args:
            payloads: none may be empty.
            prices: of the records, above 0; None: their bytes.
            weights: by which their scores are multiplied, 0 to `MOST_WEIGHT`; None: by 1.
            held: how often the selection has each feature, by slot: bounds what records can add from now on.
        """
        found = self.wanted(payloads)
        bases = self.priors if held is None else self.priors + held
        added = terms(self.weights[found.buckets], bases[found.buckets], found.counts.astype(np.float64))
        sums = np.concatenate(([0], np.cumsum(added + 1)))
        most = np.diff(sums[found.offsets])
        costs = np.fromiter(map(len, payloads), np.int64, len(payloads)) if prices is None else np.asarray(prices)
        if weights is None:
            states: States = 0.0 - most / costs
            return states
        exact = zip(most.tolist(), costs.tolist(), map(float.as_integer_ratio, weights), strict=True)
        return 0.0 - np.array([gain * times / (cost * over) for gain, cost, (times, over) in exact], np.float64)


def of_targets(targets: Sequence[tuple[float, Counts]], pool: Counts, bits: int) -> Coverage:
    """Return the coverage of targets: a feature is wanted as often as they have it.

    A target counts by its weight, however large it is; one target counts as it is.

    Args:
        targets: the weight and the counts by bucket of each, shape (2**bits,).
        pool: counts by bucket.
        bits: see `Coverage`.
    """
    shares, sizes = [weight for weight, _ in targets], [int(counts.sum()) for _, counts in targets]
    wanted = np.zeros(1 << bits, np.int64)
    for share, size, (_, counts) in zip(shares, sizes, targets, strict=True):
        wanted += round(share / math.fsum(shares) * (sum(sizes) / size) * UNIT) * counts
    weights = wanted / UNIT
    return _coverage(bits, weights, wanted + pool * UNIT, TARGET_PRIOR)


def of_pool(amounts: Counts, records: Counts, bits: int) -> Coverage:
    """Return the coverage of a pool by itself: features of `FEWEST` records are wanted, by the root of their count.

    Args:
        amounts: counts by bucket, in units of 1 / `UNIT`, each record's times the factor of its source; see
            `source_factors`.
        records: how many records have a feature of the bucket.
        bits: see `Coverage`.
    """
    weights = np.where(records >= FEWEST, np.sqrt(amounts / UNIT), 0.0)
    return _coverage(bits, weights, amounts, POOL_PRIOR)


def source_factors(sizes: dict[str, tuple[int, int]]) -> dict[str, int]:
    """Return how much a count of each source is worth, in units of 1 / `UNIT`: large sources less, as tempering does.

    ``t = sqrt(B) / D``, scaled so that all sources together have as much as before.

    Args:
        sizes: by source: B, its bytes in the pool as given, and D, those of them that may be selected.
    """
    tempered = {name: math.sqrt(given) / eligible for name, (given, eligible) in sizes.items() if eligible}
    whole = sum(eligible for _, eligible in sizes.values())
    scale = whole / math.fsum(factor * sizes[name][1] for name, factor in tempered.items()) if tempered else 1.0
    return {name: max(1, round(factor * scale * UNIT)) for name, factor in tempered.items()}


def _coverage(bits: int, weights: Reals, amounts: Counts, prior: int) -> Coverage:
    """Return a coverage; the prior is divided among all features by their amounts."""
    buckets = np.flatnonzero(weights)
    wanted = weights[buckets]
    exponent = math.frexp(LARGEST_WEIGHT)[1] - 1 - math.frexp(math.fsum(wanted))[1]
    priors = prior * (amounts[buckets] / max(1, int(amounts.sum())))
    return Coverage(bits, buckets.astype(np.int32), np.ldexp(wanted, exponent), priors, math.ldexp(1.0, exponent))
