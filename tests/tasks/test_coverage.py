"""Features counted and records bounded in Arrow batches, without Spark."""

import copy
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from support.coverage_twin import bucket_counts
from support.coverages import BITS, target_of
from support.rule import text_pool
from zip_pipeline.selection.coverage import BOUND
from zip_pipeline.tasks.coverage import COUNTED, BoundScorer, FeatureCounter

POOL = text_pool(4, 60)
SOURCES = ["a", "b", None]


def batches(size: int) -> Iterator[pa.RecordBatch]:
    sources = [SOURCES[number % 3] for number in range(len(POOL))]
    whole = pa.record_batch({"source": sources, "payload": pa.array(POOL.values(), pa.binary()), "id": [*POOL]})
    yield whole.slice(0, 0)
    for begin in range(0, len(POOL), size):
        yield whole.slice(begin, size)


def test_counts_are_those_of_the_twin() -> None:
    (found,) = FeatureCounter(BITS, {"a": 3, None: 5}, 7).count_batches(batches(7))
    assert found.schema == COUNTED
    amounts, records = Counter[int](), Counter[int]()
    for number, payload in enumerate(POOL.values()):
        factor = {"a": 3, "b": 7, None: 5}[SOURCES[number % 3]]
        own = bucket_counts(payload, BITS)
        amounts.update({bucket: factor * count for bucket, count in own.items()})
        records.update(own.keys())
    assert found.to_pylist() == [
        {"bucket": bucket, "amount": amounts[bucket], "records": records[bucket]} for bucket in sorted(amounts)
    ]


def test_what_is_not_told_apart_is_one_sum() -> None:
    (whole,) = FeatureCounter(BITS, {"a": 3}).count_batches(batches(7))
    sums = {row["bucket"]: (row["amount"], row["records"]) for row in whole.to_pylist()}
    wanted = np.array([0, *sorted(sums)[3:9]], np.int32)
    (found,) = copy.copy(FeatureCounter(BITS, {"a": 3}, told_apart=wanted)).count_batches(batches(7))
    own = {row["bucket"]: (row["amount"], row["records"]) for row in found.to_pylist()}
    (rest,) = own.keys() - {*wanted.tolist()}
    assert {bucket: own[bucket] for bucket in own if bucket != rest} == {int(b): sums[b] for b in wanted if b in sums}
    others = [sums[bucket] for bucket in sums.keys() - {*wanted.tolist()}]
    assert own[rest] == (sum(amount for amount, _ in others), sum(records for _, records in others))


def test_batches_make_no_difference() -> None:
    assert list(FeatureCounter(BITS).count_batches(batches(1))) == list(FeatureCounter(BITS).count_batches(batches(60)))


def test_a_partition_without_records_has_no_counts() -> None:
    assert [batch.num_rows for batch in FeatureCounter(BITS).count_batches([])] == [0]


def test_bounds_are_a_column_more() -> None:
    coverage = target_of(POOL, [*POOL.values()][:3])
    found = pa.Table.from_batches(BoundScorer(coverage).bound_batches(batches(7)))
    assert found.column_names == ["source", "payload", "id", BOUND]
    assert found.column("id").to_pylist() == [*POOL]
    assert np.array_equal(found.column(BOUND).to_numpy(), coverage.bounds([*POOL.values()]))
