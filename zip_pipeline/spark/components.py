"""Groups of records that belong together: the connected components of pairs of near-duplicates.

The driver finds the components of few pairs. Of many pairs the executors find them: in each round every node's
neighbours point at the lowest of them, first those above the node (large star), then those below it (small star). That
ends when each component is a star around its lowest node (Kiveris et al., "Connected Components in MapReduce and
Beyond", SoCC 2014).
"""

from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.dedup.staying import lowest_of_component
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table

MOST_PAIRS = 1_000_000
"""Pairs that the driver joins by itself: they take it some 300 MB and a second or two."""


def components(pairs: DataFrame, folder: Location, most: int = MOST_PAIRS) -> DataFrame:
    """Return the component of the ids in pairs: ``id``, ``group``, the lowest id of the component, by code point.

    Args:
        pairs: ``lowest``, ``id``, text, the first lower than the second.
        folder: for derived tables; it must last as long as the result is in use.
        most: pairs that the driver joins by itself.
    """
    spark, mark, before = pairs.sparkSession, F.bit_xor(F.xxhash64("lowest", "id")), dict[str, int]()
    for number in range(1 << 62):
        pairs, counts = stage_table(spark, folder / f"pairs-{number}", partial(pairs.select, "lowest", "id"), mark=mark)
        if counts["rows"] <= most:
            groups = spark.createDataFrame(_on_driver(pairs.toArrow()), "id string, group string")
            return stage_table(spark, folder / "groups", lambda: groups)[0]  # noqa: B023 - called at once
        if counts == before:
            break
        pairs, before = _round(pairs), counts
    return pairs.select("id", F.col("lowest").alias("group"))


def _round(pairs: DataFrame) -> DataFrame:
    """Return the pairs after a large star and a small star."""
    turned = pairs.select(F.col("id").alias("lowest"), F.col("lowest").alias("id"))
    least = F.least("lowest", F.min("id").over(Window.partitionBy("lowest")))
    large = pairs.union(turned).withColumn("least", least).where("id > lowest").select("least", "id").distinct()
    lower = large.withColumn("lowest", F.min("least").over(Window.partitionBy("id")))
    small = lower.select("lowest", F.explode(F.array("least", "id")).alias("id"))
    return small.where("id != lowest").distinct()


def _on_driver(pairs: pa.Table) -> pa.Table:
    lowest, others = (np.array(pairs.column(name).to_pylist(), object) for name in ("lowest", "id"))
    ids, places = np.unique(np.concatenate([lowest, others]), return_inverse=True)
    group = ids[lowest_of_component(places[: len(lowest)], places[len(lowest) :], len(ids))]
    return pa.table({"id": pa.array(ids, pa.string()), "group": pa.array(group, pa.string())})
