"""Equal and nearly equal records over a whole table: which of them leave, and which stay in their place.

`dedup` has the definitions, `tasks.near_duplicates` applies them on executors. Here the rows move between the tasks:

1. the shingles of a sample are counted, and the common ones become known;
2. the buckets of all records travel as packed numbers, and around each hub its records are found;
3. their texts travel to their hubs, where their sets of shingles are compared;
4. from the pairs of near-duplicates the driver, or the executors where there are many, finds who stays.

The result depends on the ids, the texts and the priorities alone.
"""

from functools import partial, reduce
from math import ceil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import Deduplicate
from zip_pipeline.dedup import near_duplicates
from zip_pipeline.dedup.likeness import Alike
from zip_pipeline.dedup.near_duplicates import SAMPLE, Near
from zip_pipeline.dedup.shingles import Common
from zip_pipeline.spark import sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.removals import small_pools
from zip_pipeline.spark.removals.earlier import Earlier, equal_to, near_to
from zip_pipeline.tasks.near_duplicates import (
    ALIKE,
    AROUND,
    ENTRIES,
    SHINGLES,
    SIGNED,
    Bucketing,
    Comparison,
    Signer,
    around_hubs,
    sets,
)

MOST_PAIRS = 2_000_000
"""So many pairs the driver takes, some 500 MB, to find by itself who stays."""

RECORDS_A_PART = 60_000
"""Records whose buckets make up one part: 30 MB."""

MOST_PARTS = 60_000

GONE = "id string, kept string, jaccard double, containment double"
"""`schema.DUPLICATES` with their types."""

MANY_AROUND = 1_000_000
"""Rows around hubs that are a table rather than something to send to every executor."""


def near_of(section: Deduplicate) -> Near:
    """Return what a section of the config calls near."""
    return Near(section.threshold, section.common)


def excluded_in(
    rows: DataFrame,
    section: Deduplicate,
    records: int,
    folder: Location,
    earlier: Earlier,
    priorities: DataFrame | None = None,
) -> DataFrame:
    """Return the records that are duplicates of earlier ones, with the columns of `schema.DUPLICATES`.

    For the arguments see `duplicates_in`. `kept` is the id of the earlier record.
    """
    if section.kind == "exact":
        return equal_to(rows, earlier)
    return like_earlier(alike(rows, near_of(section), records, folder, priorities, earlier)[0])


def duplicates_in(
    rows: DataFrame,
    section: Deduplicate,
    records: int,
    folder: Location,
    priorities: DataFrame | None = None,
    earlier: Earlier | None = None,
    excluded: DataFrame | None = None,
) -> DataFrame:
    """Return the records to leave out, with the columns of `schema.DUPLICATES`.

    Args:
        rows: ``id``, different in each row, ``payload``, and ``compared``, the text that counts in its place or null.
        section: says what is a duplicate; its kind is ``exact`` or ``near``.
        records: how many rows there are.
        folder: for derived tables; it must last as long as the result is in use.
        priorities: ``id``, ``priority`` of every row; the record of the highest one stays, then that of the lowest id.
        earlier: records that were chosen before, if there are any.
        excluded: what `excluded_in` returned for them, stored; these are no duplicates of others in `rows`.
    """
    if section.kind == "exact":
        rest = rows if excluded is None else rows.join(excluded.select("id"), "id", "left_anti")
        return _same_payload(rest, priorities)
    near = near_of(section)
    if earlier is None and small_pools.fits(texts := _texts(rows), records):
        found = small_pools.alike(_sampled(texts, records), near, records, priorities)
        return rows.sparkSession.createDataFrame(_on_driver(found), GONE)
    pairs, count = alike(rows, near, records, folder, priorities, earlier)
    return gone(pairs if excluded is None else among_themselves(pairs, excluded), count, folder)


