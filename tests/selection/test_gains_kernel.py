"""The compiled gains are the others, to the last unit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.jit_cache import is_compiled
from zip_pipeline.selection import gains, gains_kernel


@given(seed=st.integers(0, 2**32), features=st.integers(0, 300), exponent=st.integers(0, 38))
def test_gains_are_the_same_in_both_ways(seed: int, features: int, exponent: int) -> None:
    rng = np.random.default_rng(seed)
    slots = rng.integers(0, 100, features, np.int32)
    counts = np.exp2(rng.uniform(0, 20, features)).astype(np.int32)
    weights, priors = rng.uniform(0, 2.0**exponent, 100), np.exp2(rng.uniform(-30, 12, 100))
    held = (np.exp2(rng.uniform(0, 30, 100)) * rng.integers(0, 2, 100)).astype(np.int64)
    ends = np.concatenate([[0], np.sort(rng.integers(0, features + 1, 4)), [features]])
    arguments = rng.permutation(5), ends, slots, counts, weights, priors, held
    assert gains_kernel.gains(*arguments).tolist() == gains.gains(*arguments).tolist()


@pytest.mark.parametrize("base", [1.0, 3.0, 1e-6, 7e5])
def test_around_the_ends_of_the_series(base: float) -> None:
    """Where the way of the logarithm changes: at the root of 2 and at powers of 2."""
    ratios = [2**0.5, 2.0, 2**1.5, 4.0]
    added = np.unique(np.concatenate([np.nextafter(base * (r - 1), [0, np.inf]) for r in ratios]))
    for one in added:
        priors, slots, count = np.array([base]), np.zeros(1, np.int32), np.ones(1, np.int32)
        row, ends, held = np.array([0]), np.array([0, 1]), np.zeros(1, np.int64)
        arguments = row, ends, slots, count, np.array([2.0**40]), priors / one, held
        assert gains_kernel.gains(*arguments) == gains.gains(*arguments)


def test_its_machine_code_is_kept() -> None:
    rows, features, numbers = np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0)
    assert not len(gains_kernel.gains(rows, rows, features, features, numbers, numbers, rows))
    assert is_compiled(gains_kernel.gains)
