"""Sets compressed shard by shard on the executors; what a shard is, is said in `stats.sharding`.

The order is that of a hash of the payload, so it does not depend on how the table lies, and equal payloads stand
side by side: copies count as what they are, however far apart they were. Nothing is collected but numbers, and an
executor holds no more than a batch of records and the codec's window.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.base import Build, Codec
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.sampling import at_random
from zip_pipeline.stats.sharding import CELLS, SLOT_BITS
from zip_pipeline.tasks.score import require_build

_SIZES = ("records", "raw_bytes", "marked_bytes", "compressed_bytes")
_MEASURED = pa.schema([(name, pa.int64()) for name in ("number", "cell", *_SIZES)])


@dataclass(frozen=True)
class Measured:
    """What the shards of a set gave; sizes in bytes.

    Attributes:
        records: of the set.
        raw: of each cell, in order.
        marked: what each cell added; see `codecs.base.Stream`.
        compressed: of the whole set.
    """

    records: int
    raw: list[int]
    marked: list[int]
    compressed: int


def measure(sets: DataFrame, meter: "ShardMeter", seed: int) -> dict[int, Measured]:
    """Compress sets.

    Args:
        sets: ``number`` of the set, ``shards`` and ``lead`` of its `Cuts`, ``id`` (equal where payloads are),
            ``payload``.
        meter: compresses.
        seed: of the order.

    Returns:
        By number of the set.

    Raises:
        UserError: when executors compress otherwise than the driver.
    """
    by_shard = dealt(sets, seed).mapInArrow(meter.measure_batches, schema.ddl(_MEASURED))
    by_cell = by_shard.groupBy("number", "cell").agg(*[F.sum(name) for name in _SIZES]).orderBy("number", "cell")
    try:
        rows = by_cell.collect()
    except Exception as error:
        raise user_error(error) or error from error
    found = {}
    for number, cells in groupby(rows, key=lambda row: int(row["number"])):
        records, raw, marked, compressed = (list(column) for column in zip(*[cell[2:] for cell in cells], strict=True))
        found[number] = Measured(sum(records), raw, marked, sum(compressed))
    return found


def dealt(sets: DataFrame, seed: int) -> DataFrame:
    """Return the records of sets in their shards, each of them whole in one partition and in order.

    Returns:
        ``number``, ``shard``, ``cell``, ``counted`` (False: in the shard's lead), ``payload``.
    """
    drawn = sets.withColumn("draw", at_random("measure", seed))
    slot, shards = F.shiftrightunsigned("draw", 64 - SLOT_BITS), F.col("shards")
    own, reach = _range(slot, shards), _range(slot + F.col("lead"), shards)
    leads = (reach > own) & (reach < shards)
    targets = F.when(leads, F.array(own, reach)).otherwise(F.array(own))
    placed = drawn.withColumns({"slot": slot, "own": own, "cell": _range(slot, F.lit(CELLS))})
    return (
        placed.withColumn("shard", F.explode(targets))
        .withColumn("counted", F.col("own") == F.col("shard"))
        .repartition("number", "shard")
        .sortWithinPartitions("number", "shard", "slot", "draw", "id")
        .select("number", "shard", "cell", "counted", "payload")
    )


def _range(slot: Column, ranges: Column) -> Column:
    """Return in which of so many equal ranges of slots a slot lies."""
    return F.shiftright(slot * ranges, SLOT_BITS)


@dataclass(frozen=True)
class ShardMeter:
    """Compresses the shards of a partition; small and picklable.

    Attributes:
        codec: measures.
        build: the driver's compressor, which the executor's must equal.
        separator: behind every record.
    """

    codec: Codec
    build: Build
    separator: bytes

    def measure_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Compress the shards of `dealt`; one row a cell, the size of the whole shard on its last one.

        Raises:
            CodecMismatchError: when this machine compresses otherwise than the driver.
        """
        require_build(self.codec, self.build)
        runs = (run for batch in batches for run in _runs(batch, self.separator))
        for (number, _), shard in groupby(runs, key=lambda run: (run.number, run.shard)):
            rows = [dict(zip(_MEASURED.names, (number, *cell), strict=True)) for cell in self._cells(shard)]
            yield pa.RecordBatch.from_pylist(rows, schema=_MEASURED)

    def _cells(self, shard: Iterable["Run"]) -> Iterator[tuple[int, ...]]:
        """Yield the number of each cell and `_SIZES`."""
        stream, last, led = self.codec.stream(), None, False
        for (cell, counted), runs in groupby(shard, key=lambda run: (run.cell, run.counted)):
            if counted and led:
                stream.begin()
            led = not counted
            records = raw = 0
            for run in runs:
                stream.append(run.text)
                records, raw = records + run.records, raw + len(run.text)
            if counted:
                if last:
                    yield (*last, 0)
                last = cell, records, raw, stream.mark()
        if last:  # not so in a shard of which there is only the lead
            yield (*last, stream.end())


class Run(NamedTuple):
    """Consecutive records of one cell, end to end."""

    number: int
    shard: int
    cell: int
    counted: bool
    text: bytes
    records: int


def _runs(batch: pa.RecordBatch, separator: bytes) -> Iterator[Run]:
    *columns, payloads = batch.columns
    keys = np.stack([column.to_numpy(zero_copy_only=False).astype(np.int64) for column in columns])
    changes = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
    bounds = [0, *changes.tolist(), batch.num_rows]
    for first, last in pairwise(bounds):
        if first < last:
            number, shard, cell, counted = keys[:, first].tolist()
            text = b"".join(payload + separator for payload in payloads[first:last].to_pylist())
            yield Run(number, shard, cell, bool(counted), text, last - first)
