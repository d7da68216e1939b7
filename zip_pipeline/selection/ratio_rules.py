"""Rules that minimise a compression ratio: `paper`, `reference` and `gain`.

Source: Yin et al., arXiv 2407.06645, section 4. A ratio is raw bytes / compressed bytes of a set: higher means more
redundant. `paper` is the rule as published, `reference` does as its authors' program does, `gain` is ours:

| rule      | a record's score                             | the set of stage 3 | a record that is not picked       |
|-----------|----------------------------------------------|--------------------|-----------------------------------|
| paper     | ratio of the set with it                     | the round's picks  | returns                           |
| reference | ratio of the set with it                     | the round's picks  | returns unless it was shortlisted |
| gain      | raw bytes it adds / compressed bytes it adds | all picks          | returns after all new records     |
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from zip_pipeline.codecs.base import Evaluator, Sizes
from zip_pipeline.selection.frontier import RANDOM_STATE, Candidates, Frontier, Places
from zip_pipeline.selection.greedy import StagedRule
from zip_pipeline.selection.objective import SelectionContext
from zip_pipeline.selection.partitioning import FACTOR
from zip_pipeline.selection.run_queue import States


class SetSizes(NamedTuple):
    """Raw and compressed bytes of a set; both are 0 where the set is empty."""

    raw: int = 0
    compressed: int = 0


class SetGrowth(NamedTuple):
    """The bytes of a set with each of some candidates.

    Attributes:
        before: the set without a candidate.
        raw: bytes of the set with each candidate, shape (candidates,).
        compressed: the same, compressed.
    """

    before: SetSizes
    raw: Sizes
    compressed: Sizes


@dataclass(frozen=True)
class RatioRule(StagedRule):
    """What the rules of this module have in common; see `rules.Rule` for the members.

    float64 tells two ratios apart as long as the product of their compressed sizes is below 2^52.
    """

    name: str
    initial_column: str
    measures_after_each_pick: bool
    defaults: Mapping[str, Any] = field(hash=False)
    takes_weights: bool = False
    budgets_offered: float = FACTOR

    @property
    def anchors(self) -> int:
        """The selection alone; a round's picks are few."""
        return 1

    @property
    def has_stages(self) -> bool:
        """All of them have."""
        return True

    @property
    def compressor_states(self) -> int:
        """One of the selection, and one of the round's picks where they are apart."""
        return 1 if self.measures_after_each_pick else 2

    @abstractmethod
    def score(self, growth: SetGrowth) -> States:
        """Return the scores of candidates, shape (candidates,); lower is better."""

    def objective(self, context: SelectionContext) -> "RatioObjective":
        """See `StagedRule`."""
        return RatioObjective(self, context.frontier, context.evaluator)


@dataclass(frozen=True)
class PaperRule(RatioRule):
    """The rule as published.

    >>> PaperRule().score(SetGrowth(SetSizes(40, 30), np.array([100]), np.array([50]))).tolist()
    [2.0]
    """

    name: str = "paper"
    initial_column: str = "ratio"
    measures_after_each_pick: bool = False
    defaults: Mapping[str, Any] = field(default_factory=lambda: {"k1": 10_000, "k2": 200, "quotas": {}}, hash=False)

    def score(self, growth: SetGrowth) -> States:
        """See `RatioRule`."""
        return growth.raw / growth.compressed

    def after_round(self, candidates: Candidates, picks: Places) -> tuple[Places, States]:
        """See `StagedRule`."""
        return candidates.without(picks)


@dataclass(frozen=True)
class ReferenceRule(PaperRule):
    """The rule of the published program: a record that was shortlisted never returns."""

    name: str = "reference"

    def after_round(self, candidates: Candidates, picks: Places) -> tuple[Places, States]:
        """See `StagedRule`."""
        return candidates.without(np.concatenate([candidates.shortlist, picks]))


@dataclass(frozen=True)
class GainRule(RatioRule):
    """Scores what a record adds to all picks so far, and draws candidates at random.

    >>> GainRule().score(SetGrowth(SetSizes(40, 30), np.array([100]), np.array([50]))).tolist()
    [3.0]
    """

    name: str = "gain"
    initial_column: str = RANDOM_STATE
    measures_after_each_pick: bool = True
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)
    takes_weights: bool = True

    def score(self, growth: SetGrowth) -> States:
        """See `RatioRule`."""
        return (growth.raw - growth.before.raw) / np.maximum(growth.compressed - growth.before.compressed, 1)

    def after_round(self, candidates: Candidates, picks: Places) -> tuple[Places, States]:
        """See `StagedRule`."""
        places, states = candidates.without(picks)
        return places, states + 1.0  # above all initial states, which are below 1


