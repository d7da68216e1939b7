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

`select` only yields picks; whoever consumes them shows progress, keeps a trace or writes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.core.evaluator import Evaluator, Places
from zip_pipeline.core.frontier import Frontier


@dataclass(frozen=True, slots=True)
class Rule:
    """What a named rule does with the shortlisted records that it did not pick.

    Attributes:
        retires_shortlist: they are gone for good (else they return with their new state).
    """

    retires_shortlist: bool


RULES = {
    "paper": Rule(retires_shortlist=False),
    "reference": Rule(retires_shortlist=True),
}


@dataclass(frozen=True, slots=True)
class Pick:
    """One selected record.

    Attributes:
        id: the record's.
        rank: 0, 1, ... in order of picking.
        round: 0, 1, ...
        ratio: of the record alone.
        raw_bytes: of the selection up to and with this pick.
        compressed_bytes: of the same.
    """

    id: str
    rank: int
    round: int
    ratio: float
    raw_bytes: int
    compressed_bytes: int

    @property
    def set_ratio(self) -> float:
        """The ratio of the selection up to and with this pick."""
        return self.raw_bytes / self.compressed_bytes


def select(
    frontier: Frontier, anchor: Evaluator, *, budget: int, k1: int, k2: int, k3: int, rule: str = "paper"
) -> Iterator[Pick]:
    """Yield `budget` picks, or as many as the rule can find in the pool.

    Args:
        frontier: the pool.
        anchor: an evaluator of the frontier's payloads, empty; the picks are appended to it.
        budget: records to select.
        k1: candidates a round.
        k2: shortlisted a round.
        k3: picks a round.
        rule: one of `RULES`.
    """
    retires_shortlist = RULES[rule].retires_shortlist
    picked = anchor.sibling()
    rank = round_number = 0
    while rank < budget:
        candidates = frontier.draw(k1)
        if not candidates:
            return
        states = ratios(anchor, candidates)
        order = _lowest(states, [frontier.ids[place] for place in candidates], k2)
        shortlist = [candidates[index] for index in order]

        picks = set()
        for place in _fine(shortlist, picked, min(k3, budget - rank)):
            picks.add(place)
            raw, compressed = int(anchor.raw_sizes([place])[0]), int(anchor.sizes([place])[0])
            anchor.append(place)
            yield Pick(frontier.ids[place], rank, round_number, frontier.ratios[place], raw, compressed)
            rank += 1

        gone = set(shortlist) if retires_shortlist else picks
        left = [index for index, place in enumerate(candidates) if place not in gone]
        frontier.put_back([candidates[index] for index in left], states[left].tolist())
        round_number += 1


def ratios(anchor: Evaluator, places: Places) -> npt.NDArray[np.float64]:
    """Return the ratios of the anchor with each of the candidates.

    float64 tells two ratios apart as long as the product of their compressed sizes is below 2^52.
    """
    return anchor.raw_sizes(places) / anchor.sizes(places)


def _lowest(states: npt.NDArray[np.float64], ids: list[str], count: int) -> list[int]:
    """Return the indices of the `count` lowest by (state, id), in that order."""
    count = min(count, len(ids))
    cut = np.partition(states, count - 1)[count - 1]
    contenders = np.flatnonzero(states <= cut).tolist()
    contenders.sort(key=lambda index: (states[index], ids[index]))
    return contenders[:count]


def _fine(shortlist: list[int], picked: Evaluator, count: int) -> Iterator[int]:
    """Stage 3: yield `count` places of the shortlist, each the best behind those before it."""
    picked.clear()
    left = list(shortlist)
    while left and count > 0:
        place = left.pop(int(np.argmin(ratios(picked, left))))
        yield place
        picked.append(place)
        count -= 1
