"""Groups of equal and of nearly equal records over a whole table, and which of their records to leave out.

Executors sign and compare records (`tasks.sign`, by `dedup.minhash`), Spark joins the buckets. The pairs that are alike
are edges of a graph, and its connected components are the groups. The driver finds the components of few pairs. Of many
pairs the executors find them: in each round every node's neighbours point at the lowest of them, first those above the
node (large star), then those below it (small star). That ends when each component is a star around its lowest node
(Kiveris et al., "Connected Components in MapReduce and Beyond", SoCC 2014).

The groups depend on the ids and the payloads alone.
"""

from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.config import Deduplicate
from zip_pipeline.dedup.minhash import lowest_of_component
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.tasks import sign

MOST_PAIRS = 1_000_000
"""Pairs that the driver joins by itself: they take it some 300 MB and a second or two."""


def duplicates_in(
    rows: DataFrame, section: Deduplicate, folder: Location, priorities: DataFrame | None = None
) -> DataFrame:
    """Return the records to leave out, with the columns of `schema.DUPLICATES`.

    Args:
        rows: ``id``, different in each row, ``payload``, and ``compared`` where another text than the payload counts.
        section: says what is a duplicate; its kind is ``exact`` or ``near``.
        folder: for derived tables; it must last as long as the result is in use.
        priorities: ``id``, ``priority``; the record of the highest one in a group stays. None: that of the lowest id.
    """
    exact = section.kind == "exact"
    groups = same_payload(rows) if exact else near_duplicates(rows, folder)
    groups = groups if priorities is None else preferring(groups, priorities)
    share = F.lit(1.0 if exact else None).cast("double")
    left_out = groups.where("id != group").withColumnRenamed("group", "kept")
    return left_out.withColumns({"jaccard": share, "containment": share})


def same_payload(rows: DataFrame) -> DataFrame:
    """Return the group of each record: ``id``, ``group``, the lowest id among the records with the same payload.

    Args:
        rows: ``id``, ``payload``.
    """
    hashed = rows.select("id", F.sha2("payload", 256).alias("hash"))
    return hashed.select("id", F.min("id").over(Window.partitionBy("hash")).alias("group"))


def near_duplicates(rows: DataFrame, folder: Location) -> DataFrame:
    """Return the group of each record: ``id``, ``group``, the lowest id of the group (text, by code point).

    Args:
        rows: ``id`` (text, different in each row) and ``payload`` (binary).
        folder: for derived tables; it must last as long as the result is in use.
    """
    spark, ids = rows.sparkSession, rows.select("id", "payload")
    signed, _ = stage_table(spark, folder / "signatures", lambda: ids.mapInArrow(sign.sign, sign.SIGNED))
    members = signed.select("id", F.explode("buckets").alias("bucket"))
    members = members.withColumn("lowest", F.min("id").over(Window.partitionBy("bucket")))
    pairs = members.where("id != lowest").select("lowest", "id").distinct()
    alike = (
        pairs.join(signed.select("id", "signature"), "id")
        .join(signed.select(F.col("id").alias("lowest"), F.col("signature").alias("lowest_signature")), "lowest")
        .mapInArrow(sign.compare, sign.ALIKE)
    )
    groups = components(alike, folder)
    return rows.select("id").join(groups, "id", "left").select("id", F.coalesce("group", "id").alias("group"))


def preferring(groups: DataFrame, priorities: DataFrame) -> DataFrame:
    """Return groups, each named by its record of highest priority; nulls and NaN are lowest, ties go to the lower id.

    Args:
        groups: ``id``, ``group``.
        priorities: ``id``, ``priority``, a number.
    """
    highest = F.when(~F.isnan("priority"), F.col("priority")).desc_nulls_last()
    best = F.first("id").over(Window.partitionBy("group").orderBy(highest, "id"))
    return groups.join(priorities, "id", "left").select("id", best.alias("group"))


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
