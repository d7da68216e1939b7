"""The greedy rule: ZIP's multi-stage selection of the subset of lowest compression ratio.

Source: Yin et al., "Entropy Law: The Story Behind Data Compression and LLM Performance", arXiv 2407.06645,
section 4, and its reference program. Every round

1. draws the K1 *candidates* of lowest redundancy state (at first: the ratio of the record alone),
2. sets each one's state to the ratio of the *anchor* (all earlier rounds) with it, and keeps the K2 lowest,
   the *shortlist*,
3. moves K3 *picks* one by one from the shortlist to a set that starts empty, each time the record with which
   that set has the lowest ratio; the picks then join the anchor.

A ratio is raw bytes / compressed bytes of a set: higher means more redundant, and the rule minimises it.
Ties go to the lower id in stages 1 and 2, to the earlier place in the shortlist in stage 3.

That is the rule as published; `RULES` has it and others, which differ from it in what `Rule` names.

`rounds` only yields what each round did, and `picks` makes picks of it; whoever consumes them shows progress, keeps a
trace or writes. Rounds that are given back to `rounds` are done again without measuring anything, so that a selection
that was cut off goes on where it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.base import Evaluator, Sizes
from zip_pipeline.selection.frontier import Frontier, Places
from zip_pipeline.selection.quotas import Quotas


@dataclass(frozen=True, slots=True)
class Rule:
    """What a named rule does in its own way.

    Attributes:
        retires_shortlist: shortlisted records that were not picked are gone for good (else they return with their
            new state).
        by_gain: a record's score is the ratio of what it adds: the raw bytes by which the set grows with it, by the
            compressed bytes (else the ratio of the whole set with it).
        continues: stage 3 picks behind the anchor (else behind a set of its own, which starts empty each round).
        samples: states begin as random numbers from 0 up to 1, so that stage 1 draws at random; a record that was
            drawn and not picked comes back when all others have been drawn (else states begin as the ratio of the
            record alone).
    """

    retires_shortlist: bool = False
    by_gain: bool = False
    continues: bool = False
    samples: bool = False


RULES = {
    "gain": Rule(by_gain=True, continues=True, samples=True),
    "paper": Rule(),
    "reference": Rule(retires_shortlist=True),
}

BEHIND_ALL = 1.0
"""Above every state that a rule that samples begins with."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One selected record.

    Attributes:
        id: the record's.
        source: the record's, or None.
        rank: 0, 1, ... in order of picking.
        round: 0, 1, ...
        own_raw_bytes: of the record as a set of its own.
        own_compressed_bytes: of the same.
        raw_bytes: of the selection up to and with this pick.
        compressed_bytes: of the same.
    """

    id: str
    source: str | None
    rank: int
    round: int
    own_raw_bytes: int
    own_compressed_bytes: int
    raw_bytes: int
    compressed_bytes: int

    @property
    def ratio(self) -> float:
        """The ratio of the record alone."""
        return self.own_raw_bytes / self.own_compressed_bytes

    @property
    def set_ratio(self) -> float:
        """The ratio of the selection up to and with this pick."""
        return self.raw_bytes / self.compressed_bytes


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: all that it takes to do it again without measuring anything.

    Attributes:
        states: of the candidates that were drawn, in ascending order of their places; one array a group of strata that
            had any, float64.
        places: of the picks, in order; shape (picks,), int64.
        raw_bytes: of the selection up to and with each pick, shape (picks,), int64.
        compressed_bytes: of the same.
        closed: strata of which nothing more is taken, by the end of it.
    """

    states: tuple[npt.NDArray[np.float64], ...]
    places: Places
    raw_bytes: Sizes
    compressed_bytes: Sizes
    closed: tuple[str, ...]

    def taken(self) -> Iterator[tuple[int, int, int]]:
        """Yield the picks: place, raw and compressed bytes of the selection."""
        return zip(self.places.tolist(), self.raw_bytes.tolist(), self.compressed_bytes.tolist(), strict=True)


def select(
    frontier: Frontier, anchor: Evaluator, quotas: Quotas, *, k1: int, k2: int, k3: int, rule: str = "paper"
) -> Iterator[Pick]:
    """Yield the picks of `rounds`."""
    return picks(frontier, rounds(frontier, anchor, quotas, k1=k1, k2=k2, k3=k3, rule=rule))


def picks(frontier: Frontier, made: Iterable[Round], *, rank: int = 0, first: int = 0) -> Iterator[Pick]:
    """Yield the picks of some rounds, of which none is left out.

    Args:
        frontier: the pool.
        made: the rounds.
        rank: of the first pick.
        first: number of the first round.
    """
    for number, this in enumerate(made, first):
        for place, raw, compressed in this.taken():
            own = int(frontier.raw_bytes[place]), int(frontier.compressed_bytes[place])
            yield Pick(frontier.ids[place], frontier.sources[place], rank, number, *own, raw, compressed)
            rank += 1


