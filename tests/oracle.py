"""The rule by definition: every set is joined and compressed anew, the whole pool is one dict. Slow and plain."""

import zlib
from collections.abc import Mapping

from zip_pipeline.core.render import Framing


def naive_select(
    pool: Mapping[str, bytes],
    *,
    framing: Framing,
    level: int,
    budget: int,
    k1: int,
    k2: int,
    k3: int,
    retires_shortlist: bool,
) -> list[str]:
    """Return the ids that the rule selects, in order of picking."""

    def ratio(ids: list[str]) -> float:
        data = framing.join(pool[record_id] for record_id in ids)
        return len(data) / len(zlib.compress(data, level))

    state = {record_id: ratio([record_id]) for record_id in pool}
    selected: list[str] = []
    while len(selected) < budget and state:
        candidates = sorted(state, key=lambda i: (state[i], i))[:k1]
        for record_id in candidates:
            state[record_id] = ratio([*selected, record_id])
        shortlist = sorted(candidates, key=lambda i: (state[i], i))[:k2]
        left, picks = list(shortlist), []
        while left and len(picks) < k3 and len(selected) + len(picks) < budget:
            best = min(left, key=lambda i: ratio([*picks, i]))  # min takes the first of equals
            left.remove(best)
            picks.append(best)
        for record_id in shortlist if retires_shortlist else picks:
            del state[record_id]
        selected += picks
    return selected
