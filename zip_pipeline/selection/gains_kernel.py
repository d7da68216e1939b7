"""`gains` compiled: the same operations in the same order, so the same numbers.

Only functions import this module, as Numba may be absent. Nothing here may be compiled with fast mathematics, which
would join or reorder operations.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from zip_pipeline.jit_cache import entry_point
from zip_pipeline.selection.gains import LN_2, NEAR, ROOT_OF_HALF, SERIES, Reals, Terms


@njit(nogil=True, error_model="numpy")
def _log_ratio(base: float, added: float) -> float:
    """See `gains.log_ratio`."""
    exponent = 0.0
    if added <= base * NEAR:
        z = added / (base * 2.0 + added)
    else:
        mantissa, power = math.frexp((base + added) / base)
        exponent = float(power)
        if mantissa < ROOT_OF_HALF:
            mantissa *= 2.0
            exponent -= 1.0
        z = (mantissa - 1.0) / (mantissa + 1.0)
    square = z * z
    series = 0.0
    for coefficient in SERIES:
        series = series * square + coefficient
    return exponent * LN_2 + (z * 2.0) * series


@entry_point
def gains(
    rows: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
    weights: Reals,
    priors: Reals,
    held: npt.NDArray[np.int64],
) -> Terms:
    """See `gains.gains`."""
    sums = np.zeros(len(rows), np.int64)
    for number, row in enumerate(rows):
        for place in range(ends[row], ends[row + 1]):
            slot = slots[place]
            sums[number] += int(weights[slot] * _log_ratio(priors[slot] + held[slot], float(counts[place])))
    return sums
