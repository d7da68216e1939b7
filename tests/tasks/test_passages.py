"""Passages as a task: Arrow batches against the functions of `dedup`."""

import numpy as np
import pyarrow as pa

from support.near_copies import planted
from zip_pipeline.dedup.shingles import PASSAGE, shingles
from zip_pipeline.tasks.passages import passages

PAYLOADS = [*planted(0.9, 0, runs=60), *planted(0.1, 1, runs=60), b"", b"short"]


def test_passages_repeat_the_other_columns() -> None:
    columns = {"id": pa.array(list("abcdef")), "payload": pa.array(PAYLOADS)}
    batch, runs = pa.record_batch(columns), shingles(PAYLOADS, PASSAGE)
    parts = [batch.slice(0, 2), batch.slice(2, 0), batch.slice(2)]
    rows = [tuple(row.values()) for part in passages(parts) for row in part.to_pylist()]
    expected = np.repeat(list("abcdef"), np.diff(runs.offsets)).tolist()
    assert rows == list(zip(expected, runs.hashes.view(np.int64).tolist(), strict=True))
    assert [part.schema.names for part in passages([batch.select(["payload"])])] == [["passage"]]
