"""The scored pool: the global stage runs once and writes Parquet; later stages sum up, sort and read that.

Nothing here collects the pool. The driver gets sums and counts.
"""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.selection.quotas import Unit
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.folders import file_name
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.stats.histogram import LENGTHS, RATIOS, SHAPE, Grid
from zip_pipeline.tasks.score import Scorer

MOST_REASONS, OTHER_REASONS = 20, "other reasons"
"""Reasons that are counted one by one, and the name of the rest: some reasons quote the record."""

MOST_SOURCES = 10_000
"""The driver holds a summary of each source, and the manifest shows it."""


@dataclass(frozen=True)
class SourceSummary:
    """The records of one source; sizes are in bytes, as in ``scores/``. Without a count of tokens `tokens` is None."""

    records: int
    raw_bytes: int
    compressed_bytes: int
    tokens: int | None = None

    def of(self, unit: Unit) -> int:
        """Return the amount in a unit."""
        return {"records": self.records, "bytes": self.raw_bytes, "tokens": self.tokens or 0}[unit]


@dataclass(frozen=True)
class Summary:
    """The numbers of a pool.

    Attributes:
        sources: a summary by source; the key None is for records without a source.
        rejected: how many records cannot be used, `duplicates` included.
        duplicates: how many records cannot be used because another one has their id.
        fingerprint: 16 hexadecimal digits; equal for the same set of (id, source, payload) in any layout.
        numbers: the same of (id, numbers), see `tasks.numbers`; empty where records carry none.
        reasons: how many are rejected for each reason, the commonest first; those beyond `MOST_REASONS` as one.
    """

    sources: dict[str | None, SourceSummary]
    rejected: int
    duplicates: int
    fingerprint: str
    numbers: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many records can be selected."""
        return sum(source.records for source in self.sources.values())

    @property
    def read(self) -> int:
        """How many rows the pool has: records, and those that are rejected."""
        return self.records + self.rejected

    def records_by_source(self) -> dict[str | None, int]:
        """Return how many records of each source can be selected."""
        return {name: source.records for name, source in self.sources.items()}

    @property
    def raw_bytes(self) -> int:
        """The bytes of the records that can be selected."""
        return sum(source.raw_bytes for source in self.sources.values())

    @property
    def tokens(self) -> int | None:
        """The tokens of the records that can be selected; None where they are not counted."""
        counts = [source.tokens for source in self.sources.values() if source.tokens is not None]
        return sum(counts) if counts else None


class ScoredPool:
    """The scores and payloads of a corpus, with one usable row an id.

    Args:
        scored: `schema.SCORED`, read from Parquet.
        repeats: the rows whose id another row has, with the columns of ``rejected/``; None where there are none.
        summary: the numbers of both.
    """

    def __init__(self, scored: DataFrame, repeats: DataFrame | None, summary: Summary) -> None:
        self._scored, self._repeats, self.summary = scored, repeats, summary
        self._usable = scored.where(F.col("reason").isNull())

    @classmethod
    def create(cls, corpus: Corpus, scorer: Scorer, folder: Location) -> "ScoredPool":
        """Run the global stage and write its result to a folder, or read it from there; see `stage_table`.

        Raises:
            UserError: when executors compress differently from the driver, or a file cannot be read.
            InputError: when no record can be used.
        """
        scored, counts = stage_table(
            corpus.rows.sparkSession,
            folder / "scored",
            lambda: scoring.score(corpus, scorer),
            rejected=F.count("reason"),
        )
        sources, repeated_ids, marks = _totals(scored, folder / "scored.totals")
        if not repeated_ids:
            pool = cls(scored, None, Summary(sources, counts["rejected"], 0, *marks))._with_reasons()
            if not sources:
                raise InputError(f"no record can be used: {pool.explain_rejected() or 'the pool is empty'}")
            return pool

        unique, repeats, duplicates = _one_row_an_id(corpus, scorer, scored, folder)
        sources, _, marks = _totals(unique, folder / "unique.totals")
        rejected = counts["rejected"] + duplicates
        return cls(unique, repeats, Summary(sources, rejected, duplicates, *marks))._with_reasons()

    def scores(self) -> DataFrame:
        """Return the table ``scores/``."""
        tokens = [schema.TOKENS] if schema.TOKENS in self._usable.columns else []
        return self._usable.select(*schema.SCORES, *tokens)

    def rejected(self) -> DataFrame:
        """Return the table ``rejected/``."""
        if self._repeats is None:
            return rejected_of(self._scored)
        return rejected_of(self._scored.select(*schema.REJECTED).unionByName(self._repeats))

    def require_usable(self, on_bad_record: str) -> None:
        """Refuse a pool of which some records cannot be used, where the config says ``fail``.

        Raises:
            InputError: says how many they are and why.
        """
        if self.summary.rejected and on_bad_record == "fail":
            raise InputError(f"{self.summary.rejected:,} records cannot be used: {self.explain_rejected()}")

    def explain_rejected(self, most: int = 3) -> str:
        """Return the commonest reasons with their counts, in one line."""
        reasons = [*self.summary.reasons.items()][:most]
        return "; ".join(f"{count:,} x {reason}" for reason, count in reasons)

    def _with_reasons(self) -> "ScoredPool":
        """Return the same pool with the reasons why records are rejected in its summary."""
        if not self.summary.rejected:
            return self
        counts = self.rejected().groupBy("reason").count().orderBy(F.desc("count"), "reason").limit(MOST_REASONS)
        reasons = {row["reason"]: row["count"] for row in counts.collect()}
        if others := self.summary.rejected - sum(reasons.values()):
            reasons[OTHER_REASONS] = others
        return ScoredPool(self._scored, self._repeats, replace(self.summary, reasons=reasons))

    def records(self) -> DataFrame:
        """Return the records that can be used, with the columns of `schema.SCORED`."""
        return self._usable


def rejected_of(scored: DataFrame, *more: str) -> DataFrame:
    """Return the rows that cannot be used, with the columns of ``rejected/``; files are named as people name them.

    Args:
        scored: has the columns of ``rejected/``.
        more: columns to return before those.
    """
    rejected = scored.where(F.col("reason").isNotNull()).select(*more, *schema.REJECTED)
    return rejected.withColumn("file", file_name(F.col("file")))


def _one_row_an_id(
    corpus: Corpus, scorer: Scorer, scored: DataFrame, folder: Location
) -> tuple[DataFrame, DataFrame, int]:
    """Reject all but the first usable row of each id; "first" depends on the rows' content alone.

    Returns:
        The scored pool with one usable row an id; the rejected rows, with the columns of ``rejected/``; their number.
    """
    spark = corpus.rows.sparkSession
    usable = scored.where(F.col("reason").isNull())
    shared_ids = usable.groupBy(F.col("id").alias(schema.ID)).count().where("count > 1").select(schema.ID)
    repeated, _ = stage_table(spark, folder / "repeated", lambda: shared_ids)
    identified = scoring.with_ids(corpus, scorer)
    same_id = scoring.usable(identified.rows.join(repeated, schema.ID, "left_semi"), scorer)
    copies = identified.copies(same_id)
    first = replace(identified, rows=copies.where(F.col(schema.COPY) == 1).drop(schema.ROW, schema.COPY))
    what = "the id" if corpus.id_column is not None else "the same text"
    reason = F.concat(F.lit(f"{what} stands more than once: copy "), F.col(schema.COPY))
    columns = {"id": F.col(schema.ID), "reason": reason, "row": F.col(schema.ROW)}
    for name, place, kind in (("file", schema.FILE, "string"), ("line", schema.LINE, "bigint")):
        columns[name] = F.col(place) if place in copies.columns else F.lit(None).cast(kind)
    others = copies.where(F.col(schema.COPY) > 1).select(*[value.alias(name) for name, value in columns.items()])
    repeats, counts = stage_table(spark, folder / "repeats", lambda: others)
    once = usable.join(repeated.withColumnRenamed(schema.ID, "id"), "id", "left_anti").select(*scored.columns)
    rescored, _ = stage_table(spark, folder / "rescored", lambda: scoring.score(first, scorer))
    unique = scored.where(F.col("reason").isNotNull()).unionByName(once).unionByName(rescored)
    return unique, repeats, counts["rows"]


def _totals(scored: DataFrame, target: Location) -> tuple[dict[str | None, SourceSummary], int, tuple[str, str]]:
    """Return the usable records by source, about how many ids are on more than one row, and `Summary`'s two marks.

    No id is so if the number is 0: ids are compared by their hashes. The sums hold only then, as one of an id's rows
    gives the source of all.
    """
    usable = scored.where(F.col("reason").isNull())
    sizes = [F.sum("raw_bytes").alias("raw_bytes"), F.sum("compressed_bytes").alias("compressed_bytes")]
    if schema.TOKENS in scored.columns:
        sizes.append(F.sum(schema.TOKENS).alias(schema.TOKENS))
    marks = [F.bit_xor("fingerprint").alias("fingerprint")]
    if numbers := [name for name in scored.columns if name not in (*schema.SCORED.names, "fingerprint")]:
        marks.append(F.bit_xor(scoring.numbers_mark(numbers)).alias("numbers"))
    sums = usable.groupBy("source").agg(F.count("*").alias("records"), *sizes, *marks)
    repeated = usable.groupBy(F.xxhash64("id")).count().agg(F.count_if(F.col("count") > 1).alias("repeated"))
    found = sums.limit(MOST_SOURCES + 1).crossJoin(repeated)
    rows = stage_fact(target, lambda: [row.asDict() for row in found.collect()])
    if len(rows) > MOST_SOURCES:
        raise InputError(
            f"the column of sources has more than {MOST_SOURCES:,} values, as addresses would; "
            "name another one with input.columns.source, or null for none"
        )
    rows.sort(key=lambda row: (row["source"] is not None, row["source"]))
    keys = [name for name in ("records", "raw_bytes", "compressed_bytes", schema.TOKENS) if rows and name in rows[0]]
    sources = {row["source"]: SourceSummary(*(row[key] for key in keys)) for row in rows}
    whole = [
        functools.reduce(operator.xor, (row.get(name, 0) for row in rows), 0) for name in ("fingerprint", "numbers")
    ]
    fingerprint, of_numbers = (f"{mark % 2**64:016x}" for mark in whole)
    return sources, rows[0]["repeated"] if rows else 0, (fingerprint, of_numbers if numbers else "")


def histogram(scores: DataFrame) -> Grid:
    """Count records by length and ratio, as `stats.histogram.count` does on the driver.

    Args:
        scores: ``raw_bytes`` and ``ratio``.

    Returns:
        Counts, shape `stats.histogram.SHAPE`.
    """
    bins = scores.select(_bin("raw_bytes", LENGTHS).alias("length"), _bin("ratio", RATIOS).alias("ratio"))
    counts = np.zeros(SHAPE, np.int64)
    for length, ratio, records in bins.groupBy("length", "ratio").count().collect():
        counts[length, ratio] = records
    return counts


def _bin(column: str, edges: npt.NDArray[np.float64]) -> Column:
    """Return the number of the bin that a value is in.

    The logarithm gives that bin or, by rounding, a neighbour; a comparison with the bin's own edges decides. Comparing
    with all edges would make an expression too long for Java to compile.
    """
    value, last = F.col(column), len(edges) - 2
    steps = F.log2(value / float(edges[0])) / float(np.log2(edges[1] / edges[0]))
    guess = F.least(F.greatest(F.coalesce(F.floor(steps), F.lit(0)), F.lit(0)), F.lit(last)).cast("int")
    table = F.lit(edges)
    above = (value >= F.get(table, guess + 1)) & (guess < last)
    below = (value < F.get(table, guess)) & (guess > 0)
    return guess + above.cast("int") - below.cast("int")
