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
from zip_pipeline.selection.lazy_greedy import Gain
from zip_pipeline.selection.objective import Growth, SelectionContext
from zip_pipeline.selection.partitioning import COVERAGE_FACTOR
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
    budgets_offered: float = COVERAGE_FACTOR
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
            ``scorings`` of them, picks ``adding_nothing``, and ``coverage``, F of base and picks. The pool's stream
            counts there the records ``bounded_again``.
        unit: of prices, see `CoverageRule`.
    """

    def __init__(self, coverage: Coverage, context: SelectionContext, unit: Unit = "bytes") -> None:
        self._coverage, self._facts, self._unit = coverage, context.facts, unit
        self._frontier, self._evaluator = context.frontier, context.evaluator
        self._features = _FeatureStore(coverage, context.frontier)
        self._held = context.frontier.held = np.zeros(len(coverage.buckets), np.int64)
        self._gains = _gains()
        self._picks: list[int] = []
        self._total = 0
        self._facts.update(drawn=0, scorings=0, adding_nothing=0, coverage=0.0, bounded_again=0)

    def look_at(self, places: Places) -> None:
        """See `DiminishingObjective`."""
        self._features.add(places)
        self._facts["drawn"] += len(places)

    def gains(self, places: Sequence[int]) -> Iterable[Gain]:
        """See `DiminishingObjective`: in bytes or tokens. A term may rise by one, see `selection.gains`."""
        self._facts["scorings"] += len(places)
        rows = self._features.rows(places)
        now = self._gains_of(rows)
        most = now + self._features.lengths(rows)
        prices = self._frontier.sizes(places, self._unit)
        found = map(Gain, now.tolist(), most.tolist(), prices.tolist())
        weights = self._frontier.weights
        return map(_weighted, found, weights[places].tolist()) if len(weights) else found

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
        rows = self._features.rows([place])
        gain = int(self._gains_of(rows)[0])
        self._total += gain
        self._facts["coverage"] = self._total / self._coverage.scale
        begin, end = self._features.ends[rows[0] : rows[0] + 2]
        self._held[self._features.slots[begin:end]] += self._features.counts[begin:end]
        return gain

    def _gains_of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        features, coverage = self._features, self._coverage
        arrays = features.ends, features.slots, features.counts, coverage.weights, coverage.priors, self._held
        return self._gains(rows, *arrays)


def _weighted(found: Gain, weight: float) -> Gain:
    """Return a gain times a weight, exactly: the weight is a fraction, which multiplies gain and price."""
    times, over = weight.as_integer_ratio()
    return Gain(found.now * times, found.most * times, found.price * over)


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
    def ends(self) -> npt.NDArray[np.int64]:
        """Row ``i`` has the features from ``ends[i]`` up to ``ends[i + 1]``."""
        return self._ends.values

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

    def rows(self, places: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return where records lie in `ends`."""
        return np.array([self._rows[place] for place in places], np.int64)

    def lengths(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return how many features records have."""
        ends = self.ends
        return ends[rows + 1] - ends[rows]


def _gains() -> Callable[..., npt.NDArray[np.int64]]:
    """Return the faster of the functions `gains`; their numbers are the same."""
    try:
        from zip_pipeline.selection import gains_kernel
    except ImportError:
        return gains.gains
    return gains_kernel.gains
