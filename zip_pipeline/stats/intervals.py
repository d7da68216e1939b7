"""The interval of a ratio: within what do we know it, if the records are a sample of what they came from?

Records lie in random order, so the cells of a data set, runs of consecutive records, are draws of the same kind,
and what one adds to the compressed size varies as another draw's would. Cells are drawn anew, with
replacement, and the ratio of their sums taken; the interval holds the middle `CONFIDENCE` of `RESAMPLES` such ratios.

With a long window a cell costs less the later it comes, which is no chance: cells are only exchanged with their
`NEIGHBOURS`. (Efron and Tibshirani, An Introduction to the Bootstrap, 1993: ratio estimates, strata, percentiles.)
It says nothing of other sizes: with a long window a larger set is more redundant, since each record has seen more.
"""

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
CONFIDENCE = 0.95
NEIGHBOURS = 32
"""Cells in a row that may take each other's place."""


def interval(raw: npt.ArrayLike, compressed: npt.ArrayLike, ratio: float, seed: int) -> tuple[float, float]:
    """Return the lower and upper end.

    Args:
        raw: bytes of each cell, in order, shape (cells,).
        compressed: bytes that each adds, shape (cells,).
        ratio: of the whole; the resampled ratios are scaled to it, as marks need not sum up to the size (zstd).
        seed: of the resampling.

    Returns:
        Both equal to `ratio` when there is one cell only: then nothing can be said.
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
    low, high = np.quantile(ratios, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
