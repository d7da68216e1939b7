"""DSIR's weights: those of plain Python, the same in any batch, and high for what a target holds."""

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.pools import prose
from zip_pipeline.selection.features import features
from zip_pipeline.tasks.importance import BITS, BUCKETS, LOG_WEIGHT, UNIT, ImportanceScorer, importance_of

texts = st.lists(st.text("ab c.+", min_size=1, max_size=12).map(str.encode), min_size=1, max_size=6)


def counted(payloads: list[bytes]) -> np.ndarray:
    found = features(payloads, BITS)
    return np.bincount(found.buckets, weights=found.counts, minlength=1 << BITS).astype(np.int64)


def buckets(payload: bytes) -> Counter[int]:
    found = features([payload], BITS)
    bag: Counter[int] = Counter()
    for bucket, count in zip(found.buckets.tolist(), found.counts.tolist(), strict=True):
        bag[bucket % BUCKETS] += count
    return bag


def by_hand(payload: bytes, targets: list[tuple[float, list[bytes]]], pool: list[bytes]) -> float:
    def probability(bag: Counter[int], bucket: int) -> float:
        return (bag[bucket] + 1) / (bag.total() + 10_000)

    bags = [(weight, sum(map(buckets, records), Counter())) for weight, records in targets]
    of_pool = sum(map(buckets, pool), Counter())
    whole = sum(weight for weight, _ in bags)
    total = 0.0
    for bucket, count in buckets(payload).items():
        wanted = sum(weight * probability(bag, bucket) for weight, bag in bags) / whole
        total += count * (math.log(wanted) - math.log(probability(of_pool, bucket)))
    return of_pool.total() / len(pool) * total / buckets(payload).total()


@given(pool=texts, one=texts, two=texts)
def test_a_weight_is_that_of_plain_python(pool: list[bytes], one: list[bytes], two: list[bytes]) -> None:
    scorer = importance_of([(1.0, counted(one)), (3.0, counted(two))], counted(pool), len(pool))
    found = list(scorer.log_weights(pool) / UNIT)
    assert found == pytest.approx([by_hand(record, [(1.0, one), (3.0, two)], pool) for record in pool], abs=1e-4)


def test_batches_do_not_matter() -> None:
    pool = [prose(20, seed) for seed in range(30)]
    scorer = importance_of([(1.0, counted(pool[:3]))], counted(pool), len(pool))
    ids = [f"r{n}" for n in range(30)]
    batch = pa.RecordBatch.from_pydict({"id": ids, "payload": pool})
    whole = pa.Table.from_batches(scorer.weigh_batches([batch]))
    parts = pa.Table.from_batches(scorer.weigh_batches([batch.slice(0, 11), batch.slice(11)]))
    assert whole.equals(parts)
    assert whole.column(LOG_WEIGHT).to_pylist() == [int(scorer.log_weights([payload])[0]) for payload in pool]


def test_what_the_target_holds_weighs_most_whatever_its_length() -> None:
    wanted, others = [b"law of entropy and of gases"] * 3, [b"cats sat on many mats"] * 30
    scorer = importance_of([(1.0, counted(wanted))], counted([*wanted, *others]), 33)
    short, long, far = scorer.log_weights([b"entropy", b"entropy " * 50 + b"law of entropy and of gases", b"many cats"])
    assert min(short, long) > 0 > far
    assert isinstance(scorer, ImportanceScorer)
