"""ZIP's multi-stage greedy selection of the subset of lowest compression ratio.

Source: Yin et al., "Entropy Law: The Story Behind Data Compression and LLM Performance", arXiv 2407.06645,
section 4, and its reference program. Every round

1. *global selection* draws the K1 *candidates* of lowest redundancy state, at first the ratio of the record by itself,
2. *local coarse selection* scores each of them together with the *anchor*, the picks of all earlier rounds, and makes
   the K2 lowest the *shortlist*,
3. *local fine selection* moves K3 *picks* one by one from the shortlist, each time the record of lowest score together
   with the round's picks so far; the picks then join the anchor.

Ties go to the lower id in stages 1 and 2, to the earlier place in the shortlist in stage 3. What a score is, and which
candidates come back after a round, the rule says: see `rules`.

`rounds` yields what each round did, and `picks_of` turns that into picks. The caller shows progress and writes files.
It may pass rounds that were stored as `done`: they are repeated without a search, and a selection that was cut off
continues from there.

A rule whose scores never rise while the selection grows needs no stages: see `lazy_greedy`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np

from zip_pipeline.codecs.base import Sizes
from zip_pipeline.selection.frontier import Candidates, Frontier, Places
from zip_pipeline.selection.objective import Objective, SelectionContext
from zip_pipeline.selection.quotas import Tally
from zip_pipeline.selection.run_queue import States


class RoundSize(NamedTuple):
    """How many records each stage of a round keeps.

    Attributes:
        k1: candidates.
        k2: shortlisted candidates.
        k3: picks.
    """

    k1: int
    k2: int
    k3: int


@dataclass(frozen=True, slots=True)
class Pick:
    """One selected record; sizes are bytes.

    Attributes:
        id: of the record.
        source: of the record, or None.
        rank: 0, 1, ... in order of picking.
        round: 0, 1, ...
        own_raw_bytes: size of the record as a set of its own.
        own_compressed_bytes: the same, compressed.
        raw_bytes: size of the selection up to and with this pick.
        compressed_bytes: the same, compressed.
        tokens: of the record; None where they are not counted.
    """

    id: str
    source: str | None
    rank: int
    round: int
    own_raw_bytes: int
    own_compressed_bytes: int
    raw_bytes: int
    compressed_bytes: int
    tokens: int | None = None

    @property
    def ratio(self) -> float:
        """The ratio of the record by itself."""
        return self.own_raw_bytes / self.own_compressed_bytes

    @property
    def set_ratio(self) -> float:
        """The ratio of the selection up to and with this pick."""
        return self.raw_bytes / self.compressed_bytes


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: enough to repeat it without measuring any candidate.

    Attributes:
        states: scores of the candidates after stage 2, in ascending order of their places; one float64 array for each
            group of strata that had any. None of a rule without stages.
        places: picks in order, shape (picks,), int64.
        raw_bytes: size of the selection up to and with each pick, shape (picks,), int64.
        compressed_bytes: the same, compressed.
        closed: strata that give no more records after the round.
    """

    states: tuple[States, ...]
    places: Places
    raw_bytes: Sizes
    compressed_bytes: Sizes
    closed: tuple[str, ...]

    def picks(self) -> Iterator[tuple[int, int, int]]:
        """Yield the picks: place, raw and compressed bytes of the selection."""
        return zip(self.places.tolist(), self.raw_bytes.tolist(), self.compressed_bytes.tolist(), strict=True)


class StagedRule(ABC):
    """A rule that is searched in the stages of this module; `rules.Rule` has the members that it lacks."""

    @abstractmethod
    def objective(self, context: SelectionContext) -> Objective:
        """Return the objective of a selection that begins."""

    @abstractmethod
    def after_round(self, candidates: Candidates, picks: Places) -> tuple[Places, States]:
        """Return which candidates of a round go back to the pool, and their new states.

        Args:
            candidates: of some strata, with their scores of stage 2.
            picks: of the round, from all strata.
        """

    def rounds(
        self,
        context: SelectionContext,
        tally: Tally,
        size: RoundSize,
        base: Sequence[Places] = (),
        done: Iterable[Round] = (),
    ) -> Iterator[Round]:
        """See `rules.Rule`."""
        objective = self.objective(context)
        for places in base:
            objective.extend(places)
        yield from rounds(context.frontier, objective, tally, self, size, done)


