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

from zip_pipeline.core.evaluator import Evaluator
from zip_pipeline.core.frontier import Frontier, Places


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


def select(
    frontier: Frontier, anchor: Evaluator, *, budget: int, k1: int, k2: int, k3: int, rule: str = "paper"
) -> Iterator[Pick]:
    """Yield `budget` picks, or as many as the rule can find in the pool, round by round.

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
    while rank < budget and len(candidates := frontier.draw(k1)):
        # Behind the empty anchor a record's state is the ratio that it was scored with.
        states = ratios(anchor, candidates) if rank else frontier.ratios[candidates]
        shortlisted = frontier.lowest(candidates, states, k2)
        shortlist = candidates[sorted(shortlisted, key=lambda index: (states[index], frontier.ids[candidates[index]]))]
        picks = list(_fine(shortlist, frontier.ratios[shortlist], picked, min(k3, budget - rank)))
        for place, raw, compressed in zip(picks, *anchor.extend(picks), strict=True):
            own = int(frontier.raw_bytes[place]), int(frontier.compressed_bytes[place])
            record = frontier.ids[place], frontier.sources[place]
            yield Pick(*record, rank, round_number, *own, int(raw), int(compressed))
            rank += 1
        left = np.isin(candidates, shortlist if retires_shortlist else picks, invert=True)
        frontier.put_back(candidates[left], states[left])
        round_number += 1


def ratios(anchor: Evaluator, places: Places) -> npt.NDArray[np.float64]:
    """Return the ratios of the anchor with each of the candidates.

    float64 tells two ratios apart as long as the product of their compressed sizes is below 2^52.
    """
    return anchor.raw_sizes(places) / anchor.sizes(places)


def _fine(shortlist: Places, alone: npt.NDArray[np.float64], picked: Evaluator, count: int) -> Iterator[int]:
    """Stage 3: yield `count` places of the shortlist, each the best behind those before it.

    `alone` are the shortlist's own ratios: those behind the empty set.
    """
    picked.clear()
    for number in range(min(count, len(shortlist))):
        best = int(np.argmin(ratios(picked, shortlist) if number else alone))
        place = int(shortlist[best])
        yield place
        shortlist = np.delete(shortlist, best)
        picked.append(place)
