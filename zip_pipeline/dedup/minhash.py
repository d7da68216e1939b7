"""MinHash (Broder 1997) and its bands: which pairs of records are worth a comparison.

A signature has `PERMUTATIONS` minima over a record's shingles, each under another order of them. Two signatures agree
in about as large a share of their minima as the records share shingles (Jaccard).

A signature is cut into bands of `ROWS` minima. Records that agree in a whole band fall into one bucket. A pair of
Jaccard 0.9 shares no bucket once in 10**14, one of 0.6 once in 80, one of 0.5 once in eight.
"""

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.characters import Offsets, mixed
from zip_pipeline.dedup.tokens import Ragged, compiled

PERMUTATIONS, ROWS, SEED = 128, 4, 1
BANDS = PERMUTATIONS // ROWS

Signatures = npt.NDArray[np.uint32]
Buckets = npt.NDArray[np.int64]

FACTORS = np.random.Generator(np.random.PCG64(SEED)).integers(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * 2 + 1
PART = 1 << 15
"""Shingles that are permuted at once: they stay in the processor's cache."""


def signatures(records: Ragged) -> Signatures:
    """Return the signature of each record, shape (records, PERMUTATIONS).

    Args:
        records: shingles, at least one a record; repeats do no harm.
    """
    loops = compiled(records.hashes.nbytes)
    least = minima if loops is None else loops.minima
    found: Signatures = least(records.hashes.astype(np.uint32), records.offsets, FACTORS)
    return found


def minima(hashes: npt.NDArray[np.uint32], offsets: Offsets, factors: npt.NDArray[np.uint32]) -> Signatures:
    """Return the lowest product of each record's hashes with each factor, modulo 2^32; `kernel.minima` does the same.

    Args:
        hashes: of all records.
        offsets: as in `Ragged`.
        factors: odd; each stands for an order of the shingles.
    """
    found = np.empty((len(factors), len(offsets) - 1), np.uint32)
    for begin, end in _parts(offsets):
        starts = offsets[begin:end]
        part = hashes[starts[0] : offsets[end]]
        permuted = np.empty_like(part)
        for factor, row in zip(factors, found, strict=True):
            np.multiply(part, factor, out=permuted)
            np.minimum.reduceat(permuted, starts - starts[0], out=row[begin:end])
    return np.ascontiguousarray(found.T)


def buckets(signed: Signatures) -> Buckets:
    """Return the buckets of each signature, shape (len(signed), BANDS); no two bands have a bucket in common."""
    bands = signed.view(np.uint64).reshape(len(signed), BANDS, ROWS // 2)
    names = np.arange(BANDS, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for row in range(ROWS // 2):
        names = mixed(names ^ bands[:, :, row])
    return names.view(np.int64)


def _parts(offsets: Offsets) -> list[tuple[int, int]]:
    """Return the first record and the one behind the last of parts of about `PART` shingles."""
    cuts = np.flatnonzero(np.diff(offsets[1:] // PART, prepend=0)).tolist()
    return [pair for pair in zip([0, *cuts], [*cuts, len(offsets) - 1], strict=True) if pair[0] < pair[1]]