class RatioObjective:
    """The objective of the rules of this module; see `objective.Objective`.

    Args:
        rule: scores.
        frontier: the pool.
        evaluator: of the frontier's payloads, with an empty anchor.
    """

    def __init__(self, rule: RatioRule, frontier: Frontier, evaluator: Evaluator) -> None:
        self._rule, self._frontier = rule, frontier
        self._anchor = _RecordSet(evaluator, frontier)
        self._round = self._anchor if rule.measures_after_each_pick else _RecordSet(evaluator.sibling(), frontier)
        self._measured: tuple[Places, SetGrowth] | None = None
        self._picks: list[tuple[int, int, int]] = []

    def anchor_scores(self, places: Places) -> States:
        """See `objective.Objective`."""
        return self._weighted(places, self._rule.score(self._anchor.growth(places)))

    def round_scores(self, places: Places) -> States:
        """See `objective.Objective`."""
        growth = self._round.growth(places)
        self._measured = places, growth
        return self._weighted(places, self._rule.score(growth))

    def _weighted(self, places: Places, scores: States) -> States:
        """Return scores, of which the lowest wins, divided by the weights of their records; by 0: the highest."""
        weights = self._frontier.weights
        if not len(weights):
            return scores
        with np.errstate(divide="ignore"):
            return scores / weights[places]

    def pick(self, place: int) -> None:
        """See `objective.Objective`."""
        if self._measured is None:
            raise ValueError("a pick comes after `round_scores`")
        places, growth = self._measured
        index = int(np.flatnonzero(places == place)[0])
        sizes = SetSizes(int(growth.raw[index]), int(growth.compressed[index]))
        self._round.append(place, sizes)
        self._picks.append((place, *sizes))

    def end_round(self) -> tuple[Places, Sizes, Sizes]:
        """See `objective.Objective`."""
        places, raw, compressed = np.array(self._picks, dtype=np.int64).reshape(-1, 3).T
        self._picks = []
        if self._round is not self._anchor:
            self._round.clear()
            if len(places):
                raw, compressed = self._anchor.extend(places)
        return places, raw, compressed

    def repeat_round(self, growth: tuple[Places, Sizes, Sizes]) -> None:
        """See `objective.Objective`; an anchor that only knows its growth by round has to measure it again."""
        places, raw, compressed = growth
        if self._round is not self._anchor:
            self.extend(places)
            return
        for place, *sizes in zip(places.tolist(), raw.tolist(), compressed.tolist(), strict=True):
            self._anchor.append(place, SetSizes(*sizes))

    def extend(self, places: Places) -> None:
        """See `objective.Objective`."""
        if len(places):
            self._anchor.extend(places)


class _RecordSet:
    """A set that grows, and its sizes so far."""

    def __init__(self, evaluator: Evaluator, frontier: Frontier) -> None:
        self._evaluator, self._frontier = evaluator, frontier
        self.sizes = SetSizes()

    def growth(self, places: Places) -> SetGrowth:
        """Return the sizes of the set with each of the candidates."""
        if not self.sizes.raw:  # the empty set with a record is the record by itself, which is scored already
            return SetGrowth(self.sizes, self._frontier.raw_bytes[places], self._frontier.compressed_bytes[places])
        return SetGrowth(self.sizes, self._evaluator.raw_sizes(places), self._evaluator.sizes(places))

    def append(self, place: int, sizes: SetSizes) -> None:
        """Add a record, with which the set has these sizes."""
        self._evaluator.append(place)
        self.sizes = sizes

    def extend(self, places: Places) -> tuple[Sizes, Sizes]:
        """Add a round's picks; return the sizes of the set after each."""
        raw, compressed = self._evaluator.extend(places.tolist())
        self.sizes = SetSizes(int(raw[-1]), int(compressed[-1]))
        return raw, compressed

    def clear(self) -> None:
        """Return to the empty set."""
        self._evaluator.clear()
        self.sizes = SetSizes()
