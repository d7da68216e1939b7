"""Lazy greedy selection: exact for rules whose scores never rise while the selection grows.

Source: Minoux, "Accelerated greedy algorithms for maximizing submodular set functions", 1978. A pick is the record of
highest score among all that are left, a tie goes to the lower id. To find it, not all have to be scored. The last score
of a record bounds its next ones. So records are scored in the order of their bounds, until the best score is above all
other bounds. Records that were not read yet have the bound of the pool's stream, which is read only as far as needed.

A score is a fraction: gain by price, both whole numbers. Scores are compared exactly. Bounds are float64, the nearest
to their fractions, and rounding keeps an order: a fraction is larger than another one if its float64 is. Where the
float64 are equal, the record is scored.

What it yields is what `greedy` yields. Rounds are groups of k3 picks, and neither k1 nor k3 changes a pick.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import NamedTuple, Protocol

from zip_pipeline.selection.frontier import Frontier, Places
from zip_pipeline.selection.greedy import Round, RoundSize
from zip_pipeline.selection.objective import Growth
from zip_pipeline.selection.quotas import Tally


class DiminishingObjective(Protocol):
    """What a rule maximises over one selection, where no record ever adds more to a larger selection."""

    def look_at(self, places: Places) -> None:
        """Get ready to score some records, before anything else is asked about them."""

    def gain(self, place: int) -> int:
        """Return what a record adds to the picks so far; higher is better."""

    def most(self, place: int, gain: int) -> int:
        """Return the most that a record can add later, by what it adds now."""

    def price(self, place: int) -> int:
        """Return the price of a record, above 0."""

    def pick(self, place: int) -> None:
        """Add a record to the picks."""

    def end_round(self) -> Growth:
        """Return the picks since the last call."""

    def repeat_round(self, growth: Growth) -> None:
        """Add picks that `end_round` returned when the selection ran before."""


class _Scored(NamedTuple):
    """A record that was scored against all picks so far."""

    gain: int
    price: int
    place: int
    stratum: str

    @property
    def score(self) -> float:
        """The score, rounded."""
        return self.gain / self.price


def rounds(
    frontier: Frontier, objective: DiminishingObjective, tally: Tally, size: RoundSize, done: Iterable[Round] = ()
) -> Iterator[Round]:
    """Yield round by round until the budget is used up or the pool has no more records.

    Args:
        frontier: the pool; the states that its records begin with are minus their bounds.
        objective: made for this selection.
        tally: of budget and strata, still empty.
        size: of a round: k1 records are drawn from the pool at once, k3 are picked.
        done: the first rounds of the same selection, as they were yielded before; they are yielded again.
    """
    search = _Search(frontier, objective, tally, size.k1)
    for this in done:
        search.repeat(this)
        yield this
    while True:
        count = 0
        while count < size.k3 and search.pick():
            count += 1
        if not count:
            return
        yield Round((), *objective.end_round(), tally.closed)


class _Search:
    """Finds the next pick, again and again."""

    def __init__(self, frontier: Frontier, objective: DiminishingObjective, tally: Tally, drawn_at_once: int) -> None:
        self._frontier, self._objective, self._tally = frontier, objective, tally
        quotas = tally.quotas
        together = tally.groups() if quotas.shared else {tuple(quotas.strata): 1.0}
        self._groups = [
            _Group(frontier, objective, names, ceil(drawn_at_once * part)) for names, part in together.items()
        ]

    def pick(self) -> bool:
        """Give the objective the next pick; return whether there was one."""
        while names := self._tally.open():
            group = next(group for group in self._groups if set(names) <= group.heaps.keys())
            best = group.best(names)
            if best is None:
                self._tally.close(*names)
            elif self._tally.take(best.stratum, self._size(best.place)):
                group.taken.add(best.place)
                self._objective.pick(best.place)
                return True
        return False

    def repeat(self, this: Round) -> None:
        """Take a round's picks again."""
        self._frontier.read_to(max(this.places.tolist(), default=-1))
        for place in this.places.tolist():
            stratum = self._frontier.strata[place]
            self._tally.take(stratum, self._size(place))
            next(group for group in self._groups if stratum in group.heaps).taken.add(place)
        self._tally.close(*this.closed)
        self._objective.repeat_round((this.places, this.raw_bytes, this.compressed_bytes))

    def _size(self, place: int) -> int:
        return int(self._frontier.sizes([place], self._tally.budget.unit)[0])


class _Group:
    """The records of strata that compete with each other.

    Args:
        frontier: the pool.
        objective: scores.
        names: of the strata.
        drawn_at_once: records.

    Attributes:
        heaps: by stratum, minus the bound and the place of each record that was drawn.
        taken: places of the picks.
    """

    def __init__(
        self, frontier: Frontier, objective: DiminishingObjective, names: Sequence[str], drawn_at_once: int
    ) -> None:
        self._frontier, self._objective, self._drawn_at_once = frontier, objective, drawn_at_once
        self.heaps: dict[str, list[tuple[float, int]]] = {name: [] for name in names}
        self.taken: set[int] = set()
        self._last: tuple[float, str] | None = (float("-inf"), "")
        """State and id of the record that was drawn last: the others come after it. None: there are no others."""

    def best(self, names: Sequence[str]) -> _Scored | None:
        """Return the record of highest score in some of the strata; None where they have no more."""
        best: _Scored | None = None
        scored: list[_Scored] = []
        while True:
            heap = min((self.heaps[name] for name in names if self.heaps[name]), default=None, key=_lowest)
            if self._may_follow(heap[0][0] if heap else None, best):
                self._draw()
                continue
            if heap is None or (best is not None and heap[0][0] > -best.score):
                break
            _, place = heapq.heappop(heap)
            if place in self.taken:
                continue
            stratum = self._frontier.strata[place]
            this = _Scored(self._objective.gain(place), self._objective.price(place), place, stratum)
            scored.append(this)
            if best is None or self._is_better(this, best):
                best = this
        for this in scored:
            most = self._objective.most(this.place, this.gain)
            heapq.heappush(self.heaps[this.stratum], (-(most / this.price), this.place))
        return best

    def _is_better(self, one: _Scored, other: _Scored) -> bool:
        left, right = one.gain * other.price, other.gain * one.price
        return left > right or (left == right and self._frontier.ids[one.place] < self._frontier.ids[other.place])

    def _may_follow(self, lowest: float | None, best: _Scored | None) -> bool:
        """Whether to look for the best among those that were not drawn yet, whose states are not below the last one's.

        Args:
            lowest: minus the highest bound of those that were drawn.
            best: of those that were scored.
        """
        if self._last is None or (lowest is not None and lowest <= self._last[0]):
            return False
        if best is None or -self._last[0] > best.score:
            return True
        # Of records that can add nothing, those that were not drawn have the higher ids.
        is_equal = -self._last[0] == best.score
        return is_equal and (best.gain > 0 or self._last[1] < self._frontier.ids[best.place])

    def _draw(self) -> None:
        places, states = self._frontier.take(self._drawn_at_once, self.heaps.keys())
        self._objective.look_at(places)
        for place, state in zip(places.tolist(), states.tolist(), strict=True):
            heapq.heappush(self.heaps[self._frontier.strata[place]], (state, place))
        is_last = len(places) < self._drawn_at_once
        self._last = None if is_last else (float(states[-1]), self._frontier.ids[int(places[-1])])


def _lowest(heap: list[tuple[float, int]]) -> float:
    return heap[0][0]
