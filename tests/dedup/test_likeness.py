"""How alike two records are: against Python's sets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.dedup.likeness import alike
from zip_pipeline.dedup.shingles import TOGETHER
from zip_pipeline.dedup.tokens import Ragged

SETS = st.lists(st.sets(st.integers(0, 30), min_size=1), min_size=2, max_size=12)


@given(SETS, st.sampled_from([0.01, 1 / 3, 0.5, 0.9, 1.0]))
def test_pairs_against_sets(sets: list[set[int]], threshold: float) -> None:
    records = Ragged(np.array([v for s in sets for v in sorted(s)], np.uint64), np.cumsum([0, *map(len, sets)]))
    pairs = [(a, b) for b in range(len(sets)) for a in range(b)] * (1 + TOGETHER // 40)
    before, after = np.array(pairs).T
    found = alike(records, before, after, threshold)
    expected = []
    for a, b in pairs:
        both = len(sets[a] & sets[b])
        jaccard = both / len(sets[a] | sets[b])
        if jaccard >= threshold:
            expected.append((a, b, jaccard, both / len(sets[b])))
    columns = (found.before, found.after, found.jaccard, found.containment)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected


def test_no_pairs() -> None:
    nothing = np.zeros(0, np.int64)
    found = alike(Ragged(np.array([1], np.uint64), np.array([0, 1])), nothing, nothing, 0.5)
    assert len(found.before) == len(found.jaccard) == 0
