"""The rules `target` and `cover`: the records by which wanted features are covered best for what they cost.

`coverage` defines score and bounds, `lazy_greedy` finds the picks. Here is what holds the counts of a selection.

The rules by name know no pool. `CoverageRule.over` gives one what it shall cover:

    >>> from zip_pipeline.selection.coverage import of_targets
    >>> ones = np.ones(1 << 20, np.int64)
    >>> TARGET.over(of_targets([(1.0, ones)], ones, 20)).name
    'target'
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zip_pipeline.records.buffers import GrowableArray
from zip_pipeline.selection import gains, lazy_greedy
from zip_pipeline.selection.coverage import BOUND, Coverage
from zip_pipeline.selection.frontier import Frontier, Places
from zip_pipeline.selection.greedy import Round, RoundSize
from zip_pipeline.selection.objective import Growth, SelectionContext
from zip_pipeline.selection.quotas import Tally, Unit


@dataclass(frozen=True)
class CoverageRule:
    """A rule that covers features; see `rules.Rule` for the members.

    Attributes:
        coverage: what is covered; None: that of a pool that is not known yet.
        price: what a record costs: its ``bytes``, or its ``tokens`` where the budget is in tokens.
    """

    name: str
    coverage: Coverage | None = None
    initial_column: str = BOUND
    anchors: int = 1
    compressor_states: int = 1
    measures_after_each_pick: bool = False
    has_stages: bool = False
    takes_weights: bool = True
    price: Unit = "bytes"
    defaults: Mapping[str, Any] = field(default_factory=lambda: {"quotas": {}}, hash=False)

    def over(self, coverage: Coverage, price: Unit = "bytes") -> "CoverageRule":
        """Return the rule with what it shall cover, and what a record costs."""
        return replace(self, coverage=coverage, price=price)

    def rounds(
        self,
        context: SelectionContext,
        tally: Tally,
        size: RoundSize,
        base: Sequence[Places] = (),
        done: Iterable[Round] = (),
    ) -> Iterator[Round]:
        """See `rules.Rule`.

        Raises:
            ValueError: when the rule does not know what to cover.
        """
        if self.coverage is None:
            raise ValueError(f"the rule {self.name} has nothing to cover; make another one with `over`")
        objective = CoverageObjective(self.coverage, context, self.price)
        for places in base:
            objective.extend(places)
        yield from lazy_greedy.rounds(context.frontier, objective, tally, size, done)


TARGET, COVER = CoverageRule("target"), CoverageRule("cover")


class CoverageObjective:
    """The counts of a selection, and the features of the records that may join it; see `DiminishingObjective`.

    Args:
        coverage: what is wanted.
        context: of the selection; its evaluator measures the picks, and counts go to its `facts`: ``drawn`` records,
            ``scorings`` of them, picks ``adding_nothing``, and ``coverage``, F of base and picks.
        unit: of prices, see `CoverageRule`.
    """

    def __init__(self, coverage: Coverage, context: SelectionContext, unit: Unit = "bytes") -> None:
        self._coverage, self._facts, self._unit = coverage, context.facts, unit
        self._frontier, self._evaluator = context.frontier, context.evaluator
        self._features = _FeatureStore(coverage, context.frontier)
        self._held = np.zeros(len(coverage.buckets), np.int64)
        self._gain = _gain()
        self._picks: list[int] = []
        self._total = 0
        self._facts.update(drawn=0, scorings=0, adding_nothing=0, coverage=0.0)

    def look_at(self, places: Places) -> None:
        """See `DiminishingObjective`."""
        self._features.add(places)
        self._facts["drawn"] += len(places)

    def gain(self, place: int) -> int:
        """See `DiminishingObjective`."""
        self._facts["scorings"] += 1
        return self._gain_of(place) * self._weight(place)[0]

    def most(self, place: int, gain: int) -> int:
        """See `DiminishingObjective`: each term may rise by one, see `gains`."""
        begin, end = self._features.span(place)
        return gain + (end - begin) * self._weight(place)[0]

    def price(self, place: int) -> int:
        """See `DiminishingObjective`: the bytes or tokens of the record."""
        return int(self._frontier.sizes([place], self._unit)[0]) * self._weight(place)[1]

    def pick(self, place: int) -> None:
        """See `DiminishingObjective`."""
        self._facts["adding_nothing"] += self._hold(place) == 0
        self._picks.append(place)

    def end_round(self) -> Growth:
        """See `DiminishingObjective`."""
        places, self._picks = np.array(self._picks, dtype=np.int64), []
        return places, *self._evaluator.extend(places)

    def repeat_round(self, growth: Growth) -> None:
        """See `DiminishingObjective`."""
        self._features.add(growth[0])
        for place in growth[0].tolist():
            self.pick(place)
        self.end_round()

    def extend(self, places: Places) -> None:
        """Make a round of the base part of the selection."""
        self._features.add(places)
        for place in places.tolist():
            self._hold(place)
        self._evaluator.extend(places)

    def _hold(self, place: int) -> int:
        """Count a record's features, and return what it added."""
        gain = self._gain_of(place)
        self._total += gain
        self._facts["coverage"] = self._total / self._coverage.scale
        begin, end = self._features.span(place)
        self._held[self._features.slots[begin:end]] += self._features.counts[begin:end]
        return gain

    def _weight(self, place: int) -> tuple[int, int]:
        """Return a record's weight as a fraction: it multiplies what the record adds, and what it costs."""
        weights = self._frontier.weights
        return float(weights[place]).as_integer_ratio() if len(weights) else (1, 1)

    def _gain_of(self, place: int) -> int:
        begin, end = self._features.span(place)
        features, coverage = self._features, self._coverage
        arrays = features.slots, features.counts, coverage.weights, coverage.priors, self._held
        return self._gain(begin, end, *arrays)


class _FeatureStore:
    """The wanted features of records that were looked at."""

    def __init__(self, coverage: Coverage, frontier: Frontier) -> None:
        self._coverage, self._frontier = coverage, frontier
        self._slots = GrowableArray(np.int32, frontier.allocator)
        self._counts = GrowableArray(np.int32, frontier.allocator)
        self._ends = GrowableArray(np.int64, frontier.allocator)
        self._ends.extend([0])
        self._rows: dict[int, int] = {}

    @property
    def slots(self) -> npt.NDArray[np.int32]:
        """The features of all records, record by record; see `Coverage`."""
        return self._slots.values

    @property
    def counts(self) -> npt.NDArray[np.int32]:
        """How often their records have them."""
        return self._counts.values

    def add(self, places: Places) -> None:
        """Find the features of records, but not again of those that are here."""
        new = [place for place in places.tolist() if place not in self._rows]
        found = self._coverage.wanted([self._frontier.payloads[place] for place in new])
        self._rows.update(zip(new, range(len(self._ends) - 1, len(self._ends) - 1 + len(new)), strict=True))
        self._slots.extend(found.buckets)
        self._ends.extend(found.offsets[1:] + len(self._counts))
        self._counts.extend(found.counts)

    def span(self, place: int) -> tuple[int, int]:
        """Return where a record's features begin and end."""
        row = self._rows[place]
        begin, end = self._ends.values[row : row + 2].tolist()
        return begin, end


def _gain() -> Callable[..., int]:
    """Return the faster of the functions `gain`; their numbers are the same."""
    try:
        from zip_pipeline.selection import gains_kernel
    except ImportError:
        return gains.gain
    return gains_kernel.gain
