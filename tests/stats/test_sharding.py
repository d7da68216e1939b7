"""How a data set is cut into shards."""

import doctest

import pytest

from zip_pipeline.stats import sharding
from zip_pipeline.stats.sharding import SLOTS, Cuts


def test_the_example() -> None:
    assert doctest.testmod(sharding).failed == 0


@pytest.mark.parametrize("total", [0, 1, 8 << 20, (8 << 20) + 1, 10**12])
@pytest.mark.parametrize("window", [1 << 15, 8 << 20])
def test_cuts(total: int, window: int) -> None:
    cuts = Cuts.of(total, 8 << 20, window)
    assert (cuts.shards - 1) * (8 << 20) < max(1, total) <= max(1, cuts.shards * (8 << 20))
    assert cuts.lead <= SLOTS // cuts.shards
    if cuts.shards > 1 and window == 1 << 15:
        assert cuts.lead * total / SLOTS == pytest.approx(256 << 10, rel=1e-2)
