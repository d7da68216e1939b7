"""Shards as a task: the sizes of Arrow batches against one-shot compression."""

import random
import zlib
from itertools import pairwise

import pyarrow as pa
import pytest

from zip_pipeline.codecs.base import Build
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.errors import CodecMismatchError
from zip_pipeline.tasks.measure_shard import ShardMeter

Rows = list[tuple[int, int, int, bool, bytes]]
"""number, shard, cell, counts, payload"""


def meter(build: Build | None = None) -> ShardMeter:
    return ShardMeter(ZlibCodec(), build or ZlibCodec().build(), b"\n")


def batch(rows: Rows) -> pa.RecordBatch:
    names = ("number", "shard", "cell", "counts", "payload")
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.bool_(), pa.binary())
    columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
    return pa.RecordBatch.from_arrays(columns, names)


def measured(rows: Rows, cuts: list[int]) -> list[dict[str, int]]:
    batches = [batch(rows[first:last]) for first, last in pairwise([0, *cuts, len(rows)])]
    return [row for part in meter().measure_batches(batches) for row in part.to_pylist()]


def some_rows() -> Rows:
    rng = random.Random(0)
    rows: Rows = []
    for number, shard in [(0, 0), (0, 1), (1, 0), (2, 3)]:
        lead = [(number, shard, cell, False) for cell in (3, 4) for _ in range(3)] if shard else []
        own = [(number, shard, cell, True) for cell in (4, 5, 7) for _ in range(4)] if (number, shard) != (2, 3) else []
        rows += [(*key, rng.choice([b"the law of entropy", b"data"]) * rng.randrange(1, 40)) for key in lead + own]
    return rows


@pytest.mark.parametrize("cuts", [[], [1, 2, 3], [0, 5, 5, 11, 17]])
def test_a_shard_is_one_stream_behind_its_lead(cuts: list[int]) -> None:
    rows, expected = some_rows(), []
    for number, shard in [(0, 0), (0, 1), (1, 0)]:
        text, before = b"", 0
        for row in rows:
            if row[:2] == (number, shard) and not row[3]:
                text += row[4] + b"\n"
        lead = before = len(zlib.compress(text, 9)) if text else 0
        for cell in (4, 5, 7):
            own = [row[4] + b"\n" for row in rows if row[:4] == (number, shard, cell, True)]
            text += b"".join(own)
            size = len(zlib.compress(text, 9))
            whole = size - lead if cell == 7 else 0
            expected.append((number, cell, len(own), sum(map(len, own)), size - before, whole))
            before = size
    assert [tuple(row.values()) for row in measured(rows, cuts)] == expected


def test_another_compressor_is_refused() -> None:
    with pytest.raises(CodecMismatchError, match="expected 16500"):
        list(meter(Build("other", "1.3.1.zlib-ng", 16_500)).measure_batches([batch(some_rows())]))
