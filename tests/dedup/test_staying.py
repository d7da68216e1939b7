"""Who stays: against the rule one record after the other; and components against a walk."""

import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.dedup import staying as module
from zip_pipeline.dedup.staying import lowest_of_component, staying

EDGES = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda edge: edge[0] < edge[1]))


def test_the_examples() -> None:
    assert doctest.testmod(module).failed == 0


@given(EDGES)
def test_staying_against_one_after_the_other(edges: list[tuple[int, int]]) -> None:
    stay = list[bool]()
    for node in range(15):
        stay.append(not any(stay[begin] for begin, end in edges if end == node))
    begins, ends = np.array(edges, np.int64).reshape(-1, 2).T
    assert staying(begins, ends, 15).tolist() == stay


def test_a_chain_is_cut() -> None:
    assert staying(np.arange(5), np.arange(1, 6), 6).tolist() == [True, False] * 3


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_components_against_a_walk(edges: list[tuple[int, int]]) -> None:
    lowest = list(range(10))
    for _ in range(10):
        for begin, end in edges:
            lowest[begin] = lowest[end] = min(lowest[begin], lowest[end])
    begins, ends = np.array(edges, np.int64).reshape(-1, 2).T
    assert lowest_of_component(begins, ends, 10).tolist() == lowest
