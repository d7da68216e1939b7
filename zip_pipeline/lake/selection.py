"""The selection: picks joined back to the full rows that they came from."""

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.core.greedy import Pick
from zip_pipeline.lake import scoring
from zip_pipeline.lake.corpus import Corpus
from zip_pipeline.lake.pool import SourceSummary
from zip_pipeline.lake.scoring import Scorer


def table_of(spark: SparkSession, picks: Sequence[Pick]) -> DataFrame:
    """Return picks as a table: `schema.ID` and the columns of `schema.PICKED`."""
    columns = {
        schema.ID: pa.array([pick.id for pick in picks], pa.string()),
        schema.RANK: pa.array([pick.rank for pick in picks], pa.int64()),
        schema.ROUND: pa.array([pick.round for pick in picks], pa.int64()),
        schema.RATIO: pa.array([pick.ratio for pick in picks], pa.float64()),
        schema.SET_RATIO: pa.array([pick.set_ratio for pick in picks], pa.float64()),
    }
    return spark.createDataFrame(pa.table(columns))


def join_back(corpus: Corpus, scorer: Scorer, picked: DataFrame) -> DataFrame:
    """Return the picked rows, every column of the input unchanged, in order of picking."""
    rows = full_rows(corpus, scorer, F.broadcast(picked))
    return rows.select(*corpus.original_columns(), *schema.PICKED).orderBy(schema.RANK)


def full_rows(corpus: Corpus, scorer: Scorer, wanted: DataFrame) -> DataFrame:
    """Return the rows of some records, with the columns of `wanted` beside the input's.

    Where an id stands more than once, its first copy is the row, as in scoring.

    Args:
        corpus: to take them from.
        scorer: of the corpus.
        wanted: with `schema.ID`, each once.
    """
    rows = scoring.with_ids(corpus, scorer).rows.join(wanted, schema.ID)
    return corpus.copies(scoring.usable(rows, scorer)).where(F.col(schema.COPY) == 1)


def per_source(scores: DataFrame, picked: DataFrame) -> dict[str | None, SourceSummary]:
    """Return what was picked of each source."""
    rows = (
        scores.join(F.broadcast(picked), scores["id"] == picked[schema.ID])
        .groupBy("source")
        .agg(F.count("*"), F.sum("raw_bytes"), F.sum("compressed_bytes"))
        .collect()
    )
    return {
        source: SourceSummary(records, raw, compressed)
        for source, records, raw, compressed in sorted(rows, key=lambda row: (row[0] is not None, row[0]))
    }
