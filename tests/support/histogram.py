"""The grid of lengths and ratios, counts_of record by record."""

from bisect import bisect_right
from collections import Counter

import numpy as np

from zip_pipeline.stats import histogram
from zip_pipeline.stats.histogram import LENGTHS, RATIOS, Grid


def counts_of(sizes: list[tuple[int, int]]) -> Grid:
    """By definition: how many edges but for the first and the last are not above the record's numbers."""
    cells = Counter(
        (bisect_right(LENGTHS[1:-1].tolist(), raw), bisect_right(RATIOS[1:-1].tolist(), raw / compressed))
        for raw, compressed in sizes
    )
    counts = np.zeros(histogram.SHAPE, np.int64)
    for cell, records in cells.items():
        counts[cell] = records
    return counts
