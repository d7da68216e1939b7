"""What a count of a feature adds to the coverage, as a whole number that is the same on every machine.

The term of a feature is ``floor(weight * ln((base + added) / base))``: `base` is what its model holds, `added` how
often a record has it. A mathematical library's logarithm may differ in its last bit from another one's. So this module
has its own, a fixed sequence of IEEE 754 operations (+, *, /, and splitting off the exponent), each of them rounded as
the standard says. `gains_kernel` does the same operations in the same order. And terms are whole numbers, so their sum
does not depend on the order of the features.

How exact: the logarithm's relative error is below `ERROR`. A weight is at most `LARGEST_WEIGHT`, and no logarithm above
64 occurs, so a term is at most 2^46.

**A term may rise by one at most while `base` grows.** The real number ``t = weight * ln(1 + added / base)`` falls while
`base` grows. Computed, it is between ``t (1 - ERROR)`` and ``t (1 + ERROR)``, and ``2 * ERROR * t`` is below 1. So a
later value is less than one above an earlier one, and its floor at most one above the earlier floor.

    >>> float(log_ratio(np.float64(1.0), np.float64(1.0))), float(log_ratio(np.float64(3.0), np.float64(1e-9)))
    (0.6931471805599453, 3.333333332777778e-10)
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Terms = npt.NDArray[np.int64]

ERROR = 2.0**-50
"""Relative error of `log_ratio`, at most."""

LARGEST_WEIGHT = 2.0**40
"""All weights of a coverage sum up to less than this."""

NEAR = 0.41421356237309503
"""Up to ``1 + NEAR``, the root of 2, the series itself gives the logarithm."""

ROOT_OF_HALF = 0.7071067811865476
LN_2 = 0.6931471805599453

SERIES = (1 / 21, 1 / 19, 1 / 17, 1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1.0)
"""Coefficients of ``atanh(z) / z`` in z^2, the highest first. |z| is at most 0.172, so the next one adds nothing."""


def log_ratio(base: Any, added: Any) -> Any:
    """Return ``ln((base + added) / base)``, each a float64 or an array of them.

    ``ln y = 2 atanh((y - 1) / (y + 1))``. Near 1 the quotient is ``added / (2 base + added)``, which loses no digits.
    Else y is a power of 2 times a number from the root of 1/2 to the root of 2.

    Args:
        base: above 0.
        added: 0 or above.
    """
    near = added <= base * NEAR
    mantissa, exponent = np.frexp((base + added) / base)
    low = mantissa < ROOT_OF_HALF
    mantissa = np.where(low, mantissa * 2.0, mantissa)
    exponent = np.where(near, 0, exponent - low).astype(np.float64)
    z = np.where(near, added / (base * 2.0 + added), (mantissa - 1.0) / (mantissa + 1.0))
    square = z * z
    series = np.zeros_like(z)
    for coefficient in SERIES:
        series = series * square + coefficient
    return exponent * LN_2 + (z * 2.0) * series


def terms(weights: Reals, bases: Reals, added: Reals) -> Terms:
    """Return the term of each feature, shape (features,); see the module."""
    result: Terms = (weights * log_ratio(bases, added)).astype(np.int64)
    return result


def gains(
    rows: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int32],
    weights: Reals,
    priors: Reals,
    held: npt.NDArray[np.int64],
) -> Terms:
    """Return the sum of each record's terms, shape (records,).

    Args:
        rows: the records; those of a row lie from ``ends[row]`` up to ``ends[row + 1]`` in `slots` and `counts`.
        ends: shape (rows + 1,).
        slots: the features of all rows, as places in the next three.
        counts: how often their records have them.
        weights: by feature.
        priors: by feature.
        held: how often the selection has each feature.
    """
    sums = np.zeros(len(rows), np.int64)
    for number, row in enumerate(rows):
        begin, end = ends[row], ends[row + 1]
        own = slots[begin:end]
        sums[number] = terms(weights[own], priors[own] + held[own], counts[begin:end].astype(np.float64)).sum()
    return sums
