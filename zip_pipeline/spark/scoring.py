"""The global stage on Spark: every record of a corpus scored in parallel, once.

What happens to a batch of rows on an executor is in `tasks.score`.
"""

from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType, StructField, StructType

from zip_pipeline import schema
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.tasks.score import Batches, Scorer, with_column_names


def score(corpus: Corpus, scorer: Scorer) -> DataFrame:
    """Score a corpus: returns one row of `schema.SCORED` for each of its rows, with a column ``fingerprint``."""
    scored = _map_batches(corpus.rows, scorer.score_batches, schema.ddl(schema.SCORED))
    return scored.withColumn("fingerprint", fingerprint())


def fingerprint() -> Column:
    """Return an 8-byte hash of a scored record, as a signed number; the hashes of all records identify a pool.

    Each column's hash is the seed of the next one's. So text that moves between columns changes the hash, and no
    source is not the same as an empty one.
    """
    return F.xxhash64("id", "source", "payload")


def with_ids(corpus: Corpus, scorer: Scorer) -> Corpus:
    """Return the corpus with `schema.ID` on every row; to get a hash as id, the records are rendered again."""
    if schema.ID in corpus.rows.columns:
        return corpus
    rows = corpus.rows.drop(schema.CORRUPT)
    fields = StructType([*rows.schema, StructField(schema.ID, StringType())])
    return replace(corpus, rows=_map_batches(rows, scorer.identify_batches, fields))


def usable(rows: DataFrame, scorer: Scorer) -> DataFrame:
    """Return the rows that can be used; they may have more columns than the corpus."""
    return _map_batches(rows, scorer.usable_batches, rows.schema)


def _map_batches(rows: DataFrame, task: Batches, returns: StructType | str) -> DataFrame:
    """Call `DataFrame.mapInArrow` with columns of any name: PySpark fails on dots and backticks in names."""
    plain = rows.toDF(*[f"c{number}" for number in range(len(rows.columns))])
    return plain.mapInArrow(with_column_names(task, rows.columns), returns)
