"""Who is compared with whom: against loops."""

import doctest
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.dedup import candidates

ENTRIES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), unique=True)


def test_the_examples() -> None:
    assert doctest.testmod(candidates).failed == 0


@given(ENTRIES)
def test_records_around_hubs(entries: list[tuple[int, int]]) -> None:
    members = defaultdict(list)
    for bucket, number in entries:
        members[bucket].append(number)
    expected = sorted((min(group), number) for group in members.values() if len(group) > 1 for number in group)
    buckets, numbers = np.array(entries, np.int64).reshape(-1, 2).T
    found = candidates.around_hubs(buckets, numbers)
    assert sorted(zip(*(column.tolist() for column in found), strict=True)) == expected


@given(st.lists(st.integers(1, 9)))
def test_each_record_is_compared_with_the_first_ones_around_its_hub(sizes: list[int]) -> None:
    hubs = np.repeat(np.arange(len(sizes)), np.array(sizes, np.int64))
    expected = []
    for place, hub in enumerate(hubs):
        others = [other for other in range(place) if hubs[other] == hub]
        expected += [(other, place) for other in others[: candidates.LEADERS]]
    before, after = candidates.pairs(hubs)
    assert list(zip(before.tolist(), after.tolist(), strict=True)) == expected
