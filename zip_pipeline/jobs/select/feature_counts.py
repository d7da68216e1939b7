"""The features of a pool and of targets, counted on Spark.

What happens to a batch of records on an executor is in `tasks.coverage`.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.selection.features import Counts
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import read_batches, stage_table
from zip_pipeline.tasks.coverage import COUNTED, FeatureCounter
from zip_pipeline.tasks.score import Scorer


@dataclass(frozen=True)
class FeatureCounts:
    """How often records have the features of each bucket; both have the shape (2**bits,).

    Attributes:
        amounts: counts, each times the factor of its source.
        records: how many records have one of them.
    """

    amounts: Counts
    records: Counts


@dataclass(frozen=True)
class TargetRecords:
    """The records of a target.

    Attributes:
        rows: `schema.SCORED`, usable ones only.
        records: how many rows there are.
        rejected: how many cannot be used.
        raw_bytes: of the rows.
        fingerprint: of the rows, 16 hexadecimal digits; see `scoring.fingerprint`.
    """

    rows: DataFrame
    records: int
    rejected: int
    raw_bytes: int
    fingerprint: str


def read_target(name: str, corpus: Corpus, scorer: Scorer, folder: Location, *, all_usable: bool) -> TargetRecords:
    """Read the records of a target once, and store them.

    Args:
        name: of the target, for messages.
        corpus: the target.
        scorer: of its records.
        folder: for the table.
        all_usable: whether a record that cannot be used stops the run.

    Raises:
        InputError: when none of its records can be used, or one cannot be used that has to be.
    """
    aggregates = {
        "rejected": F.count("reason"),
        "raw_bytes": F.sum("raw_bytes"),
        "mark": F.bit_xor(F.when(F.col("reason").isNull(), F.col("fingerprint"))),
    }
    make = partial(scoring.score, corpus, scorer)
    table, counts = stage_table(corpus.rows.sparkSession, folder, make, **aggregates)
    records = counts["rows"] - counts["rejected"]
    if not records:
        raise InputError(f"select.target {name}: none of its records can be used")
    if counts["rejected"] and all_usable:
        raise InputError(f"select.target {name}: {counts['rejected']:,} of its records cannot be used")
    rows = table.where("reason is null")
    return TargetRecords(rows, records, counts["rejected"], counts["raw_bytes"], f"{counts['mark'] % 2**64:016x}")


def count_features(rows: DataFrame, counter: FeatureCounter, folder: Location) -> FeatureCounts:
    """Sum up the features of records.

    Args:
        rows: ``source`` and ``payload``.
        counter: counts them on executors.
        folder: for the table of counts.
    """
    parts = rows.select("source", "payload").mapInArrow(counter.count_batches, schema.ddl(COUNTED))
    sums = parts.groupBy("bucket").agg(F.sum("amount").alias("amount"), F.sum("records").alias("records"))
    stage_table(rows.sparkSession, folder, lambda: sums)
    counts = FeatureCounts(np.zeros(1 << counter.bits, np.int64), np.zeros(1 << counter.bits, np.int64))
    for batch in read_batches(folder):
        buckets = batch.column("bucket").to_numpy()
        counts.amounts[buckets] = batch.column("amount").to_numpy()
        counts.records[buckets] = batch.column("records").to_numpy()
    return counts
