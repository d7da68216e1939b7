"""The rules that cover: what they hold of a base, and that both ways of computing a gain pick the same."""

import doctest
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.coverage_twin import naive_select
from support.coverages import cover_of, runs, target_of
from support.quotas import CONTENT
from support.rule import text_pool
from zip_pipeline.codecs.zstd_codec import ZstdCodec
from zip_pipeline.selection import GreedySelector, Scored, coverage_rule, gains, gains_kernel
from zip_pipeline.selection.coverage_rule import COVER, TARGET
from zip_pipeline.selection.frontier import BASE_STRATUM
from zip_pipeline.selection.quotas import Budget, Quota, Quotas


def test_documentation_examples() -> None:
    assert doctest.testmod(coverage_rule).failed == 0


def behind(selector: GreedySelector, pool: dict[str, bytes], base: list[str]) -> Iterator[Scored]:
    """The base's records in their order, then the rest of the pool."""
    records = {run.ids[0]: run for run in runs(selector, pool, size=1)}
    for number, record_id in enumerate(base):
        yield replace(records[record_id], states=np.array([number - 2.0**50]), strata=[BASE_STRATUM])
    yield from (run for record_id, run in records.items() if record_id not in base)


@given(seed=st.integers(0, 2**32), first=st.integers(1, 12), second=st.integers(1, 12), cover=st.booleans())
@settings(max_examples=25)
def test_selecting_and_extending_equals_selecting(seed: int, first: int, second: int, cover: bool) -> None:
    """Wherever the first selection ends: no states are needed, and no round has to be whole."""
    pool = text_pool(seed, 40)
    coverage = cover_of(pool) if cover else target_of(pool, [pool["r0"], pool["r1"]])
    selector = GreedySelector(TARGET.over(coverage), 7, 7, 3)
    whole = [pick.id for pick in selector.picks(runs(selector, pool), Quotas(Budget(first + second)))]
    base, rest = whole[:first], {record_id: pool[record_id] for record_id in pool if record_id not in whole[:first]}
    selection = selector.begin(behind(selector, pool, base), Quotas(Budget(second)), [first])
    assert [pick.id for pick in selection.picks()] == whole[first:]
    assert naive_select(rest, coverage, Quotas(Budget(second)), base=[pool[i] for i in base])[0] == whole[first:]


@pytest.mark.parametrize("codec", [None, ZstdCodec(window=1 << 20)])
def test_sizes_are_those_of_the_set(codec: ZstdCodec | None) -> None:
    pool = text_pool(3, 60)
    selector = GreedySelector(COVER.over(cover_of(pool)), 9, 9, 4, framing=CONTENT)
    selector = selector if codec is None else replace(selector, codec=codec)
    picks = list(selector.picks(runs(selector, pool), Quotas(Budget(10))))
    assert [pick.round for pick in picks] == [0] * 4 + [1] * 4 + [2] * 2
    assert picks[-1].raw_bytes == len(CONTENT.join(pool[pick.id] for pick in picks))
    if codec is None:
        whole = CONTENT.join(pool[pick.id] for pick in picks)
        assert picks[-1].compressed_bytes == selector.codec.compressed_size(whole)


def test_both_ways_of_computing_pick_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = text_pool(4, 300, words=60)
    selector = GreedySelector(COVER.over(cover_of(pool)), 50, 50, 10)

    def picked() -> list[str]:
        return [pick.id for pick in selector.picks(runs(selector, pool), Quotas(Budget(40)))]

    assert coverage_rule._gains() is gains_kernel.gains
    compiled = picked()
    monkeypatch.setattr(coverage_rule, "_gains", lambda: gains.gains)
    assert picked() == compiled


WEIGHTS = st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.0, 3.7, 2.0**20]) | st.floats(0, 5)


@given(data=st.data(), seed=st.integers(0, 2**32), cover=st.booleans(), in_tokens=st.booleans(), weighted=st.booleans())
@settings(max_examples=40)
def test_tokens_and_weights_equal_the_naive_rule(
    data: st.DataObject, seed: int, cover: bool, in_tokens: bool, weighted: bool
) -> None:
    """Tokens as price and budget, and any weights: the record of best weighted score a token, at every pick."""
    pool = text_pool(seed, 25, words=8)
    coverage = cover_of(pool) if cover else target_of(pool, [pool["r0"], pool["r1"]])
    tokens = {i: data.draw(st.integers(1, 9)) for i in pool} if in_tokens else None
    weights = {i: data.draw(WEIGHTS) for i in pool} if weighted else None
    quotas = Quotas(Budget(60, "tokens" if in_tokens else "bytes"), {"odd": Quota(cap=30), "even": Quota(floor=20)})
    selector = GreedySelector(TARGET.over(coverage, quotas.budget.unit), 5, 5, 3)
    picks = list(selector.picks(runs(selector, pool, parity, 6, tokens, weights), quotas))
    assert [pick.id for pick in picks] == naive_select(pool, coverage, quotas, parity, (), tokens, weights)[0]
    assert [pick.tokens for pick in picks] == [tokens[pick.id] if tokens else None for pick in picks]


def parity(record_id: str) -> str:
    return "odd" if int(record_id[1:]) % 2 else "even"


def test_what_adds_nothing_is_counted() -> None:
    pool = {"a": b"alpha beta", "b": b"alpha beta gamma", "c": b"nothing of it", "d": b"neither here"}
    selector = GreedySelector(TARGET.over(target_of(pool, [b"alpha beta gamma"])))
    selection = selector.begin(runs(selector, pool), Quotas(Budget(4)))
    assert [pick.id for pick in selection.picks()] == ["b", "a", "c", "d"]
    assert selection.facts["adding_nothing"] == 2