def rounds(
    frontier: Frontier,
    anchor: Evaluator,
    quotas: Quotas,
    *,
    k1: int,
    k2: int,
    k3: int,
    rule: str = "paper",
    done: Iterable[Round] = (),
    chosen: Iterable[Places] = (),
) -> Iterator[Round]:
    """Yield round by round until the budget is used up or the rule finds no more in the pool.

    Strata that compete with each other go through the stages together; those with shares have their part of the
    candidates and of the shortlist. The anchor is one for all.

    Args:
        frontier: the pool.
        anchor: an evaluator of the frontier's payloads, empty; the picks are appended to it.
        quotas: budget and strata, with nothing taken.
        k1: candidates a round.
        k2: shortlisted a round.
        k3: picks a round.
        rule: one of `RULES`.
        done: the first rounds of the same selection, as they were yielded before; they are yielded again.
        chosen: what was selected before, drawn from the frontier, round by round: the anchor begins with it.
    """
    how, earlier = RULES[rule], iter(done)
    selection = _Set(anchor, frontier, by_gain=how.by_gain)
    picked = selection if how.continues else _Set(anchor.sibling(), frontier, by_gain=how.by_gain)
    for places in chosen:
        selection.extend(places.tolist())
    while groups := quotas.groups():
        known = next(earlier, None)
        shortlists: dict[tuple[str, ...], Places] = {}
        waiting: list[tuple[Places, npt.NDArray[np.float64]]] = []
        for strata, part in groups.items():
            candidates = frontier.draw(ceil(k1 * part), strata)
            if not len(candidates):
                quotas.close(*strata)
                continue
            states = known.states[len(waiting)] if known else selection.states(*selection.sizes(candidates))
            shortlists[strata] = candidates[frontier.lowest(candidates, states, ceil(k2 * part))]
            waiting.append((candidates, states))

        if known:
            this = known
            _repeat(this, frontier, selection, quotas, continues=how.continues)
        else:
            if picked is not selection:
                picked.clear()
            fine = list(_fine(frontier, picked, shortlists, quotas, k3))
            if fine and picked is not selection:
                fine = selection.extend([place for place, _, _ in fine])
            places, raw, compressed = np.array(fine, dtype=np.int64).reshape(-1, 3).T
            this = Round(tuple(states for _, states in waiting), places, raw, compressed, quotas.closed)
        yield this
        gone = np.concatenate(list(shortlists.values())) if how.retires_shortlist and shortlists else this.places
        for candidates, states in waiting:
            left = np.isin(candidates, gone, invert=True)
            frontier.put_back(candidates[left], states[left] + (BEHIND_ALL if how.samples else 0))


def _repeat(this: Round, frontier: Frontier, selection: "_Set", quotas: Quotas, *, continues: bool) -> None:
    """Take a round's picks again."""
    for place, length in zip(this.places.tolist(), frontier.payloads.lengths(this.places).tolist(), strict=True):
        quotas.take(frontier.strata[place], length)
    quotas.close(*this.closed)
    if continues:
        for pick in this.taken():
            selection.append(*pick)
    elif len(this.places):
        selection.extend(this.places.tolist())


def _fine(
    frontier: Frontier, picked: "_Set", shortlists: Mapping[tuple[str, ...], Places], quotas: Quotas, count: int
) -> Iterator[tuple[int, int, int]]:
    """Stage 3: yield up to `count` places, each the best behind those before it, and the set's sizes with it.

    The round ends early when those whose turn it is are not on the shortlist any more.
    """
    left = dict(shortlists)
    while count and (strata := quotas.open()):
        group = next((names for names in left if set(strata) <= set(names)), None)
        if group is None:
            return
        candidates = left[group]
        if len(strata) < len(group):
            candidates = candidates[[frontier.strata[place] in strata for place in candidates.tolist()]]
        if not len(candidates):
            return
        raw, compressed = picked.sizes(candidates)
        best = int(np.argmin(picked.states(raw, compressed)))
        place = int(candidates[best])
        if quotas.take(frontier.strata[place], int(frontier.payloads.lengths([place])[0])):
            sizes = int(raw[best]), int(compressed[best])
            yield place, *sizes
            picked.append(place, *sizes)
            left[group] = left[group][left[group] != place]
            count -= 1


class _Set:
    """A set that grows, and its sizes so far."""

    def __init__(self, evaluator: Evaluator, frontier: Frontier, *, by_gain: bool) -> None:
        self._evaluator, self._frontier, self._by_gain = evaluator, frontier, by_gain
        self._raw = self._compressed = 0

    def sizes(self, places: Places) -> tuple[Sizes, Sizes]:
        """Return the raw and compressed sizes of the set with each of the candidates."""
        if not self._raw:  # the empty set with a record is the record alone, and was scored
            return self._frontier.raw_bytes[places], self._frontier.compressed_bytes[places]
        return self._evaluator.raw_sizes(places), self._evaluator.sizes(places)

    def states(self, raw: Sizes, compressed: Sizes) -> npt.NDArray[np.float64]:
        """Return the scores of candidates with which the set has these sizes; lower is better.

        float64 tells two ratios apart as long as the product of their compressed sizes is below 2^52.
        """
        if self._by_gain:
            return (raw - self._raw) / np.maximum(compressed - self._compressed, 1)
        return raw / compressed

    def append(self, place: int, raw: int, compressed: int) -> None:
        """Put a record behind the set, with which it has these sizes."""
        self._evaluator.append(place)
        self._raw, self._compressed = raw, compressed

    def extend(self, places: list[int]) -> list[tuple[int, int, int]]:
        """Put a round's picks behind the set; return them with its sizes after each."""
        raw, compressed = self._evaluator.extend(places)
        self._raw, self._compressed = int(raw[-1]), int(compressed[-1])
        return list(zip(places, raw.tolist(), compressed.tolist(), strict=True))

    def clear(self) -> None:
        """Return to the empty set."""
        self._evaluator.clear()
        self._raw = self._compressed = 0
