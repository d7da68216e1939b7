"""The global stage on Spark: every record of a corpus scored in parallel, once.

What happens to a batch of rows on an executor is in `tasks.score`.
"""

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType, StructField, StructType

from zip_pipeline import schema
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.numbers import with_numbers
from zip_pipeline.tasks.numbers import PREFIX
from zip_pipeline.tasks.score import Batches, Scorer, with_column_names


def score(corpus: Corpus, scorer: Scorer) -> DataFrame:
    """Score a corpus: returns one row of `Scorer.schema` for each of its rows, with ``fingerprint``."""
    rows = with_numbers(corpus.rows, scorer.numbers)
    scored = _map_batches(rows, scorer.score_batches, schema.ddl(scorer.schema))
    return scored.withColumn("fingerprint", fingerprint())


def fingerprint() -> Column:
    """Return an 8-byte hash of a scored record, as a signed number; the hashes of all records identify a pool.

    Each column's hash is the seed of the next one's. So text that moves between columns changes the hash, and no
    source is not the same as an empty one. A record's numbers are no part of it: runs that weigh a pool differently
    choose from one pool.
    """
    return F.xxhash64("id", "source", "payload")


def numbers_mark(numbers: Sequence[str]) -> Column:
    """Return the same of a scored record's id and numbers, which decide what is selected, too."""
    return F.xxhash64("id", *numbers)


def with_ids(corpus: Corpus, scorer: Scorer) -> Corpus:
    """Return the corpus with `schema.ID` on every row; to get a hash as id, the records are rendered again."""
    if schema.ID in corpus.rows.columns:
        return corpus
    rows = corpus.rows.drop(schema.CORRUPT)
    fields = StructType([*rows.schema, StructField(schema.ID, StringType())])
    return replace(corpus, rows=_map_batches(rows, scorer.identify_batches, fields))


def usable(rows: DataFrame, scorer: Scorer) -> DataFrame:
    """Return the rows that can be used; they may have more columns than the corpus."""
    wide = with_numbers(rows, scorer.numbers)
    found = _map_batches(wide, scorer.usable_batches, wide.schema)
    return found.drop(*(PREFIX + name for name, _ in scorer.numbers.columns)) if scorer.numbers.columns else found


def _map_batches(rows: DataFrame, task: Batches, returns: StructType | str) -> DataFrame:
    """Call `DataFrame.mapInArrow` with columns of any name: PySpark fails on dots and backticks in names."""
    plain = rows.toDF(*[f"c{number}" for number in range(len(rows.columns))])
    return plain.mapInArrow(with_column_names(task, rows.columns), returns)
