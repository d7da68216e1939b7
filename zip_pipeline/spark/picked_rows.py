"""The full rows of records that were picked, or that were left over: every column of the input unchanged."""

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.tasks.score import Scorer


def table_of(spark: SparkSession, picks: Sequence[Pick]) -> DataFrame:
    """Return picks as a table with `schema.ID` and the columns of `schema.PICKED`, and with tokens if counted."""
    columns = {
        schema.ID: pa.array([pick.id for pick in picks], pa.string()),
        schema.RANK: pa.array([pick.rank for pick in picks], pa.int64()),
        schema.ROUND: pa.array([pick.round for pick in picks], pa.int64()),
        schema.RATIO: pa.array([pick.ratio for pick in picks], pa.float64()),
        schema.SET_RATIO: pa.array([pick.set_ratio for pick in picks], pa.float64()),
    }
    if picks and picks[0].tokens is not None:
        columns[schema.PICKED_TOKENS] = pa.array([pick.tokens for pick in picks], pa.int64())
    return spark.createDataFrame(pa.table(columns))


def join_back(corpus: Corpus, scorer: Scorer, picked: DataFrame, *, one_row_an_id: bool) -> DataFrame:
    """Return the picked rows in the order of picking, every column of the input unchanged; see `full_rows`."""
    rows = full_rows(corpus, scorer, F.broadcast(picked), one_row_an_id=one_row_an_id)
    added = [name for name in schema.MAY_BE_ADDED if name in picked.columns]
    return rows.select(*corpus.original_columns(), *added).orderBy(schema.RANK)


def full_rows(corpus: Corpus, scorer: Scorer, wanted: DataFrame, *, one_row_an_id: bool) -> DataFrame:
    """Return the rows of some records, with the columns of `wanted` in addition to the input's.

    Args:
        corpus: has the rows.
        scorer: reads the records of the corpus.
        wanted: has `schema.ID`, unique, and any other columns.
        one_row_an_id: whether scoring rejected no row. Else the row of an id is its first usable copy, as in scoring;
            to find it, the records are rendered once more.
    """
    rows = scoring.with_ids(corpus, scorer).rows.join(wanted, schema.ID)
    return rows if one_row_an_id else corpus.copies(scoring.usable(rows, scorer)).where(F.col(schema.COPY) == 1)


def remaining_rows(corpus: Corpus, scorer: Scorer, pool: ScoredPool, left_out: DataFrame) -> DataFrame:
    """Return the rows of a pool's usable records without some, every column of the input unchanged.

    Only rows whose id a rejected row has, too, are rendered again, to find the one that scoring used.

    Args:
        corpus: has the rows.
        scorer: reads the records of the corpus.
        pool: of the corpus.
        left_out: ``id`` of the records to leave out.
    """
    rows = scoring.with_ids(corpus, scorer).rows
    rows = rows.join(left_out.select(F.col("id").alias(schema.ID)), schema.ID, "left_anti")
    if pool.summary.rejected:
        rejected = pool.rejected().where("id is not null").select(F.col("id").alias(schema.ID)).distinct()
        doubtful = scoring.usable(rows.join(rejected, schema.ID, "left_semi"), scorer)
        used = corpus.copies(doubtful).where(F.col(schema.COPY) == 1).drop(schema.ROW, schema.COPY)
        rows = rows.where(F.col(schema.ID).isNotNull()).join(rejected, schema.ID, "left_anti").unionByName(used)
    return rows.select(*corpus.original_columns())
