"""Contamination: which share of its passages a record has in common with other records.

A passage is a run of `dedup.shingles.PASSAGE` words.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.dedup.shingles import PASSAGE, shingles

MOST_SHARED = 0.1
"""Share of its passages up to which a held-out record counts as new."""


def shared(rows: DataFrame, others: DataFrame) -> DataFrame:
    """Return the share of each record's passages that other records contain: ``id``, ``shared`` (0 to 1).

    Args:
        rows: ``id`` and ``payload``.
        others: ``payload``; none of `rows`.
    """
    passages = _passages(rows)
    distinct = passages.select("passage").distinct()
    # The others are many: before Spark sorts and joins their passages, it drops those that no record has.
    common = _passages(others).join(distinct, "passage", "left_semi").select("passage").distinct()
    marked = passages.join(common.withColumn("common", F.lit(1.0)), "passage", "left")
    return marked.groupBy("id").agg(F.avg(F.coalesce("common", F.lit(0.0))).alias("shared"))


def _passages(rows: DataFrame) -> DataFrame:
    """Return the passages of each record, repeats included: ``passage``, and ``id`` where `rows` has it."""
    names = [name for name in ("id",) if name in rows.columns]
    fields = ", ".join([*[f"{name} string" for name in names], "passage bigint"])

    def batches_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            runs = shingles(batch.column("payload").to_pylist(), PASSAGE)
            row = pa.array(np.repeat(np.arange(batch.num_rows), np.diff(runs.offsets)))
            columns = {name: batch.column(name).take(row) for name in names}
            yield pa.record_batch({**columns, "passage": pa.array(runs.hashes.view(np.int64))})

    return rows.select(*names, "payload").mapInArrow(batches_of, fields)
