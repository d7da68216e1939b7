"""Ranking by bits: a hand-worked table, the bootstrap against one loop a resample, and what its intervals promise."""

import numpy as np
import pytest

from zip_pipeline.stats.intervals import RESAMPLES
from zip_pipeline.stats.model_ranking import rank


def test_a_hand_worked_table() -> None:
    # Two documents of 10 and 30 bytes; model 1 needs 40 bits for both, model 0 60, model 2 as many as model 1.
    bits = np.array([[20, 10, 15], [40, 30, 25]])
    best, second, last = rank(bits, np.array([10, 30]), 1.0, 0)
    assert [(r.model, r.rank, r.bits_per_byte) for r in (best, second, last)] == [(1, 1, 1.0), (2, 2, 1.0), (0, 3, 1.5)]
    # Drawn again, two documents are the first twice (1 bit a byte and 1.5), both, or the second twice (1 and 5/6).
    assert (best.low, best.high) == (1.0, 1.0)
    assert (second.low, second.high) == pytest.approx((25 / 30, 1.5))
    assert (best.rank_low, best.rank_high, last.rank_low, last.rank_high) == (1, 2, 3, 3)
    assert best.beats_next == pytest.approx(1 / 4, abs=0.04)
    assert second.beats_next == 1
    assert last.beats_next is None


def test_the_bootstrap_is_one_draw_after_the_other() -> None:
    rng = np.random.default_rng(5)
    sizes = rng.integers(50, 500, 37)
    bits = (sizes[:, None] * rng.uniform(0.8, 1.2, (37, 3)) * 1000).astype(int)
    again, values = np.random.default_rng(7), []
    for _ in range(RESAMPLES):
        times = again.multinomial(37, np.full(37, 1 / 37))
        chosen = np.repeat(np.arange(37), times)
        values.append([int(bits[chosen, model].sum()) / int(sizes[chosen].sum()) * 1e-3 for model in range(3)])
    for found in rank(bits, sizes, 1e-3, 7):
        column = np.array(values)[:, found.model]
        assert (found.low, found.high) == pytest.approx(tuple(np.quantile(column, [0.025, 0.975])), rel=1e-12)


def test_the_interval_has_the_truth_19_times_in_20() -> None:
    rng, hits, rounds = np.random.default_rng(0), 0, 150
    for seed in range(rounds):
        sizes = rng.integers(100, 1000, 80)
        bits = (sizes * rng.normal(1.0, 0.3, 80) * 1000).astype(int)[:, None]
        (found,) = rank(bits, sizes, 1e-3, seed)
        hits += found.low <= 1.0 <= found.high
    assert 0.89 <= hits / rounds <= 0.99


def test_models_are_compared_on_the_same_draws() -> None:
    """Documents differ by far more than models do; the better one still beats the other in every resample."""
    rng = np.random.default_rng(1)
    base = rng.integers(1000, 100_000, 50)
    best, other = rank(np.column_stack([base + 10, base]), np.full(50, 100), 1e-3, 0)
    assert (best.model, best.beats_next) == (1, 1.0)
    assert best.high > other.low
    assert (best.rank_high, other.rank_low) == (1, 2)


def test_nothing_to_rank() -> None:
    with pytest.raises(ValueError, match="expected documents and models, found none"):
        rank(np.zeros((0, 2), int), np.zeros(0, int), 1.0, 0)
