"""The selector selects what the rule does, from records in memory and from a stream, whole or cut off."""

import copy
import doctest
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.oracle import naive_select, one_shot
from support.quotas import CONTENT
from support.rule import STAGED, K, text_pool
from zip_pipeline.records.buffers import in_files
from zip_pipeline.selection import GreedySelector, Quotas, Scored, selector
from zip_pipeline.selection.frontier import BASE_STRATUM
from zip_pipeline.selection.quotas import Budget
from zip_pipeline.selection.ratio_rules import PaperRule
from zip_pipeline.selection.rules import RULES


def test_documentation_examples() -> None:
    assert doctest.testmod(selector).failed == 0


def states_of(stream: list[Scored]) -> dict[str, float]:
    return {i: state for run in stream for i, state in zip(run.ids, run.states.tolist(), strict=True)}


@pytest.mark.parametrize("rule", STAGED)
@given(seed=st.integers(0, 2**32), budget=st.integers(1, 30))
def test_selects_what_the_naive_rule_does(rule: str, seed: int, budget: int) -> None:
    pool, k = text_pool(seed, 30), (12, 6, 3)
    ours = GreedySelector(RULES[rule], *k)
    stream = ours.stream(pool, seed)
    expected = naive_select(pool, measure=one_shot(CONTENT, 9), budget=budget, k=k, rule=rule, states=states_of(stream))
    assert [pick.id for pick in ours.picks(stream, Quotas(Budget(budget)))] == expected


@pytest.mark.parametrize("rule", STAGED)
def test_a_stream_has_every_record_once_in_order(rule: str) -> None:
    pool = text_pool(1, 50)
    (run,) = GreedySelector(RULES[rule]).stream(pool, 7)
    assert sorted(run.ids) == sorted(pool)
    keys = list(zip(run.states.tolist(), run.ids, strict=True))
    assert keys == sorted(keys)
    data = [run.flat[begin:end].tobytes() for begin, end in zip(run.offsets, run.offsets[1:], strict=False)]
    assert dict(zip(run.ids, data, strict=True)) == pool
    (again,) = GreedySelector(RULES[rule]).stream(dict(reversed(pool.items())), 7)
    assert again.ids == run.ids, "the order of the mapping makes no difference"


@pytest.mark.parametrize("column", ["ratio", "raw_bytes", "compressed_bytes"])
def test_a_rule_may_begin_with_any_number_of_a_scored_record(column: str) -> None:
    pool = text_pool(1, 50)
    (run,) = GreedySelector(PaperRule(initial_column=column)).stream(pool)
    numbers = {"raw_bytes": run.raw_bytes, "compressed_bytes": run.compressed_bytes}
    expected = numbers.get(column, run.raw_bytes / run.compressed_bytes)
    assert run.states.tolist() == expected.tolist()
    keys = list(zip(run.states.tolist(), run.ids, strict=True))
    assert keys == sorted(keys)
    assert run.raw_bytes.tolist() == [len(pool[record_id]) for record_id in run.ids]


@pytest.mark.parametrize("rule", STAGED)
def test_goes_on_behind_what_was_chosen(rule: str) -> None:
    """Chosen records come first in the stream, and ranks and rounds count on behind them."""
    pool, k = text_pool(2, 40), (12, 6, 3)
    ours = GreedySelector(RULES[rule], *k)
    (run,) = ours.stream(pool)
    chosen = replace(
        run,
        states=np.arange(4.0) - 10,
        ids=run.ids[:4],
        sources=run.sources[:4],
        strata=[BASE_STRATUM] * 4,
        raw_bytes=run.raw_bytes[:4],
        compressed_bytes=run.compressed_bytes[:4],
        offsets=run.offsets[:5],
    )
    rest = replace(
        run,
        states=run.states[4:],
        ids=run.ids[4:],
        sources=run.sources[4:],
        strata=run.strata[4:],
        raw_bytes=run.raw_bytes[4:],
        compressed_bytes=run.compressed_bytes[4:],
        offsets=run.offsets[4:],
    )
    selection = ours.begin([chosen, rest], Quotas(Budget(7)), (3, 1), in_files)
    assert [places.tolist() for places in selection.base_places] == [[0, 1, 2], [3]]
    rounds = list(selection.rounds())
    picks = list(selection.picks(rounds))
    assert [pick.rank for pick in picks] == list(range(4, 11))
    assert [pick.round for pick in picks] == [2, 2, 2, 3, 3, 3, 4]
    assert next(selection.picks(rounds, 9)).round == 9
    assert selection.tally.left == 0
    whole = CONTENT.join([*(pool[i] for i in run.ids[:4]), *(pool[pick.id] for pick in picks)])
    assert (picks[-1].raw_bytes, picks[-1].compressed_bytes) == (len(whole), ours.codec.compressed_size(whole))

    again = ours.begin([chosen, rest], Quotas(Budget(7)), (3, 1))
    assert list(again.picks(again.rounds(rounds[:2]))) == picks, "a selection that was cut off goes on"


@pytest.mark.parametrize("k", [(30, 8, 4), (5, 5, 5)])
def test_a_selector_can_be_sent_to_another_machine(k: K) -> None:
    ours = GreedySelector(RULES["paper"], *k, workers=2)
    assert pickle.dumps(ours)
    there = copy.deepcopy(ours)  # by the protocol of pickle
    assert (there, there.round_size) == (ours, k)
