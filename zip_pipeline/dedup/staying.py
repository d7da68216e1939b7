"""Which of some near-duplicates stay, and which groups they make up.

A record stays unless one that comes before it and is a near-duplicate of it stays. So each record that goes is like one
that stays, and no two that stay are known to be alike. A chain of likenesses is cut: a is like b, and b is like c; then
b goes, and c stays.

Pairs are directed, from the record that comes first. The order in which records come must not have circles.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from zip_pipeline.dedup.characters import Offsets


def staying(before: Offsets, after: Offsets, nodes: int) -> npt.NDArray[np.bool_]:
    """Return which nodes stay, shape (nodes,).

    >>> staying(np.array([0, 1, 3]), np.array([1, 2, 2]), 4).tolist()
    [True, False, False, True]

    Args:
        before: the nodes that come first, shape (pairs,).
        after: those that are like them.
        nodes: number of nodes.
    """
    stay = np.ones(nodes, np.bool_)
    while len(before):
        doubtful = np.zeros(nodes, np.bool_)
        doubtful[after] = True
        sure = ~doubtful[before]  # nothing that is undecided comes before them
        stay[after[sure]] = False
        left = stay[before] & stay[after] & ~sure
        before, after = before[left], after[left]
    return stay


def lowest_of_component(begins: Offsets, ends: Offsets, nodes: int) -> Offsets:
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
    named: Offsets = lowest[component]
    return named
