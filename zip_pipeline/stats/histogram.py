"""How records lie by length and by ratio: counts in one grid, which is the same for every set.

The bins are even on a log scale, quarters of a doubling for bytes and sixteenths for ratios, so that a grid is
small whatever it counts, and grids can be compared, added and summed up to histograms.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

LENGTHS = 2.0 ** (np.arange(97) / 4)
"""Edges of bins of bytes, from 1 to 16 MB."""

RATIOS = 2.0 ** (np.arange(-32, 81) / 16)
"""Edges of bins of ratios of records alone, from 1/4 to 32."""

SHAPE = len(LENGTHS) - 1, len(RATIOS) - 1
"""Of a grid: lengths, ratios. Bin i holds what is not below edge i and below edge i + 1; what lies beyond is in the
outermost bins."""

Grid = npt.NDArray[np.int64]


def count(raw_bytes: npt.NDArray[np.int64], compressed_bytes: npt.NDArray[np.int64]) -> Grid:
    """Count records by their own sizes.

    >>> grid = count(np.array([1, 4, 4]), np.array([9, 4, 4]))
    >>> [(int(grid[place]), *map(int, place)) for place in zip(*grid.nonzero())]
    [(1, 0, 0), (2, 8, 32)]
    """
    counts = np.zeros(SHAPE, np.int64)
    np.add.at(counts, (_bins(raw_bytes, LENGTHS), _bins(raw_bytes / compressed_bytes, RATIOS)), 1)
    return counts


def _bins(values: npt.NDArray[Any], edges: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.searchsorted(edges[1:-1], values, "right")
