"""Contamination: which share of its passages a record has in common with other records.

A passage is a run of `dedup.shingles.PASSAGE` tokens.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.tasks.passages import passages as passages_of

MOST_SHARED = 0.1
"""Share of its passages up to which a held-out record counts as new."""


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
