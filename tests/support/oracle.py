"""The rule by definition: every set is measured anew, the whole pool is one dict. Slow and plain.

What a rule decides by itself, its object is asked; `tests/selection/test_rules.py` holds its answers against numbers.
"""

import zlib
from collections.abc import Callable, Mapping

import numpy as np

from zip_pipeline.records.render import Framing
from zip_pipeline.selection.frontier import Candidates
from zip_pipeline.selection.ratio_rules import RatioRule, SetGrowth, SetSizes
from zip_pipeline.selection.rules import RULES

Groups = list[list[bytes]]
Measure = Callable[[Groups, bytes], tuple[int, int]]
"""Raw and compressed size of a set, given as the groups its records came in, with a candidate behind it."""


def one_shot(framing: Framing, level: int) -> Measure:
    """zlib's measure: all bytes at once; groups make no difference."""

    def measure(groups: Groups, candidate: bytes) -> tuple[int, int]:
        data = framing.join([*(record for group in groups for record in group), candidate])
        return len(data), len(zlib.compress(data, level))

    return measure


def naive_select(
    pool: Mapping[str, bytes],
    *,
    measure: Measure,
    budget: int,
    k: tuple[int, int, int],
    rule: str = "paper",
    states: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
) -> list[str]:
    """Return the ids that the rule selects, in order of picking."""
    how, (k1, k2, k3) = RULES[rule], k
    assert isinstance(how, RatioRule)
    ids = list(pool)

    def score(groups: list[list[str]], candidate: str) -> float:
        payloads = [[pool[i] for i in group] for group in groups]
        raw, compressed = measure(payloads, pool[candidate])
        *before, last = [record for group in payloads for record in group] or [None]
        sizes = SetSizes() if last is None else SetSizes(*measure([before], last))
        alone = float(how.score(SetGrowth(sizes, np.array([raw]), np.array([compressed])))[0])
        weight = 1.0 if weights is None else weights[candidate]
        return alone / weight if weight else float("inf")

    def places(some: list[str]) -> np.ndarray:
        return np.array([ids.index(record_id) for record_id in some], dtype=np.int64)

    state = dict(states) if states else {record_id: score([], record_id) for record_id in pool}
    rounds: list[list[str]] = []
    left_to_pick = budget
    while left_to_pick and state:
        drawn = sorted(state, key=lambda i: (state[i], i))[:k1]
        scores = {record_id: score(rounds, record_id) for record_id in drawn}
        shortlist = sorted(drawn, key=lambda i: (scores[i], i))[:k2]
        left, picks = list(shortlist), []
        while left and len(picks) < min(k3, left_to_pick):
            before = [*(rounds if how.measures_after_each_pick else []), *([pick] for pick in picks)]
            best = min(left, key=lambda i: score(before, i))
            left.remove(best)
            picks.append(best)
        for record_id in drawn:
            del state[record_id]
        candidates = Candidates(("",), places(drawn), np.array([*scores.values()]), places(shortlist))
        for place, new_state in zip(*how.after_round(candidates, places(picks)), strict=True):
            state[ids[place]] = float(new_state)
        rounds.append(picks)
        left_to_pick -= len(picks)
    return [record_id for picks in rounds for record_id in picks]
