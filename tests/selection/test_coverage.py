"""What is wanted, how much, and the bounds of records: held against numbers worked out by hand and by the twin."""

import doctest
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.coverage_twin import NaiveSelection, bucket_counts
from support.coverages import BITS, counts_of, cover_of, target_of
from support.rule import text_pool
from zip_pipeline.selection import coverage
from zip_pipeline.selection.coverage import UNIT, of_pool, of_targets, source_factors
from zip_pipeline.selection.gains import LARGEST_WEIGHT


def test_documentation_examples() -> None:
    assert doctest.testmod(coverage).failed == 0


def numbers(*values: int) -> np.ndarray:
    return np.array([*values, *[0] * (16 - len(values))], np.int64)


def test_a_target_wants_what_it_has() -> None:
    """Target 3 and 1, pool 1, 1 and 2: q is 4/8, 2/8 and 2/8 of a prior of 20,000."""
    made = of_targets([(7.0, numbers(3, 1))], numbers(1, 1, 2), bits=4)
    assert made.buckets.tolist() == [0, 1]
    assert (made.weights / made.scale).tolist() == [3.0, 1.0]
    assert made.priors.tolist() == [10_000.0, 5_000.0]
    assert LARGEST_WEIGHT / 2 <= made.weights.sum() < LARGEST_WEIGHT


def test_targets_count_by_their_weights_whatever_their_sizes() -> None:
    small, large = numbers(1, 1), numbers(0, 0, 60, 20)
    alike = of_targets([(1.0, small), (1.0, large)], numbers(), bits=4)
    assert (alike.weights / alike.scale).tolist() == pytest.approx([20.5, 20.5, 30.75, 10.25], rel=1e-5)
    thrice = of_targets([(3.0, small), (1.0, large)], numbers(), bits=4)
    assert (thrice.weights / thrice.scale).tolist() == pytest.approx([30.75, 30.75, 15.375, 5.125], rel=1e-5)


def test_a_pool_wants_what_several_records_have() -> None:
    amounts = numbers(9, 16, 100) * UNIT
    made = of_pool(amounts, numbers(4, 5, 3), bits=4)
    assert made.buckets.tolist() == [0, 1]
    assert (made.weights / made.scale).tolist() == [3.0, 4.0]
    assert made.priors.tolist() == pytest.approx([5000 * 9 / 125, 5000 * 16 / 125], rel=1e-15)


def test_large_sources_count_less() -> None:
    """Bytes as given 4,000,000 and 10,000, of which 1,000,000 and 10,000 are eligible."""
    factors = source_factors({"large": (4_000_000, 1_000_000), "small": (10_000, 10_000), "none": (5, 0)})
    assert factors.keys() == {"large", "small"}
    large, small = 2000 / 1_000_000, 100 / 10_000
    scale = 1_010_000 / (large * 1_000_000 + small * 10_000)
    assert factors["large"] == round(large * scale * UNIT)
    assert factors["small"] == round(small * scale * UNIT)
    assert source_factors({}) == {}


@given(seed=st.integers(0, 2**32), cover=st.booleans())
def test_bounds_are_those_of_the_twin(seed: int, cover: bool) -> None:
    pool = text_pool(seed, 20)
    made = cover_of(pool) if cover else target_of(pool, [*pool.values()][:3])
    nothing, wanted = NaiveSelection(made), set(made.buckets.tolist())
    payloads = [*pool.values(), b"nothing of it"]
    expected = [
        (nothing.gain(payload) + len(bucket_counts(payload, BITS).keys() & wanted)) / len(payload)
        for payload in payloads
    ]
    assert made.bounds(payloads).tolist() == [-bound for bound in expected]


def test_the_order_of_records_makes_no_difference() -> None:
    pool = text_pool(3, 200)
    one, other = cover_of(pool), cover_of(dict(reversed(pool.items())))
    assert all(np.array_equal(getattr(one, key), getattr(other, key)) for key in ("buckets", "weights", "priors"))


def test_less_than_its_prior_adds_about_its_weight() -> None:
    """ln(1 + x / b) is about x / b where b is large: of one target, a word counts by n_T / b."""
    made = of_targets([(1.0, counts_of([b"entropy"]))], counts_of([b"entropy"] * 9), BITS)
    (bound,) = made.bounds([b"entropy"])
    assert -bound * len(b"entropy") / made.scale == pytest.approx(math.log1p(1 / 20_000), rel=1e-5)


def test_it_can_be_sent_to_another_machine() -> None:
    pool = text_pool(1, 30)
    made = target_of(pool, [*pool.values()][:3])
    before = made.bounds([*pool.values()]).tolist()
    sent = pickle.dumps(made)
    assert len(sent) < 20 * len(made.buckets) + 2000, "the table of buckets stays here"
    assert pickle.loads(sent).bounds([*pool.values()]).tolist() == before  # noqa: S301 - made above
