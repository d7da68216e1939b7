"""A grid that counts records by length and by ratio.

The bins are even on a log scale: quarters of a doubling for bytes, sixteenths for ratios. They are the same for every
set, so a grid stays small whatever it counts, and grids can be compared, added and summed up to histograms.
"""

import numpy as np
import numpy.typing as npt

from zip_pipeline.stats.intervals import Floats

LENGTHS: Floats = 2.0 ** (np.arange(97) / 4)
"""Edges of the bins of bytes, from 1 to 16 MB."""

RATIOS: Floats = 2.0 ** (np.arange(-32, 81) / 16)
"""Edges of the bins of records' own ratios, from 1/4 to 32."""

SHAPE = len(LENGTHS) - 1, len(RATIOS) - 1
"""Shape of a grid: (lengths, ratios). Bin i counts values from edge i up to, but without, edge i + 1; the outermost
bins count values beyond them, too."""

Grid = npt.NDArray[np.int64]


def count(raw_bytes: npt.NDArray[np.int64], compressed_bytes: npt.NDArray[np.int64]) -> Grid:
    """Return the grid of records by their own sizes; both arguments of shape (records,).

    >>> grid = count(np.array([1, 4, 4]), np.array([9, 4, 4]))
    >>> [(int(grid[place]), *map(int, place)) for place in zip(*grid.nonzero())]
    [(1, 0, 0), (2, 8, 32)]
    """
    counts = np.zeros(SHAPE, np.int64)
    np.add.at(counts, (_bins(raw_bytes, LENGTHS), _bins(raw_bytes / compressed_bytes, RATIOS)), 1)
    return counts


def _bins(values: npt.NDArray[np.int64] | Floats, edges: Floats) -> npt.NDArray[np.int64]:
    return np.searchsorted(edges[1:-1], values, "right")
