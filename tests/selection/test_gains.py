"""The logarithm and the terms: close to the true ones, the same in both ways, and rising by a unit at most."""

import doctest
import math
from decimal import Decimal, localcontext

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from support.coverage_twin import term
from zip_pipeline.selection import gains
from zip_pipeline.selection.gains import ERROR, LARGEST_WEIGHT, log_ratio, terms

bases = st.floats(1e-9, 1e12)
added = st.one_of(st.integers(0, 50), st.integers(0, 2**31)).map(float)
weights = st.floats(0, LARGEST_WEIGHT)


def test_documentation_examples() -> None:
    assert doctest.testmod(gains).failed == 0


@given(base=bases, added=added)
def test_the_logarithm_is_as_exact_as_it_says(base: float, added: float) -> None:
    with localcontext() as context:
        context.prec = 60
        if not added:
            assert log_ratio(np.float64(base), np.float64(0.0)) == 0
            return
        true = ((Decimal(base) + Decimal(added)) / Decimal(base)).ln()
    found = Decimal(float(log_ratio(np.float64(base), np.float64(added))))
    assert abs(found - true) <= true * Decimal(ERROR)
    assert found <= 64


@given(st.lists(st.tuples(weights, bases, added), min_size=1, max_size=20))
def test_terms_of_arrays_are_those_of_single_numbers(rows: list[tuple[float, float, float]]) -> None:
    columns = (np.array(column) for column in zip(*rows, strict=True))
    assert terms(*columns).tolist() == [term(*row) for row in rows]


@given(weight=weights, base=bases, more=st.floats(0, 1e6), added=added)
def test_a_term_rises_by_one_at_most(weight: float, base: float, more: float, added: float) -> None:
    before, after = term(weight, base, added), term(weight, base + more, added)
    assert after <= before + 1


@given(weight=weights, base=bases, added=added)
def test_a_term_hardly_changes_where_its_base_hardly_does(weight: float, base: float, added: float) -> None:
    """Where rounding could show: the base grows by the least that it can."""
    for _ in range(20):
        after = math.nextafter(base, math.inf)
        assert term(weight, after, added) <= term(weight, base, added) + 1
        base = after


def test_a_gain_is_the_sum_of_a_records_terms() -> None:
    slots, counts = np.array([0, 2, 1, 2], np.int32), np.array([1, 2, 5, 7], np.int32)
    weight, prior, held = np.array([2.0**20, 2.0**21, 2.0**22]), np.array([1.0, 2.0, 4.0]), np.array([0, 3, 1])
    expected = term(2.0**22, 5.0, 2.0) + term(2.0**21, 5.0, 5.0)
    rows, ends = np.array([2, 1, 0]), np.array([0, 1, 3, 3])
    found = gains.gains(rows, ends, slots, counts, weight, prior, held)
    assert found.tolist() == [0, expected, term(2.0**20, 1.0, 1.0)]
