"""Connected components of a graph, each named by its lowest node.

>>> lowest_of_component(np.array([1, 3]), np.array([3, 4]), 6).tolist()
[0, 1, 2, 1, 1, 5]
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Nodes = npt.NDArray[np.int64]


def lowest_of_component(begins: Nodes, ends: Nodes, nodes: int) -> Nodes:
    """Return, for each node, the lowest node that edges lead to, shape (nodes,).

    Args:
        begins: one end of each edge, shape (edges,).
        ends: the other end, shape (edges,).
        nodes: how many there are.
    """
    graph = coo_array((np.ones(len(begins), np.bool_), (begins, ends)), shape=(nodes, nodes))
    count, component = connected_components(graph, directed=False)
    lowest = np.full(count, nodes, np.int64)
    np.minimum.at(lowest, component, np.arange(nodes))
    named: Nodes = lowest[component]
    return named
