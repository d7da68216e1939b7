"""The frontier draws what a scan of the whole pool would, however the stream is cut."""

import doctest
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.quotas import stratum_of
from zip_pipeline.selection import frontier as frontier_module
from zip_pipeline.selection.frontier import Candidates, Frontier, Scored


def test_documentation_examples() -> None:
    assert doctest.testmod(frontier_module).failed == 0


@pytest.mark.parametrize("order", [[(2, "a"), (1, "b")], [(1, "b"), (1, "a")], [(1, "a"), (1, "a")]])
@pytest.mark.parametrize("size", [1, 2])
def test_a_stream_out_of_order_is_refused(order: list[tuple[int, str]], size: int) -> None:
    records = [Scored.of([(ratio, i, b"x")]) for ratio, i in order]
    both = Scored.of([(ratio, i, b"x") for ratio, i in order])
    with pytest.raises(ValueError, match="does not ascend"):
        Frontier(records if size == 1 else [both]).draw(2)


@given(
    states=st.lists(st.integers(1, 4), min_size=1, max_size=40),
    moves=st.lists(st.tuples(st.integers(1, 15), st.lists(st.integers(1, 5), min_size=15, max_size=15)), max_size=8),
)
def test_draws_what_a_scan_would(states: list[int], moves: list[tuple[int, list[int]]]) -> None:
    scan = {f"i{number * 7 % 41:02}": float(state) for number, state in enumerate(states)}
    ids = sorted(scan, key=lambda i: (scan[i], i))
    frontier = Frontier([Scored.of([(scan[i], i, b"x")]) for i in ids])
    for count, new_states in moves:
        drawn = frontier.draw(count)
        assert {frontier.ids[place] for place in drawn} == set(sorted(scan, key=lambda i: (scan[i], i))[:count])
        back = drawn[::2]
        frontier.put_back(back, new_states[: len(back)])
        for place in drawn:
            del scan[frontier.ids[place]]
        scan |= {frontier.ids[place]: float(state) for place, state in zip(back, new_states, strict=False)}


class PlainFrontier:
    """The frontier by definition: all records in lists, every draw a scan."""

    def __init__(self, stream: list[Scored]) -> None:
        self.records = [
            (state, i, stratum)
            for run in stream
            for state, i, stratum in zip(run.states.tolist(), run.ids, run.strata, strict=True)
        ]
        self.available = set(range(len(self.records)))

    def draw(self, count: int, strata: Collection[str]) -> list[int]:
        wanted = [place for place in self.available if self.records[place][2] in strata]
        drawn = sorted(sorted(wanted, key=lambda place: self.records[place][:2])[:count])
        self.available -= set(drawn)
        return drawn

    def put_back(self, places: list[int], states: list[float]) -> None:
        self.available |= set(places)
        for place, state in zip(places, states, strict=True):
            self.records[place] = (state, *self.records[place][1:])


moves = st.tuples(
    st.integers(1, 12),
    st.sets(st.sampled_from("abc"), min_size=1),
    st.lists(st.integers(1, 6), min_size=12, max_size=12),
)


@given(states=st.lists(st.integers(1, 4), min_size=1, max_size=60), size=st.integers(1, 9), steps=st.lists(moves))
def test_draws_what_a_scan_of_strata_would(
    states: list[int], size: int, steps: list[tuple[int, set[str], list[int]]]
) -> None:
    records = sorted((float(state), f"r{number * 7 % 61:02}", b"x") for number, state in enumerate(states))
    stream = []
    for begin in range(0, len(records), size):
        run = Scored.of(records[begin : begin + size])
        stream.append(replace(run, strata=[stratum_of(i) for i in run.ids]))
    frontier, plain = Frontier(stream), PlainFrontier(stream)
    for count, strata, new_states in steps:
        drawn = frontier.draw(count, sorted(strata))
        assert drawn.tolist() == plain.draw(count, strata)
        back = drawn[::2]
        frontier.put_back(back, new_states[: len(back)])
        plain.put_back(back.tolist(), [float(state) for state in new_states[: len(back)]])


def test_candidates_without_some() -> None:
    candidates = Candidates(("",), np.array([1, 4, 6]), np.array([0.5, 0.25, 2.0]), shortlist=np.array([4]))
    places, states = candidates.without(np.array([4, 9]))
    assert (places.tolist(), states.tolist()) == ([1, 6], [0.5, 2.0])
