"""Shards without Spark: how sets are cut, what the meter makes of Arrow batches, how wide the interval is."""

import doctest
import random
import zlib
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from zip_pipeline.codecs.base import Build
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.errors import CodecMismatchError
from zip_pipeline.jobs.measure.shards import ShardMeter
from zip_pipeline.stats import intervals
from zip_pipeline.stats import sharding as shards_module
from zip_pipeline.stats.sharding import SLOTS, Cuts

Dealt = list[tuple[int, int, int, bool, bytes]]
"""number, shard, cell, counted, payload"""


def meter(build: Build | None = None) -> ShardMeter:
    return ShardMeter(ZlibCodec(), build or ZlibCodec().build(), b"\n")


def batch(rows: Dealt) -> pa.RecordBatch:
    names = ("number", "shard", "cell", "counted", "payload")
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.bool_(), pa.binary())
    columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
    return pa.RecordBatch.from_arrays(columns, names)


def measured(rows: Dealt, cuts: list[int]) -> list[dict[str, int]]:
    batches = [batch(rows[first:last]) for first, last in pairwise([0, *cuts, len(rows)])]
    return [row for part in meter().measure_batches(batches) for row in part.to_pylist()]


def dealt() -> Dealt:
    rng = random.Random(0)
    rows: Dealt = []
    for number, shard in [(0, 0), (0, 1), (1, 0), (2, 3)]:
        lead = [(number, shard, cell, False) for cell in (3, 4) for _ in range(3)] if shard else []
        own = [(number, shard, cell, True) for cell in (4, 5, 7) for _ in range(4)] if (number, shard) != (2, 3) else []
        rows += [(*key, rng.choice([b"the law of entropy", b"data"]) * rng.randrange(1, 40)) for key in lead + own]
    return rows


def test_the_example() -> None:
    assert doctest.testmod(shards_module).failed == 0


@pytest.mark.parametrize("cuts", [[], [1, 2, 3], [0, 5, 5, 11, 17]])
def test_a_shard_is_one_stream_behind_its_lead(cuts: list[int]) -> None:
    rows, expected = dealt(), []
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
        list(meter(Build("other", "1.3.1.zlib-ng", 16_500)).measure_batches([batch(dealt())]))


@pytest.mark.parametrize("total", [0, 1, 8 << 20, (8 << 20) + 1, 10**12])
@pytest.mark.parametrize("window", [1 << 15, 8 << 20])
def test_cuts(total: int, window: int) -> None:
    cuts = Cuts.of(total, 8 << 20, window)
    assert (cuts.shards - 1) * (8 << 20) < max(1, total) <= max(1, cuts.shards * (8 << 20))
    assert cuts.lead <= SLOTS // cuts.shards
    if cuts.shards > 1 and window == 1 << 15:
        assert cuts.lead * total / SLOTS == pytest.approx(256 << 10, rel=1e-2)


def test_the_interval_covers_what_it_should() -> None:
    """Of 300 data sets of cells whose true ratio is 2.5, about 95 % have it in their interval, with a falling trend."""
    rng, covered = np.random.default_rng(0), 0
    trend = np.linspace(1.2, 0.8, 256)
    for seed in range(300):
        compressed = rng.gamma(16, 10, 256)
        raw = compressed * rng.normal(2.5, 0.3, 256)
        low, high = intervals.interval(raw, compressed * trend, raw.sum() / compressed.sum(), seed)
        covered += low < 2.5 < high
    assert 0.92 <= covered / 300 <= 0.98


def test_the_interval_of_one_cell_and_of_equal_ones() -> None:
    assert intervals.interval([100], [40], 2.0, 0) == (2.0, 2.0)
    assert intervals.interval([100] * 40, [40] * 40, 2.5, 0) == (2.5, 2.5)
    raw, compressed = range(100, 140), range(40, 80)
    one, again, other = (intervals.interval(raw, compressed, 2.0, seed) for seed in (0, 0, 1))
    assert one == again != other
