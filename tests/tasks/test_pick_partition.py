"""Selecting in one partition of Arrow batches, without Spark."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest

from support.oracle import naive_select, one_shot
from support.quotas import CONTENT
from support.rule import STAGED, states_of, text_pool
from zip_pipeline.codecs.base import Build
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.errors import CodecMismatchError
from zip_pipeline.selection import RULES, Budget, GreedySelector, Quotas
from zip_pipeline.selection.frontier import BASE_STRATUM
from zip_pipeline.tasks import pick_partition
from zip_pipeline.tasks.pick_partition import PARTITION, PartitionPicker, run_of

POOL = text_pool(4, 60)
K = (12, 6, 3)


def picker(rule: str, budget: int, *chosen: int, build: Build | None = None) -> PartitionPicker:
    selector = GreedySelector(RULES[rule], *K)
    return PartitionPicker(selector, build or selector.codec.build(), {7: Quotas(Budget(budget))}, chosen)


def rows_of(rule: str, partition: int = 7) -> list[dict[str, object]]:
    states, codec = states_of(POOL, CONTENT, ZlibCodec(), rule), ZlibCodec()
    sizes = {i: (len(data), codec.compressed_size(data)) for i, data in POOL.items()}
    return [
        {
            "state": states[i],
            "id": i,
            "source": None if i == "r3" else f"source of {i}",
            "stratum": "",
            "raw_bytes": sizes[i][0],
            "compressed_bytes": sizes[i][1],
            "payload": POOL[i],
            PARTITION: partition,
        }
        for i in sorted(POOL, key=lambda i: (states[i], i))
    ]


def batches(rows: list[dict[str, object]], size: int = 9) -> Iterator[pa.RecordBatch]:
    """Batches of a partition; the first is empty, and the others are slices, whose offsets do not begin at 0."""
    types = {PARTITION: pa.int32(), "source": pa.string()}
    columns = {name: pa.array([row[name] for row in rows], types.get(name)) for name in rows[0]}
    whole = pa.record_batch(columns)
    yield whole.slice(0, 0)
    for begin in range(0, len(rows), size):
        yield whole.slice(begin, size)


@pytest.mark.parametrize("rule", STAGED)
def test_offers_what_the_naive_rule_selects(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pick_partition, "BATCH_ROWS", 4)
    output = list(picker(rule, 10).pick_batches(batches(rows_of(rule))))
    assert [batch.num_rows for batch in output] == [4, 4, 2]
    states = states_of(POOL, CONTENT, ZlibCodec(), rule)
    expected = naive_select(POOL, measure=one_shot(CONTENT, 9), budget=10, k=K, rule=rule, states=states)
    rows = [row for batch in output for row in batch.to_pylist()]
    assert [row["id"] for row in rows] == expected
    by_id = {row["id"]: row for row in rows_of(rule)}
    for row in rows:
        record = by_id[row["id"]]
        assert row.pop("ratio") == row["raw_bytes"] / row["compressed_bytes"]
        assert row == {name: value for name, value in record.items() if name != "state"}


def test_goes_on_behind_what_was_chosen() -> None:
    rows = rows_of("gain")
    chosen = [row | {"state": number - 10.0, "stratum": BASE_STRATUM} for number, row in enumerate(rows[:4])]
    (batch,) = picker("gain", 5, 3, 1).pick_batches(batches([*chosen, *rows[4:]]))
    selector = GreedySelector(RULES["gain"], *K)
    selection = selector.begin(map(run_of, batches([*chosen, *rows[4:]])), Quotas(Budget(5)), (3, 1))
    assert batch.column("id").to_pylist() == [pick.id for pick in selection.picks()]


def test_a_partition_without_records_of_its_own_offers_nothing() -> None:
    assert list(picker("gain", 5).pick_batches(batches(rows_of("gain", partition=8)))) == []
    assert list(picker("gain", 5).pick_batches([])) == []


def test_another_compressor_is_refused() -> None:
    other = replace(ZlibCodec().build(), probe=1)
    with pytest.raises(CodecMismatchError, match="on an executor compresses"):
        list(picker("gain", 5, build=other).pick_batches(batches(rows_of("gain"))))
