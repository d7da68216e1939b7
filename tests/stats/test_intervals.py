"""Intervals: by hand, and by how often they hold the truth."""

import doctest

import numpy as np
import pytest

from zip_pipeline.stats import intervals


def test_the_examples() -> None:
    assert doctest.testmod(intervals).failed == 0


def test_the_interval_by_hand() -> None:
    # Mean 3, deviation sqrt(2.5), Student's t for 4 degrees of freedom 2.776445, times sqrt(1 + 1/5).
    found = intervals.spread([1, 2, 3, 4, 5])
    assert found.mean == 3
    assert found.high - found.mean == pytest.approx(2.776445 * 2.5**0.5 * 1.2**0.5, rel=1e-6)
    assert found.mean - found.low == pytest.approx(found.high - found.mean)
    assert [intervals.verdict(value, found) for value in (-2, 3, 8)] == ["better", "within", "worse"]
    with pytest.raises(ValueError, match="expected two draws at least, found 1"):
        intervals.spread([1])


def test_the_interval_covers_what_it_should() -> None:
    """Of 300 data sets of cells whose true ratio is 2.5, about 95 % have it in their interval, with a falling trend."""
    rng, covered = np.random.default_rng(0), 0
    trend = np.linspace(1.2, 0.8, 256)
    for seed in range(300):
        compressed = rng.gamma(16, 10, 256)
        raw = compressed * rng.normal(2.5, 0.3, 256)
        low, high = intervals.interval(raw, compressed * trend, raw.sum() / compressed.sum(), seed)
        covered += low < 2.5 < high
    assert 0.92 <= covered / 300 <= 0.98


def test_the_interval_of_one_cell_and_of_equal_ones() -> None:
    assert intervals.interval([100], [40], 2.0, 0) == (2.0, 2.0)
    assert intervals.interval([100] * 40, [40] * 40, 2.5, 0) == (2.5, 2.5)
    raw, compressed = range(100, 140), range(40, 80)
    one, again, other = (intervals.interval(raw, compressed, 2.0, seed) for seed in (0, 0, 1))
    assert one == again != other
