"""A coverage along the picks: what each of them added, how much is covered, and what is not.

The numbers are those of the rule, computed once more from the records that are shown or drawn: the rule itself keeps
only what it needs to choose.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.selection.coverage import Coverage
from zip_pipeline.selection.gains import Reals, terms

MOST_BYTES = 1 << 26
"""Bytes of picks that are followed; the page says where it stops."""

MOST_WORDS = 24
"""Features of a record that are looked at when it is explained."""

AT_ONCE = 256


@dataclass(frozen=True)
class Reason:
    """Why a record counts.

    Attributes:
        place: its number among the records that were followed.
        gain: what it adds to F.
        buckets: its features, those that add most first.
    """

    place: int
    gain: float
    buckets: tuple[int, ...]


@dataclass(frozen=True)
class Walk:
    """A coverage along records.

    Attributes:
        sizes: bytes of the records up to and with each, shape (records,).
        gains: what each adds to F, shape (records,).
        covered: share of the wanted features that have been seen, by their weights, shape (records,).
        held: how often the records have each wanted feature, shape (slots,).
        most: the records that add most.
        before: as `covered`, before the first record.
        is_whole: whether all records were followed.
    """

    sizes: npt.NDArray[np.int64]
    gains: Reals
    covered: Reals
    held: npt.NDArray[np.int64]
    most: tuple[Reason, ...]
    is_whole: bool
    before: float = 0.0


def walk(
    coverage: Coverage,
    payloads: Iterable[bytes],
    count: int = 10,
    most_bytes: int = MOST_BYTES,
    held: npt.NDArray[np.int64] | None = None,
) -> Walk:
    """Follow records in their order.

    Args:
        coverage: of the rule.
        payloads: of the records.
        count: how many of those that add most to return.
        most_bytes: where to stop.
        held: how often a set before them has each wanted feature; None: there is no such set.
    """
    held = np.zeros(len(coverage.buckets), np.int64) if held is None else held.copy()
    seen, total = float(coverage.weights[held > 0].sum()), 0
    whole = float(coverage.weights.sum())
    before = seen / whole
    sizes, gains, covered, best = list[int](), list[float](), list[float](), list[tuple[float, int, Reason]]()
    stream, is_whole = iter(payloads), True
    while batch := [payload for payload, _ in zip(stream, range(AT_ONCE), strict=False)]:
        found = coverage.wanted(batch)
        for number, payload in enumerate(batch):
            part = slice(found.offsets[number], found.offsets[number + 1])
            slots, counts = found.buckets[part], found.counts[part]
            added = terms(coverage.weights[slots], coverage.priors[slots] + held[slots], counts.astype(np.float64))
            seen += float(coverage.weights[slots[held[slots] == 0]].sum())
            held[slots] += counts
            total += len(payload)
            gain = float(added.sum()) / coverage.scale
            place = len(gains)
            for values, value in ((sizes, total), (gains, gain), (covered, seen / whole)):
                values.append(value)  # type: ignore[arg-type]
            if count and (len(best) < count or gain > best[0][0]):
                order = np.argsort(-added, kind="stable")[:MOST_WORDS]
                reason = Reason(place, gain, tuple(coverage.buckets[slots[order]].tolist()))
                (heapq.heappush if len(best) < count else heapq.heapreplace)(best, (gain, -place, reason))
        if total >= most_bytes:
            is_whole = next(stream, None) is None
            break
    most = tuple(reason for _, _, reason in sorted(best, reverse=True))
    return Walk(np.array(sizes, np.int64), np.array(gains), np.array(covered), held, most, is_whole, before)


def at_same_size(one: Walk, other: Walk) -> tuple[float, float]:
    """Return the shares that two walks have covered where the shorter of both ends."""
    size = min(one.sizes[-1], other.sizes[-1])
    ends = [max(0, int(walked.sizes.searchsorted(size, side="right")) - 1) for walked in (one, other)]
    return float(one.covered[ends[0]]), float(other.covered[ends[1]])


@dataclass(frozen=True)
class Miss:
    """A record that was not picked.

    Attributes:
        place: in the frontier.
        first: what it would add to F alone, per byte or token.
        last: what it would add behind all picks.
        buckets: its features, those that would still add most first.
    """

    place: int
    first: float
    last: float
    buckets: tuple[int, ...]

    @property
    def lost(self) -> float:
        """Share of what it could add that the picks cover already."""
        return 1 - self.last / self.first if self.first else 1.0


def misses(coverage: Coverage, held: npt.NDArray[np.int64], records: Iterable[tuple[int, bytes, float]]) -> list[Miss]:
    """Return what records that were not picked would add, in their order.

    Args:
        coverage: of the rule.
        held: of all picks, see `Walk`.
        records: place, payload, and price divided by weight.
    """
    found = []
    for place, payload, price in records:
        own = coverage.wanted([payload])
        counts = own.counts.astype(np.float64)
        weights, priors = coverage.weights[own.buckets], coverage.priors[own.buckets]
        first, last = terms(weights, priors, counts), terms(weights, priors + held[own.buckets], counts)
        order = np.argsort(-last, kind="stable")[:MOST_WORDS]
        buckets = tuple(coverage.buckets[own.buckets[order]].tolist())
        scale = coverage.scale * price
        found.append(Miss(place, float(first.sum()) / scale, float(last.sum()) / scale, buckets))
    return found