def picks_of(frontier: Frontier, rounds: Iterable[Round], *, rank: int = 0, first_round: int = 0) -> Iterator[Pick]:
    """Yield the picks of consecutive rounds.

    Args:
        frontier: the pool.
        rounds: none left out.
        rank: of the first pick.
        first_round: number of the first round.
    """
    for number, this in enumerate(rounds, first_round):
        for place, raw, compressed in this.picks():
            own = int(frontier.raw_bytes[place]), int(frontier.compressed_bytes[place])
            tokens = int(frontier.tokens[place]) if len(frontier.tokens) else None
            yield Pick(frontier.ids[place], frontier.sources[place], rank, number, *own, raw, compressed, tokens)
            rank += 1


def rounds(
    frontier: Frontier,
    objective: Objective,
    tally: Tally,
    rule: StagedRule,
    size: RoundSize,
    done: Iterable[Round] = (),
) -> Iterator[Round]:
    """Yield round by round until the budget is used up or the rule finds no more records in the pool.

    Strata that compete with each other go through the stages together. Strata with shares have their part of the
    candidates and of the shortlist. The anchor is one for all.

    Args:
        frontier: the pool.
        objective: made by `rule` for this selection.
        tally: of budget and strata, still empty.
        rule: says which candidates return after a round.
        size: of a round.
        done: the first rounds of the same selection, as they were yielded before; they are yielded again.
    """
    known_rounds = iter(done)
    while groups := tally.groups():
        known = next(known_rounds, None)
        drawn: list[Candidates] = []
        for strata, part in groups.items():
            places = frontier.draw(ceil(size.k1 * part), strata)
            if not len(places):
                tally.close(*strata)
                continue
            # A round stores the states of groups that had candidates, and `drawn` has no others: they have one order.
            states = known.states[len(drawn)] if known else objective.anchor_scores(places)
            shortlist = places[frontier.lowest(places, states, ceil(size.k2 * part))]
            drawn.append(Candidates(strata, places, states, shortlist))

        if known:
            _repeat(known, frontier, objective, tally)
            this = known
        else:
            _fine_selection(frontier, objective, drawn, tally, size.k3)
            growth = objective.end_round()
            this = Round(tuple(candidates.states for candidates in drawn), *growth, tally.closed)
        yield this
        for candidates in drawn:
            frontier.put_back(*rule.after_round(candidates, this.places))


def _repeat(this: Round, frontier: Frontier, objective: Objective, tally: Tally) -> None:
    """Take a round's picks again."""
    sizes = frontier.sizes(this.places, tally.budget.unit)
    for place, size in zip(this.places.tolist(), sizes.tolist(), strict=True):
        tally.take(frontier.strata[place], size)
    tally.close(*this.closed)
    objective.repeat_round((this.places, this.raw_bytes, this.compressed_bytes))


def _fine_selection(
    frontier: Frontier, objective: Objective, drawn: list[Candidates], tally: Tally, count: int
) -> None:
    """Stage 3: give the objective up to `count` picks.

    The round ends early when the stratum that comes next has no record left on its shortlist.
    """
    shortlists = {candidates.strata: candidates.shortlist for candidates in drawn}
    while count and (strata := tally.open()):
        group = next((names for names in shortlists if set(strata) <= set(names)), None)
        if group is None:
            return
        places = shortlists[group]
        if len(strata) < len(group):
            places = places[[frontier.strata[place] in strata for place in places.tolist()]]
        if not len(places):
            return
        place = int(places[np.argmin(objective.round_scores(places))])
        if tally.take(frontier.strata[place], int(frontier.sizes([place], tally.budget.unit)[0])):
            objective.pick(place)
            shortlists[group] = shortlists[group][shortlists[group] != place]
            count -= 1
