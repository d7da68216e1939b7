"""Near-duplicates: records that share most of their runs of words, by MinHash (Broder 1997; computed by rensa).

The signature of a record is `PERMUTATIONS` minima over the hashes of its runs of `WIDTH` words. Two signatures agree in
about as large a share of their minima as the records share runs (Jaccard), give or take 0.04.

A signature is cut into bands of `ROWS` minima. Records that agree in a whole band fall into one bucket. In a bucket
each record is compared with the lowest one there; at `THRESHOLD` the two are near-duplicates. Groups are the connected
components of that graph, so two records of a group need not be alike themselves.

A pair of Jaccard 0.9 shares no bucket once in 10**14, a pair of Jaccard 0.5 once in eight.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import rensa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from zip_pipeline.dedup.shingles import PART, shingles

WIDTH = 5
"""Words of a run: one changed word changes five runs, not all of a short record's."""

PERMUTATIONS, ROWS, SEED = 128, 4, 1
THRESHOLD = 0.5

Signatures = npt.NDArray[np.uint32]
Nodes = npt.NDArray[np.int64]


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
    for begin in range(0, len(payloads), PART):  # rensa returns lists of Python numbers, which need a lot of memory
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
    """Return whether signatures, pair by pair, are those of near-duplicates; both of shape (pairs, PERMUTATIONS)."""
    near: npt.NDArray[np.bool_] = np.mean(one == other, axis=1) >= THRESHOLD
    return near


def groups(payloads: Sequence[bytes]) -> Nodes:
    """Return the group of each payload, named by the place of its first one, shape (payloads,).

    >>> groups([b"to be or not to be", b"a rose is a rose", b"to be or not to be"]).tolist()
    [0, 1, 0]
    """
    signed = signatures(payloads)
    names = buckets(signed).ravel()
    _, first, bucket = np.unique(names, return_index=True, return_inverse=True)
    bands = PERMUTATIONS // ROWS
    member = np.arange(len(names)) // bands
    pairs = np.unique(np.stack([first[bucket] // bands, member], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    pairs = pairs[alike(signed[pairs[:, 0]], signed[pairs[:, 1]])]
    return lowest_of_component(pairs[:, 0], pairs[:, 1], len(payloads))


def lowest_of_component(begins: Nodes, ends: Nodes, nodes: int) -> Nodes:
    """Return, for each node of a graph, the lowest node of its connected component, shape (nodes,).

    >>> lowest_of_component(np.array([1, 3]), np.array([3, 4]), 6).tolist()
    [0, 1, 2, 1, 1, 5]

    Args:
        begins: one end of each edge, shape (edges,).
        ends: the other end, shape (edges,).
        nodes: number of nodes.
    """
    graph = coo_array((np.ones(len(begins), np.bool_), (begins, ends)), shape=(nodes, nodes))
    count, component = connected_components(graph, directed=False)
    lowest = np.full(count, nodes, np.int64)
    np.minimum.at(lowest, component, np.arange(nodes))
    named: Nodes = lowest[component]
    return named
