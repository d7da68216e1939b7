"""Connected components of a graph that lies in a table: on the driver while it is small, else on the executors.

On the executors each round points every node's neighbours at the lowest of them, first those above it (large star),
then those below (small star), until nothing changes and each component is a star around its lowest node (Kiveris et
al., "Connected Components in MapReduce and Beyond", SoCC 2014).
"""

from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.dedup.clusters import lowest_of_component
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table

MOST_PAIRS = 1_000_000
"""So many fit into the driver, where they take some 300 MB and a second or two."""


def named(pairs: DataFrame, folder: Location, most: int = MOST_PAIRS) -> DataFrame:
    """Return the component of each id in some pairs: ``id``, ``group``, which is the lowest id in it, by code point.

    Args:
        pairs: ``lowest``, ``id``, text, the first lower than the second.
        folder: for what is derived from them; it must last as long as the result is in use.
        most: pairs for which the driver joins them.
    """
    mark, before = F.bit_xor(F.xxhash64("lowest", "id")), dict[str, int]()
    for number in range(1 << 62):
        pairs, found = stage_table(
            pairs.sparkSession, folder / f"pairs-{number}", partial(pairs.select, "lowest", "id"), mark=mark
        )
        if found["rows"] <= most:
            groups = pairs.sparkSession.createDataFrame(_on_driver(pairs.toArrow()), "id string, group string")
            return stage_table(pairs.sparkSession, folder / "groups", lambda: groups)[0]  # noqa: B023 - called at once
        if found == before:
            break
        pairs, before = _round(pairs), found
    return pairs.select("id", F.col("lowest").alias("group"))


def _round(pairs: DataFrame) -> DataFrame:
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
