"""The selection equals that of the naive rule, record by record, in order."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.oracle import naive_select, one_shot
from support.rule import STAGED, everything, noise_pool, our_picks, picks_of, runs, states_of, text_pool, twin_pool
from zip_pipeline.codecs.evaluator import PrefixEvaluator
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection.frontier import Frontier, Scored


@given(
    pool=st.builds(
        lambda make, seed, records: make(seed, records),
        st.sampled_from([text_pool, noise_pool, twin_pool]),
        st.integers(0, 2**32),
        st.integers(1, 40),
    ),
    rule=st.sampled_from(STAGED),
    render=st.sampled_from(sorted(FRAMINGS)),
    evaluator_and_level=st.sampled_from(
        [(PrefixEvaluator, 1), (PrefixEvaluator, 9), (KernelEvaluator, 4), (KernelEvaluator, 9)]
    ),
    k=st.tuples(st.integers(1, 45), st.integers(1, 45), st.integers(1, 45)).map(
        lambda k: tuple(sorted(k, reverse=True))
    ),
    budget=st.integers(1, 50),
    workers=st.sampled_from([1, 3]),
)
def test_equals_the_naive_rule(
    pool: dict[str, bytes],
    rule: str,
    render: str,
    evaluator_and_level: tuple[type[PrefixEvaluator | KernelEvaluator], int],
    k: tuple[int, int, int],
    budget: int,
    workers: int,
) -> None:
    evaluator, level = evaluator_and_level
    framing = FRAMINGS[render]
    picks = our_picks(
        pool,
        framing=framing,
        level=level,
        workers=workers,
        evaluator=evaluator,
        budget=budget,
        k=k,
        rule=rule,
    )
    assert [pick.id for pick in picks] == naive_select(
        pool,
        measure=one_shot(framing, level),
        budget=budget,
        k=k,
        rule=rule,
        states=states_of(pool, framing, ZlibCodec(level), rule),
    )


@given(
    seed=st.integers(0, 2**32),
    k3=st.integers(1, 9),
    factors=st.lists(st.sampled_from([0.0, 0.3, 1.0, 4.5]), min_size=20, max_size=20),
)
@settings(max_examples=25)
def test_weights_equal_the_naive_rule(seed: int, k3: int, factors: list[float]) -> None:
    """The score of `gain` is divided by a record's weight, in both stages."""
    pool, k = text_pool(seed, 20), (12, 10, k3)
    weights = dict(zip(pool, factors, strict=True))
    framing, codec = FRAMINGS["content"], ZlibCodec()
    stream = [
        replace(run, weights=np.array([weights[i] for i in run.ids])) for run in runs(pool, framing, codec, "gain")
    ]
    frontier = Frontier(iter(stream))
    picks = picks_of(frontier, KernelEvaluator(codec, framing, frontier.payloads, 1), everything(15), k, "gain")
    states = states_of(pool, framing, codec, "gain")
    naive = naive_select(
        pool, measure=one_shot(framing, 9), budget=15, k=k, rule="gain", states=states, weights=weights
    )
    assert [pick.id for pick in picks] == naive


@given(seed=st.integers(0, 2**32), budget=st.integers(1, 60))
def test_what_every_selection_keeps(seed: int, budget: int) -> None:
    pool, framing, codec = text_pool(seed, 40), FRAMINGS["repr"], ZlibCodec()
    picks = our_picks(pool, framing=framing, budget=budget, k=(20, 10, 4))
    assert len(picks) == min(budget, len(pool)), "the paper's rule finds every record"
    assert len({pick.id for pick in picks}) == len(picks)
    assert [pick.rank for pick in picks] == list(range(len(picks)))
    assert picks[-1].round == math.ceil(len(picks) / 4) - 1
    for pick in picks:
        alone = framing.join([pool[pick.id]])
        chosen = framing.join(pool[other.id] for other in picks[: pick.rank + 1])
        assert pick.source == f"source of {pick.id}"
        assert pick.ratio == len(alone) / codec.compressed_size(alone)
        assert (pick.raw_bytes, pick.compressed_bytes) == (len(chosen), codec.compressed_size(chosen))


def test_the_reference_rule_burns_its_shortlists() -> None:
    pool = text_pool(1, 20)
    picks = our_picks(pool, framing=FRAMINGS["content"], budget=20, k=(20, 10, 4), rule="reference")
    assert len(picks) == 8, "two shortlists of ten, four picks of each"


def test_by_hand() -> None:
    """Four records, k1 = 3, k2 = 2, k3 = 1, level 9; sizes worked out with pen, paper and zlib.compress.

    Alone: a 12/20 = .60, b 12/20 = .60, c 11/19 = .58, d 24/12 = 2.00. None repeats a string of its own but d.
    Round 0: candidates c a b (a and b tie, the lower id first); the anchor is empty, so their ratios stay;
    the shortlist is c a, and c is picked. a and b return with .60.
    Round 1: candidates a b d. Behind c and a line break, a adds 13 literals (24/32 = .75), while b repeats all of
    c but one letter (24/23 = 1.04) and d itself (36/23 = 1.57); the shortlist is a b, and a alone has the lower
    ratio (they tie again; a stands first). Rounds 2 and 3 have b and d left.
    """
    pool = {"a": b"wxyz89!?+-*/", "b": b"abcdefghijkX", "c": b"abcdefghijk", "d": b"lalalalalalalalalalalala"}
    picks = our_picks(pool, framing=FRAMINGS["content"], budget=4, k=(3, 2, 1))
    assert [pick.id for pick in picks] == ["c", "a", "b", "d"]
    assert [(pick.raw_bytes, pick.compressed_bytes) for pick in picks[:2]] == [(11, 19), (24, 32)]


def test_the_pool_is_drawn_no_further_than_needed() -> None:
    pool, drawn = text_pool(3, 200), 0
    codec, framing = ZlibCodec(), FRAMINGS["content"]

    def stream() -> Iterator[Scored]:
        nonlocal drawn
        for run in runs(pool, framing, codec):
            drawn += len(run.ids)
            yield run

    frontier = Frontier(stream())
    evaluator = PrefixEvaluator(codec, framing, frontier.payloads)
    assert len(picks_of(frontier, evaluator, everything(6), (10, 4, 2))) == 6
    assert drawn < 3 * 10 + 7, "at most k1 new records a round, to the end of the run"