def alike(
    rows: DataFrame,
    near: Near,
    records: int,
    folder: Location,
    priorities: DataFrame | None = None,
    earlier: Earlier | None = None,
) -> tuple[DataFrame, int]:
    """Return the pairs of near-duplicates, `ALIKE`, and their number; a pair may be there twice.

    Args:
        rows: and `records`, `folder`, `priorities`: see `duplicates_in`.
        near: what counts as near.
        records: see `rows`.
        folder: see `rows`.
        priorities: see `rows`.
        earlier: records that were chosen before; pairs of two of them are not there.
    """
    spark = rows.sparkSession
    common = common_shingles(rows, near, records, folder)
    if earlier is not None:
        common = Common(np.union1d(common.hashes, earlier.boilerplate))
    signed, counts = stage_table(spark, folder / "signed", lambda: sign(rows, common))
    total = counts["rows"]
    every, order = signed.withColumn("earlier", F.lit(False)), _order(priorities)
    if priorities is not None:
        every = every.join(priorities, "id")
    if earlier is not None:  # an id may be among both
        known, found = stage_table(
            spark, folder / "earlier", lambda: near_to(folder / "signed", earlier, common, counts["rows"])
        )
        every = every.unionByName(known.withColumn("earlier", F.lit(True)), allowMissingColumns=True)
        total += found["rows"]
    around, found = stage_table(spark, folder / "around", lambda: _around_hubs(every, total))
    comparison = Comparison(common, near.threshold)
    placed = partial(_at_hubs, every, around, found["rows"], [F.desc("earlier"), *order])
    pairs, found = stage_table(spark, folder / "alike", lambda: placed().mapInArrow(comparison.compare, ALIKE))
    return pairs, found["rows"]


def sign(rows: DataFrame, common: Common) -> DataFrame:
    """Return the records as `SIGNED`: their sets, and the buckets by which they are found.

    Args:
        rows: see `duplicates_in`.
        common: shingles that have no part in the buckets.
    """
    return _texts(rows).mapInArrow(Signer(common).sign, SIGNED)


def common_shingles(rows: DataFrame, near: Near, records: int, folder: Location) -> Common:
    """Return the shingles that do not count; see `duplicates_in` for the arguments."""
    found = stage_fact(folder / "common", lambda: _common(_texts(rows), near, records))
    return Common(np.array(found, np.uint64))


def like_earlier(pairs: DataFrame) -> DataFrame:
    """Return the records that are near-duplicates of earlier ones, with the columns of `schema.DUPLICATES`."""
    return _most_similar(pairs.where("earlier"))


def among_themselves(pairs: DataFrame, excluded: DataFrame) -> DataFrame:
    """Return the pairs without earlier records, and without those that left because they are like one.

    Args:
        pairs: `ALIKE`.
        excluded: ``id``.
    """
    rest = pairs.where("not earlier").join(excluded.select("id"), "id", "left_anti")
    return rest.join(excluded.select(F.col("id").alias("kept")), "kept", "left_anti").select(*pairs.columns)


def gone(pairs: DataFrame, count: int, folder: Location, most: int = MOST_PAIRS) -> DataFrame:
    """Return the records that go, with the columns of `schema.DUPLICATES`; see `dedup.staying`.

    Args:
        pairs: `ALIKE`, stored.
        count: how many there are.
        folder: for derived tables; it must last as long as the result is in use.
        most: so many pairs the driver takes, to find by itself who stays.
    """
    spark = pairs.sparkSession
    if count <= most:
        return spark.createDataFrame(_on_driver(pairs.toArrow()), GONE)
    left, leaving = pairs.select("kept", "id").distinct(), list[DataFrame]()
    for number in range(1 << 62):
        left, counts = stage_table(spark, folder / f"undecided-{number}", partial(left.select, "*"))
        if counts["rows"] <= most:
            break
        # Nothing that is undecided comes before the sure ones: they stay, and what is like them goes.
        sure = left.join(left.select(F.col("id").alias("kept")), "kept", "left_anti")
        removed, _ = stage_table(spark, folder / f"gone-{number}", sure.select("id").distinct)
        leaving.append(removed)
        left = left.join(sure.select("kept").distinct(), "kept", "left_anti").join(removed, "id", "left_anti")
        left = left.join(removed.select(F.col("id").alias("kept")), "kept", "left_anti").select("kept", "id")
    table = left.withColumns({name: F.lit(1.0) for name in ("jaccard", "containment")}).toArrow()
    leaving.append(spark.createDataFrame(_on_driver(table), GONE).select("id"))
    ids, _ = stage_table(spark, folder / "gone", lambda: reduce(DataFrame.union, leaving))
    return _most_similar(pairs.join(ids, "id").join(ids.select(F.col("id").alias("kept")), "kept", "left_anti"))


