"""Contamination: records that share passages with benchmarks, and the share that records have in common with others.

Where a benchmark is looked for, it says how many tokens its passages have; else a passage is a run of
`dedup.shingles.PASSAGE` tokens.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.spark.benchmarks import Benchmarks
from zip_pipeline.tasks.passages import FOUND
from zip_pipeline.tasks.passages import passages as passages_of

MOST_SHARED = 0.1
"""Share of its passages up to which a held-out record counts as new."""

BEST = ("item", "passages", "share")
"""Columns that say which item of a benchmark a record has most of."""


def shared(rows: DataFrame, others: DataFrame) -> DataFrame:
    """Return the share of each record's passages that other records contain: ``id``, ``shared`` (0 to 1).

    Args:
        rows: ``id`` and ``payload``.
        others: ``payload``; none of `rows`.
    """
    passages = rows.select("id", "payload").mapInArrow(passages_of, "id string, passage bigint")
    distinct = passages.select("passage").distinct()
    # The others are many: before Spark sorts and joins their passages, it drops those that no record has.
    common = others.select("payload").mapInArrow(passages_of, "passage bigint")
    common = common.join(distinct, "passage", "left_semi").select("passage").distinct()
    marked = passages.join(common.withColumn("common", F.lit(1.0)), "passage", "left")
    return marked.groupBy("id").agg(F.avg(F.coalesce("common", F.lit(0.0))).alias("shared"))


def contaminated_by(rows: DataFrame, benchmarks: Benchmarks, least: float = 0.0) -> DataFrame:
    """Return the records that have a passage of a benchmark: the columns of `schema.CONTAMINATED`.

    A row is a record and a benchmark, with the item of which the record has the most passages. Among such items it is
    the one of which the record has the largest share, then the one of the lowest id.

    Args:
        rows: ``id`` and ``payload``. They are read once.
        benchmarks: what to look for.
        least: share of an item's passages that a record has at least.
    """
    found = rows.select("id", "payload").mapInArrow(benchmarks.finder.find_batches, schema.ddl(FOUND))
    items = found.join(benchmarks.passages, "passage").groupBy("id", "benchmark", "number", "item", "of")
    shared = items.agg(F.count(F.lit(1)).alias("passages")).withColumn("share", F.col("passages") / F.col("of"))
    shared = shared.where(F.col("share") >= least)
    best = F.min(F.struct(-F.col("passages"), -F.col("share"), "item", "number", "passages", "share")).alias("best")
    return shared.groupBy("id", "benchmark").agg(best).select("id", "benchmark", *(f"best.{name}" for name in BEST))
