"""Sets compressed shard by shard on the executors; `stats.sharding` says what a shard is.

The order of the records is that of a hash of the payload. So it does not depend on the table's layout, and equal
payloads are side by side: copies count as copies, however far apart they were. The driver collects only numbers.
"""

from dataclasses import dataclass
from itertools import groupby

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.schema import ddl
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.sampling import at_random
from zip_pipeline.stats.sharding import CELLS, SLOT_BITS
from zip_pipeline.tasks.measure_shard import MEASURED, SIZES, ShardMeter


@dataclass(frozen=True)
class SetSizes:
    """The sizes of a set.

    Attributes:
        records: of the set.
        raw_bytes: of each cell, in order.
        added_bytes: compressed bytes that each cell adds; see `codecs.base.Stream.mark`.
        compressed_bytes: of the whole set.
    """

    records: int
    raw_bytes: list[int]
    added_bytes: list[int]
    compressed_bytes: int


def measure(members: DataFrame, meter: ShardMeter, seed: int) -> dict[int, SetSizes]:
    """Compress sets; return their sizes by number of the set.

    Args:
        members: ``number`` of the set, ``shards`` and ``lead`` of its `Cuts`, ``id`` (equal where payloads are),
            ``payload``.
        meter: compresses a shard.
        seed: of the order.

    Raises:
        UserError: when executors compress differently from the driver.
    """
    by_shard = in_shards(members, seed).mapInArrow(meter.measure_batches, ddl(MEASURED))
    by_cell = by_shard.groupBy("number", "cell").agg(*[F.sum(name) for name in SIZES]).orderBy("number", "cell")
    try:
        rows = by_cell.collect()
    except Exception as error:
        raise user_error(error) or error from error
    sizes = {}
    for number, cells in groupby(rows, key=lambda row: int(row["number"])):
        records, raw, added, compressed = (list(column) for column in zip(*[cell[2:] for cell in cells], strict=True))
        sizes[number] = SetSizes(sum(records), raw, added, sum(compressed))
    return sizes


def in_shards(members: DataFrame, seed: int) -> DataFrame:
    """Return the records of sets in their shards; each shard is whole in one partition, and in order.

    Returns:
        ``number``, ``shard``, ``cell``, ``counts`` (False: in the shard's lead), ``payload``.
    """
    placed = members.withColumn("place", at_random("measure", seed))
    slot, shards = F.shiftrightunsigned("place", 64 - SLOT_BITS), F.col("shards")
    own, reach = _range(slot, shards), _range(slot + F.col("lead"), shards)
    in_lead = (reach > own) & (reach < shards)
    targets = F.when(in_lead, F.array(own, reach)).otherwise(F.array(own))
    placed = placed.withColumns({"slot": slot, "own": own, "cell": _range(slot, F.lit(CELLS))})
    return (
        placed.withColumn("shard", F.explode(targets))
        .withColumn("counts", F.col("own") == F.col("shard"))
        .repartition("number", "shard")
        .sortWithinPartitions("number", "shard", "slot", "place", "id")
        .select("number", "shard", "cell", "counts", "payload")
    )


def _range(slot: Column, ranges: Column) -> Column:
    """Return the number of the range that a slot lies in, when all slots are cut into so many equal ranges."""
    return F.shiftright(slot * ranges, SLOT_BITS)
