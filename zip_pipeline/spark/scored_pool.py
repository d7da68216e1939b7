"""The scored pool: written once as Parquet, then summed up, sorted and read from there.

Nothing here runs the global stage a second time, and nothing collects the pool: what the driver draws, it
draws from sorted files as far as it needs.
"""

import functools
import operator
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.scoring import Scorer

MOST_SOURCES = 10_000
"""The driver holds what is found of each, and the manifest shows it."""


@dataclass(frozen=True)
class SourceSummary:
    """What the pool holds of one source; sizes as in ``scores/``."""

    records: int
    raw_bytes: int
    compressed_bytes: int


@dataclass(frozen=True)
class Summary:
    """What the pool holds.

    Attributes:
        sources: by source; None where a record has none.
        rejected: records that cannot be used, duplicates among them.
        duplicates: records set aside as another one has their id.
        fingerprint: 16 hexadecimal digits; equal for the same set of (id, source, payload) in any layout.
    """

    sources: dict[str | None, SourceSummary]
    rejected: int
    duplicates: int
    fingerprint: str

    @property
    def records(self) -> int:
        """Records that can be selected."""
        return sum(source.records for source in self.sources.values())

    @property
    def raw_bytes(self) -> int:
        """Their bytes."""
        return sum(source.raw_bytes for source in self.sources.values())


class ScoredPool:
    """A corpus's scores and payloads; of each id one row.

    Args:
        scored: `schema.SCORED`, read from Parquet.
        repeats: the rows that were set aside as their id stands more than once, as ``rejected/`` has them; or None.
        summary: of it all.
    """

    def __init__(self, scored: DataFrame, repeats: DataFrame | None, summary: Summary) -> None:
        self._scored, self._repeats, self.summary = scored, repeats, summary
        self._usable = scored.where(F.col("reason").isNull())

    @classmethod
    def create(cls, corpus: Corpus, scorer: Scorer, folder: Location) -> "ScoredPool":
        """Run the global stage and keep its result in `folder`, or find it there; see `parquet_tables`.

        Raises:
            UserError: when executors compress otherwise than the driver, or a file cannot be read.
            InputError: when no record can be used.
        """
        spark = corpus.rows.sparkSession
        scored, counts = stage_table(
            spark, folder / "scored", lambda: scoring.score(corpus, scorer), rejected=F.count("reason")
        )
        sources, repeated_ids, fingerprint = _totals(scored, folder / "scored.totals")
        if not repeated_ids:
            pool = cls(scored, None, Summary(sources, counts["rejected"], 0, fingerprint))
            if not sources:
                raise InputError(f"no record can be used: {pool.explain_rejected() or 'the pool is empty'}")
            return pool

        usable = scored.where(F.col("reason").isNull())
        copied = usable.groupBy(F.col("id").alias(schema.ID)).count().where("count > 1").select(schema.ID)
        repeated, _ = stage_table(spark, folder / "repeated", lambda: copied)
        identified = scoring.with_ids(corpus, scorer)
        standing = scoring.usable(identified.rows.join(repeated, schema.ID, "left_semi"), scorer)
        copies = identified.copies(standing)
        first = replace(identified, rows=copies.where(F.col(schema.COPY) == 1).drop(schema.ROW, schema.COPY))
        reason = F.concat(F.lit("the id stands more than once: copy "), F.col(schema.COPY))
        others = copies.where(F.col(schema.COPY) > 1).select(
            F.col(schema.ID).alias("id"), reason.alias("reason"), F.col(schema.ROW).alias("row")
        )
        repeats, set_aside = stage_table(spark, folder / "repeats", lambda: others)
        once = usable.join(repeated.withColumnRenamed(schema.ID, "id"), "id", "left_anti").select(*scored.columns)
        rescored, _ = stage_table(spark, folder / "rescored", lambda: scoring.score(first, scorer))
        unique = scored.where(F.col("reason").isNotNull()).unionByName(once).unionByName(rescored)
        sources, _, fingerprint = _totals(unique, folder / "unique.totals")
        rejected = counts["rejected"] + set_aside["rows"]
        return cls(unique, repeats, Summary(sources, rejected, set_aside["rows"], fingerprint))

    def scores(self) -> DataFrame:
        """Return ``scores/``."""
        return self._usable.select(*schema.SCORES)

    def rejected(self) -> DataFrame:
        """Return ``rejected/``."""
        rejected = self._scored.where(F.col("reason").isNotNull()).select(*schema.REJECTED)
        return rejected if self._repeats is None else rejected.unionByName(self._repeats)

    def explain_rejected(self, most: int = 3) -> str:
        """Return the commonest reasons with their counts, in one line."""
        counts = self.rejected().groupBy("reason").count().orderBy(F.desc("count"), "reason").limit(most).collect()
        return "; ".join(f"{row['count']:,} x {row['reason']}" for row in counts)

    def records(self) -> DataFrame:
        """Return `schema.SCORED` of the records that can be used."""
        return self._usable


def _totals(scored: DataFrame, target: Location) -> tuple[dict[str | None, SourceSummary], int, str]:
    """Return what the usable records are by source, how many ids stand more than once, and the fingerprint.

    The sums are meant for a pool whose ids are unique: of an id's copies one gives its source. They are kept.
    """
    sizes = [F.sum("raw_bytes").alias("raw_bytes"), F.sum("compressed_bytes").alias("compressed_bytes")]
    mark = F.bit_xor("fingerprint").alias("fingerprint")
    by_id = (
        scored.where(F.col("reason").isNull())
        .groupBy("id")
        .agg(F.count("*").alias("copies"), F.first("source").alias("source"), *sizes, mark)
    )
    repeated = F.count_if(F.col("copies") > 1).alias("repeated")
    sums = by_id.groupBy("source").agg(F.count("*").alias("records"), *sizes, mark, repeated)
    rows = stage_fact(target, lambda: [row.asDict() for row in sums.limit(MOST_SOURCES + 1).collect()])
    if len(rows) > MOST_SOURCES:
        raise InputError(
            f"the column of sources has more than {MOST_SOURCES:,} values, as addresses would; "
            "name another one with input.columns.source, or null for none"
        )
    rows.sort(key=lambda row: (row["source"] is not None, row["source"]))
    sources = {row["source"]: SourceSummary(row["records"], row["raw_bytes"], row["compressed_bytes"]) for row in rows}
    fingerprint = functools.reduce(operator.xor, (row["fingerprint"] for row in rows), 0)
    return sources, sum(row["repeated"] for row in rows), f"{fingerprint % 2**64:016x}"
