"""Intervals: where one more value would lie, and how well a ratio is known.

`spread` is the prediction interval of one more draw, from Student's t: it takes draws to be normally distributed.

`interval` says how well the ratio of a data set is known, if its records are a sample of a larger source. It is
Efron's bootstrap for a ratio, with strata and percentiles (Efron and Tibshirani, An Introduction to the Bootstrap,
1993). The records lie in random order. So the cells of a data set, runs of consecutive records, are draws of one
kind. Cells are drawn again with replacement, and the ratio of their sums is taken. The interval holds the middle
`CONFIDENCE` of `RESAMPLES` such ratios.

With a long window a cell costs less the later it comes, and that is not chance. So a cell only takes the place of one
of its `NEIGHBOURS`. The interval says nothing about data sets of other sizes: with a long window, a larger set is more
redundant, since each record has more text before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

CONFIDENCE = 0.95
"""Probability of every interval and band of this package."""

TAILS = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2
"""The quantiles where a two-sided interval ends."""

BETTER, WITHIN, WORSE = "better", "within", "worse"
"""What `verdict` says."""

RESAMPLES = 1000
"""Draws of a bootstrap."""

NEIGHBOURS = 32
"""Cells in a row that may take each other's place."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """The mean of several draws, and where one more would lie.

    Attributes:
        mean: of the draws.
        low: lower end of the interval that holds one more draw with a probability of `CONFIDENCE`.
        high: upper end of that interval.
    """

    mean: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Return the prediction interval of one more draw (Student's t).

    >>> one_more = spread([1.0, 2.0, 3.0])
    >>> one_more.mean, round(one_more.low, 2), round(one_more.high, 2)
    (2.0, -2.97, 6.97)

    Raises:
        ValueError: when there are fewer than two draws.
    """
    if len(values) < 2:
        raise ValueError(f"expected two draws at least, found {len(values)}")
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stdtrit(len(values) - 1, TAILS[1])) * deviation * float(np.sqrt(1 + 1 / len(values)))
    return Spread(mean, mean - half, mean + half)


def verdict(value: float, draws: Spread) -> str:
    """Return how bits per byte compare with random draws: ``better`` (fewer), ``worse``, or ``within`` the interval."""
    if value < draws.low:
        return BETTER
    return WORSE if value > draws.high else WITHIN


def interval(raw: npt.ArrayLike, compressed: npt.ArrayLike, ratio: float, seed: int) -> tuple[float, float]:
    """Return the lower and upper end of the interval of a ratio; both equal `ratio` where there is only one cell.

    Args:
        raw: bytes of each cell, in order, shape (cells,).
        compressed: bytes that each cell adds to the compressed size, shape (cells,).
        ratio: of the whole set; the resampled ratios are scaled to it, since what cells add need not sum up to the
            compressed size (zstd).
        seed: of the resampling.
    """
    sizes = np.stack([np.asarray(raw, np.float64), np.asarray(compressed, np.float64)])
    cells = sizes.shape[1]
    rng = np.random.default_rng(seed)
    sums = np.zeros((2, RESAMPLES))
    for part in np.array_split(np.arange(cells), -(-cells // NEIGHBOURS)):
        drawn = rng.integers(part[0], part[-1] + 1, (RESAMPLES, len(part)))
        sums += sizes[:, drawn].sum(axis=2)
    whole = sizes.sum(axis=1)
    ratios = sums[0] / sums[1] * (ratio * whole[1] / whole[0])
    low, high = np.quantile(ratios, TAILS)
    return float(low), float(high)