def _most_similar(pairs: DataFrame) -> DataFrame:
    """Return the pair of each ``id`` with the record that is most like it, with the columns of `schema.DUPLICATES`."""
    best = F.min_by(F.struct("kept", "jaccard", "containment"), F.struct(-F.col("jaccard"), "kept"))
    return pairs.groupBy("id").agg(best.alias("best")).select("id", "best.*")


def _same_payload(rows: DataFrame, priorities: DataFrame | None) -> DataFrame:
    """Return the records that have the payload of one that stays, with the columns of `schema.DUPLICATES`."""
    hashed = rows.select("id", F.sha2("payload", 256).alias("hash"))
    hashed = hashed if priorities is None else hashed.join(priorities, "id")
    best = F.first("id").over(Window.partitionBy("hash").orderBy(*_order(priorities)))
    kept = hashed.select("id", best.alias("kept")).where("id != kept")
    return kept.withColumns({name: F.lit(1.0) for name in ("jaccard", "containment")})


def _texts(rows: DataFrame) -> DataFrame:
    """Return ``id``, ``number`` and ``text`` of records."""
    text = F.coalesce("compared", "payload") if "compared" in rows.columns else F.col("payload")
    return rows.select("id", F.xxhash64("id").alias("number"), text.alias("text"))


def _common(texts: DataFrame, near: Near, records: int) -> list[int]:
    """Return the shingles that do not count, of a sample that the ids decide."""
    least = near.least(min(records, SAMPLE))
    if records < least:
        return []
    sample = _sampled(texts, records).where("sampled").select("text")
    counts = sample.mapInArrow(sets, SHINGLES).groupBy("shingle").count()
    found: list[int] = counts.where(F.col("count") >= least).select("shingle").toArrow().column(0).to_pylist()
    return sorted(found)


def _sampled(texts: DataFrame, records: int) -> DataFrame:
    """Add ``sampled``: whether common shingles are counted in a record."""
    part = ceil(min(1.0, SAMPLE / records) * (1 << 64)) - (1 << 63)
    drawn = sampling.at_random("common shingles", 0) < F.lit(min(part, (1 << 63) - 1))
    return texts.withColumn("sampled", drawn)


def _around_hubs(signed: DataFrame, records: int) -> DataFrame:
    """Return the records around each hub, `AROUND`."""
    parts = min(MOST_PARTS, ceil(records / RECORDS_A_PART) + 1)
    entries = signed.select("number", "buckets").mapInArrow(Bucketing(parts).divide, ENTRIES)
    return entries.repartition(parts, "part").select("entries").mapInArrow(around_hubs, AROUND).distinct()


def _at_hubs(signed: DataFrame, around: DataFrame, count: int, order: list[Column]) -> DataFrame:
    """Return the sets at their hubs, in the order of who should stay, as `Comparison.compare` takes them."""
    rows = signed.drop("buckets").join(
        around.hint("shuffle_hash") if count > MANY_AROUND else F.broadcast(around), "number"
    )
    # A window's rows come in its order on every server; Sail drops a sort that only a task would notice.
    place = F.row_number().over(Window.partitionBy("hub").orderBy(*order))
    return rows.withColumn("place", place).select("hub", "place", "earlier", "id", "shingles")


def _order(priorities: DataFrame | None) -> list[Column]:
    """Return the order in which records rather stay; null and NaN are the lowest priorities."""
    highest = F.when(~F.isnan("priority"), F.col("priority")).desc_nulls_last()
    return [F.col("id")] if priorities is None else [highest, F.col("id")]


def _on_driver(pairs: pa.Table) -> pa.Table:
    """Return which records go and which stay in their place, with the columns of `schema.DUPLICATES`."""
    count = pairs.num_rows
    ids = pa.chunked_array([*pairs.column("kept").chunks, *pairs.column("id").chunks], pa.string())
    names = pc.unique(ids).sort()
    places = pc.index_in(ids, names).to_numpy().astype(np.int64)
    shares = [pairs.column(name).to_numpy() for name in ("jaccard", "containment")]
    found = near_duplicates.decided(Alike(places[:count], places[count:], *shares), len(names))
    columns = [names.take(pa.array(found.gone)), names.take(pa.array(found.kept)), found.jaccard, found.containment]
    return pa.table(columns, names=schema.DUPLICATES)
