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

AT_ONCE = 16
"""Records that are scored together: a call costs more than the score of one more record, which may not be needed."""


class Gain(NamedTuple):
    """What a record adds to a selection.

    Attributes:
        now: higher is better.
        most: that it can add later, when the selection has grown.
        price: of the record, above 0.
    """

    now: int
    most: int
    price: int


class DiminishingObjective(Protocol):
    """What a rule maximises over one selection, where no record ever adds more to a larger selection."""

    def look_at(self, places: Places) -> None:
        """Get ready to score some records, before anything else is asked about them."""

    def gains(self, places: Sequence[int]) -> Iterable[Gain]:
        """Return what each of some records adds to the picks so far."""

    def pick(self, place: int) -> None:
        """Add a record to the picks."""

    def end_round(self) -> Growth:
        """Return the picks since the last call."""

    def repeat_round(self, growth: Growth) -> None:
        """Add picks that `end_round` returned when the selection ran before."""


class _Scored(NamedTuple):
    """A record that was scored against all picks so far; its score is rounded."""

    score: float
    gain: Gain
    place: int
    stratum: str


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
        rescored: list[tuple[str, tuple[float, int]]] = []
        while found := self._next(names, best):
            gains = self._objective.gains([place for place, _ in found])
            for (place, stratum), gain in zip(found, gains, strict=True):
                this = _Scored(gain.now / gain.price, gain, place, stratum)
                rescored.append((stratum, (-(gain.most / gain.price), place)))
                if best is None or this.score > best.score or self._wins_tie(this, best):
                    best = this
        for stratum, entry in rescored:
            heapq.heappush(self.heaps[stratum], entry)
        return best

    def _next(self, names: Sequence[str], best: _Scored | None) -> list[tuple[int, str]]:
        """Remove records of highest bounds, as long as they are not below the best so far.

        Returns:
            Their places and strata. None: no other record can be the best.
        """
        heaps = [(self.heaps[name], name) for name in names]
        found: list[tuple[int, str]] = []
        while len(found) < AT_ONCE:
            heap, stratum = min(heaps, key=_lowest)
            lowest = heap[0][0] if heap else None
            if self._may_follow(lowest, best):
                if found:
                    break
                self._draw()
            elif lowest is None or (best is not None and lowest > -best.score):
                break
            elif (place := heapq.heappop(heap)[1]) not in self.taken:
                found.append((place, stratum))
        return found

    def _wins_tie(self, one: _Scored, other: _Scored) -> bool:
        """Whether a record is better than another one, whose score is not lower when both are rounded."""
        if one.score < other.score:
            return False
        left, right = one.gain.now * other.gain.price, other.gain.now * one.gain.price
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
        return is_equal and (best.gain.now > 0 or self._last[1] < self._frontier.ids[best.place])

    def _draw(self) -> None:
        places, states = self._frontier.take(self._drawn_at_once, self.heaps.keys())
        self._objective.look_at(places)
        for place, state in zip(places.tolist(), states.tolist(), strict=True):
            heapq.heappush(self.heaps[self._frontier.strata[place]], (state, place))
        is_last = len(places) < self._drawn_at_once
        self._last = None if is_last else (float(states[-1]), self._frontier.ids[int(places[-1])])


def _lowest(heap: tuple[list[tuple[float, int]], str]) -> float:
    return heap[0][0][0] if heap[0] else float("inf")
