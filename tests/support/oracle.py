"""The rule by definition: every set is measured anew, the whole pool is one dict. Slow and plain."""

import zlib
from collections.abc import Callable, Mapping

from zip_pipeline.records.render import Framing

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
    k1: int,
    k2: int,
    k3: int,
    retires_shortlist: bool = False,
    by_gain: bool = False,
    continues: bool = False,
    samples: bool = False,
    states: Mapping[str, float] | None = None,
) -> list[str]:
    """Return the ids that the rule selects, in order of picking."""

    def score(groups: list[list[str]], candidate: str) -> float:
        payloads = [[pool[i] for i in group] for group in groups]
        raw, compressed = measure(payloads, pool[candidate])
        if by_gain and groups:
            *before, last = (record for group in payloads for record in group)
            raw_so_far, so_far = measure([before], last)
            return (raw - raw_so_far) / max(1, compressed - so_far)
        return raw / compressed

    state = dict(states) if states else {record_id: score([], record_id) for record_id in pool}
    rounds: list[list[str]] = []
    left_to_pick = budget
    while left_to_pick and state:
        candidates = sorted(state, key=lambda i: (state[i], i))[:k1]
        for record_id in candidates:
            state[record_id] = score(rounds, record_id)
        shortlist = sorted(candidates, key=lambda i: (state[i], i))[:k2]
        left, picks = list(shortlist), []
        while left and len(picks) < min(k3, left_to_pick):
            before = [*(rounds if continues else []), *([pick] for pick in picks)]
            best = min(left, key=lambda i: score(before, i))
            left.remove(best)
            picks.append(best)
        for record_id in candidates:
            state[record_id] += samples  # behind all that were not drawn, whose states are below 1
        for record_id in shortlist if retires_shortlist else picks:
            del state[record_id]
        rounds.append(picks)
        left_to_pick -= len(picks)
    return [record_id for picks in rounds for record_id in picks]
