"""A selection that was cut goes on as if it had not been."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.quotas import CONTENT, ks
from support.rounds import QUOTAS, same, selection
from support.rule import STAGED, rounds_of, runs, text_pool, twin_pool
from zip_pipeline.codecs.evaluator import PrefixEvaluator
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec, ZstdEvaluator
from zip_pipeline.selection.frontier import Frontier, Places
from zip_pipeline.selection.greedy import Pick, Round, picks_of
from zip_pipeline.selection.quotas import Budget, Quotas, Tally


@given(
    make=st.sampled_from([text_pool, twin_pool]),
    seed=st.integers(0, 2**32),
    rule=st.sampled_from(STAGED),
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
    assert list(picks_of(resumed, again)) == list(picks_of(frontier, whole))
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
        return list(picks_of(frontier, kept(made)))

    whole: list[Round] = []

    def kept(made):  # type: ignore[no-untyped-def]
        for this in made:
            whole.append(this)
            yield this

    expected, first = run([]), list(whole)
    assert len(expected) == 30
    assert run(first[:3]) == expected
