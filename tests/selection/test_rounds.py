"""A selection that was cut goes on as if it had not been; the frontier is that of a plain scan, wherever it lies."""

import doctest
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.quotas import CONTENT, ks, stratum_of
from support.rounds import QUOTAS, same, selection
from support.rule import rounds_of, runs, text_pool, twin_pool
from zip_pipeline.codecs.evaluator import PrefixEvaluator
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec, ZstdEvaluator
from zip_pipeline.selection import run_queue
from zip_pipeline.selection.frontier import Frontier, Places, Scored
from zip_pipeline.selection.greedy import Pick, Round, picks
from zip_pipeline.selection.quotas import Budget, Quotas, Tally
from zip_pipeline.selection.rules import RULES


def test_documentation_examples() -> None:
    assert doctest.testmod(run_queue).failed == 0


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
def test_the_frontier_draws_what_a_scan_would(
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


def test_what_waits_lies_in_few_runs() -> None:
    """Whatever is pushed and taken: so a look costs about the same however much waits."""
    queue, rng = (
        run_queue.RunQueue(lambda places, states, count: np.lexsort((places, states))[:count]),
        np.random.default_rng(0),
    )
    for number in range(400):
        queue.push(0, np.arange(100) + 100 * number, rng.random(100) + rng.integers(0, 3))
        queue.remove(queue.peek([0], int(rng.integers(0, 90))))
        sizes = [len(run) for run, _ in queue._runs[0]]
        assert len(sizes) <= 1 + np.log2(100 * (number + 1))


@given(
    make=st.sampled_from([text_pool, twin_pool]),
    seed=st.integers(0, 2**32),
    rule=st.sampled_from(sorted(RULES)),
    strata=st.sampled_from(sorted(QUOTAS)),
    k=ks,
    budget=st.one_of(st.integers(8, 60).map(Budget), st.integers(500, 4000).map(lambda size: Budget(size, "bytes"))),
    cut=st.floats(0, 1),
)
def test_a_selection_that_was_cut_goes_on_as_if_it_had_not_been(
    make: Callable[[int, int], dict[str, bytes]],
    seed: int,
    rule: str,
    strata: str,
    k: tuple[int, int, int],
    budget: Budget,
    cut: float,
) -> None:
    pool = make(seed, 60)
    frontier, go_on, tally = selection(pool, rule, strata, k, budget)
    whole = go_on([])
    resumed, go_on, tally_then = selection(pool, rule, strata, k, budget)
    again = go_on(whole[: round(cut * len(whole))])
    assert same(again, whole)
    assert list(picks(resumed, again)) == list(picks(frontier, whole))
    assert (tally_then.amounts, tally_then.closed) == (tally.amounts, tally.closed)


@pytest.mark.parametrize("rule", ["gain", "paper"])
def test_what_was_done_is_not_measured_again(rule: str) -> None:
    asked: list[int] = []

    class Counting(PrefixEvaluator):
        def _sizes_of(self, places: Places) -> list[int]:
            asked.append(len(places))
            return super()._sizes_of(places)

    def run(done: list[Round]) -> tuple[list[Round], int]:
        asked.clear()
        codec = ZlibCodec()
        frontier = Frontier(runs(text_pool(5, 90), CONTENT, codec, rule))
        anchor = Counting(codec, CONTENT, frontier.payloads)
        tally = Tally(Quotas(Budget(20)))
        return list(rounds_of(frontier, anchor, tally, (20, 10, 5), rule, done)), sum(asked)

    whole, all_sizes = run([])
    again, few_sizes = run(whole)
    assert same(again, whole)
    assert few_sizes == (0 if rule == "gain" else 20), "the paper's anchor measures its own growth"
    assert all_sizes >= few_sizes + 60, "three rounds of candidates behind an anchor"


def test_zstd_goes_on_too() -> None:
    pool, codec = text_pool(2, 80), ZstdCodec(window=1 << 20)

    def run(done: list[Round]) -> list[Pick]:
        frontier = Frontier(runs(pool, CONTENT, codec))
        anchor = ZstdEvaluator(codec, CONTENT, frontier.payloads, 2)
        made = rounds_of(frontier, anchor, Tally(Quotas(Budget(30))), (20, 10, 4), done=done)
        return list(picks(frontier, kept(made)))

    whole: list[Round] = []

    def kept(made):  # type: ignore[no-untyped-def]
        for this in made:
            whole.append(this)
            yield this

    expected, first = run([]), list(whole)
    assert len(expected) == 30
    assert run(first[:3]) == expected
