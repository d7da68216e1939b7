"""The grid of lengths and ratios, against counting record by record."""

import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from support.histogram import counts_of
from zip_pipeline.stats import histogram

SIZES = st.lists(st.tuples(st.integers(0, 2**25), st.integers(1, 2**25)))


def test_the_examples() -> None:
    assert doctest.testmod(histogram).failed == 0


@given(SIZES)
def test_counting_record_by_record(sizes: list[tuple[int, int]]) -> None:
    table = np.array(sizes, np.int64).reshape(-1, 2)
    assert np.array_equal(histogram.count(table[:, 0], table[:, 1]), counts_of(sizes))
