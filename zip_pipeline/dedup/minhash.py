"""Near-duplicates: records that share most of their runs of words, found by MinHash.

The signature of a record is `PERMUTATIONS` minima over the hashes of its runs of `WIDTH` words (Broder 1997;
computed by rensa). Of two records, as large a part of the minima agrees as of all their runs they share (Jaccard),
give or take 0.04. Signatures are cut into bands of `ROWS`; records that agree in a whole band meet in a bucket. In
a bucket each record is compared with the lowest one there, and at `THRESHOLD` they are near-duplicates. Groups are
the components of that graph, so two of a group need not be alike themselves.

At Jaccard 0.9 a pair meets but for one time in 10**14, at 0.5 seven times in eight.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import rensa

from zip_pipeline.dedup.clusters import lowest_of_component
from zip_pipeline.dedup.shingles import PART, shingles

WIDTH = 5
"""Words of a run: one changed word costs five runs, not a short record's all."""

PERMUTATIONS, ROWS, SEED = 128, 4, 1
THRESHOLD = 0.5

Signatures = npt.NDArray[np.uint32]


def parameters() -> dict[str, Any]:
    """Return what the groups depend on, for manifests."""
    return {
        "words": WIDTH,
        "permutations": PERMUTATIONS,
        "bands": PERMUTATIONS // ROWS,
        "rows": ROWS,
        "threshold": THRESHOLD,
        "seed": SEED,
        "algorithm": f"rensa R-MinHash {rensa.RMinHash.ALGORITHM_VERSION}",
    }


def signatures(payloads: Sequence[bytes]) -> Signatures:
    """Return the signature of each payload, shape (payloads, PERMUTATIONS)."""
    parts = [np.zeros((0, PERMUTATIONS), np.uint32)]
    for begin in range(0, len(payloads), PART):  # what rensa gives are lists of Python's numbers
        runs = shingles(payloads[begin : begin + PART], WIDTH)
        matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
            runs.hashes, runs.offsets.astype(np.uint64), PERMUTATIONS, SEED
        )
        parts.append(np.array(matrix.to_rows(), np.uint32))
    return np.concatenate(parts)


def buckets(signed: Signatures) -> npt.NDArray[np.int64]:
    """Return the buckets of each signature, shape (len(signed), bands); no two bands have a bucket in common."""
    bands = np.ascontiguousarray(signed).view(np.uint64).reshape(len(signed), PERMUTATIONS // ROWS, ROWS // 2)
    names = np.arange(bands.shape[1], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for row in range(ROWS // 2):
        names = (names ^ bands[:, :, row]) * np.uint64(0xD6E8FEB86659FD93)
        names ^= names >> np.uint64(32)
    return names.view(np.int64)


def alike(one: Signatures, other: Signatures) -> npt.NDArray[np.bool_]:
    """Whether signatures, pair by pair, are those of near-duplicates; both of shape (pairs, PERMUTATIONS)."""
    near: npt.NDArray[np.bool_] = np.mean(one == other, axis=1) >= THRESHOLD
    return near


def groups(payloads: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Return the group of each payload, named by its first, shape (payloads,)."""
    signed = signatures(payloads)
    names = buckets(signed).ravel()
    _, first, bucket = np.unique(names, return_index=True, return_inverse=True)
    bands = PERMUTATIONS // ROWS
    member = np.arange(len(names)) // bands
    pairs = np.unique(np.stack([first[bucket] // bands, member], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    pairs = pairs[alike(signed[pairs[:, 0]], signed[pairs[:, 1]])]
    return lowest_of_component(pairs[:, 0], pairs[:, 1], len(payloads))
