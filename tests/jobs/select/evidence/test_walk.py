"""A coverage along the picks has the rule's own numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.coverage_twin import NaiveSelection, bucket_counts
from support.coverages import BITS, runs, target_of
from support.rule import text_pool
from zip_pipeline.jobs.select.evidence.walk import misses, walk
from zip_pipeline.selection import GreedySelector, Quotas
from zip_pipeline.selection.coverage_rule import TARGET
from zip_pipeline.selection.quotas import Budget


@given(seed=st.integers(0, 2**32), count=st.integers(1, 12), before=st.integers(0, 3))
@settings(max_examples=20)
def test_it_is_what_the_rule_computes(seed: int, count: int, before: int) -> None:
    pool = text_pool(seed, 20)
    coverage = target_of(pool, [pool["r0"], b"zymurgy"])
    ids = [*pool]
    naive = NaiveSelection(coverage)
    start = walk(coverage, [pool[i] for i in ids[:before]], 0)
    for record_id in ids[:before]:
        naive.add(pool[record_id])
    steps = walk(coverage, [pool[i] for i in ids[before:count]], 3, held=start.held)
    gains = [naive.add(pool[i]) / coverage.scale for i in ids[before:count]]
    assert steps.gains.tolist() == gains
    assert [reason.gain for reason in steps.most] == sorted(gains, reverse=True)[:3]
    wanted = set(coverage.buckets.tolist())
    has = wanted & {bucket for i in ids[: max(before, count)] for bucket in bucket_counts(pool[i], BITS)}
    share = sum(coverage.weights[coverage.buckets.tolist().index(bucket)] for bucket in has) / coverage.weights.sum()
    assert (steps.covered[-1] if len(steps.covered) else steps.before) == pytest.approx(share)

    rest = [(n, pool[i], 2.0 * len(pool[i])) for n, i in enumerate(ids) if n >= max(before, count)]
    for miss, (place, payload, price) in zip(misses(coverage, steps.held, rest), rest, strict=True):
        assert miss.place == place
        assert miss.last == naive.gain(payload) / (coverage.scale * price)
        assert miss.first == NaiveSelection(coverage).gain(payload) / (coverage.scale * price)
        assert miss.lost == (pytest.approx(1 - miss.last / miss.first) if miss.first else 1.0)


def test_the_sum_is_that_of_the_manifest() -> None:
    pool = text_pool(5, 60)
    coverage = target_of(pool, [pool["r0"], pool["r3"]])
    selector = GreedySelector(TARGET.over(coverage))
    selection = selector.begin(runs(selector, pool), Quotas(Budget(15)))
    steps = walk(coverage, [pool[pick.id] for pick in selection.picks()])
    assert steps.gains.sum() == pytest.approx(selection.facts["coverage"], rel=1e-12)
    assert steps.is_whole


def test_it_stops_where_it_is_told() -> None:
    pool = text_pool(6, 600)
    coverage = target_of(pool, [pool["r0"]])
    steps = walk(coverage, pool.values(), most_bytes=1)
    assert not steps.is_whole
    assert len(steps.gains) == 256
    assert steps.sizes[-1] == sum(map(len, list(pool.values())[:256]))
    assert np.all(np.diff(steps.covered) >= 0)
