"""The scored pool: written once as Parquet, then summed up, sorted and read from there.

Nothing here runs the global stage a second time, and nothing collects the pool: what the driver draws, it
draws from sorted files as far as it needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.core.frontier import SortedRecord
from zip_pipeline.errors import InputError, OutputError
from zip_pipeline.lake import scoring
from zip_pipeline.lake.corpus import Corpus
from zip_pipeline.lake.failures import users_share
from zip_pipeline.lake.scoring import Scorer
from zip_pipeline.lake.storage import Location

MOST_ROWS, BATCH_BYTES = 4096, 1 << 25
"""How many records, and about how many bytes of them, the driver reads at once."""


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
    """A corpus's scores and payloads, which lie in a folder; of each id one row.

    Args:
        scored: `schema.SCORED`, read from Parquet.
        repeats: the rows that were set aside as their id stands more than once, as ``rejected/`` has them; or None.
        folder: for what is derived from them.
    """

    def __init__(self, scored: DataFrame, repeats: DataFrame | None, folder: Location) -> None:
        self._scored, self._repeats, self._folder = scored, repeats, folder
        self._usable = scored.where(F.col("reason").isNull())

    @classmethod
    def create(cls, corpus: Corpus, scorer: Scorer, folder: Location) -> "ScoredPool":
        """Run the global stage and keep its result in `folder`.

        Raises:
            UserError: when executors compress otherwise than the driver, or a file cannot be read.
        """
        spark = corpus.rows.sparkSession

        def written(frame: DataFrame, name: str) -> DataFrame:
            written_rows = Observation()
            try:
                counted = frame.observe(written_rows, F.count(F.lit(1)).alias("rows"))
                counted.write.parquet((folder / name).uri)
            except Exception as error:
                raise users_share(error) or error from error
            found = spark.read.schema(frame.schema).parquet((folder / name).uri)
            if found.count() != written_rows.get["rows"]:
                raise OutputError(f"{folder.uri}: driver and executors must share it; give a path that all reach")
            return found

        scored = written(scoring.score(corpus, scorer), "scored")
        usable = scored.where(F.col("reason").isNull())
        counts = usable.groupBy(F.col("id").alias(schema.ID)).count()
        repeated = written(counts.where("count > 1").select(schema.ID), "repeated")
        if repeated.isEmpty():
            return cls(scored, None, folder)

        identified = scoring.with_ids(corpus, scorer)
        standing = scoring.usable(identified.rows.join(repeated, schema.ID, "left_semi"), scorer)
        copies = identified.copies(standing)
        first = replace(identified, rows=copies.where(F.col(schema.COPY) == 1).drop(schema.ROW, schema.COPY))
        reason = F.concat(F.lit("the id stands more than once: copy "), F.col(schema.COPY))
        others = copies.where(F.col(schema.COPY) > 1).select(
            F.col(schema.ID).alias("id"), reason.alias("reason"), F.col(schema.ROW).alias("row")
        )
        once = usable.join(repeated.withColumnRenamed(schema.ID, "id"), "id", "left_anti").select(*scored.columns)
        unusable = scored.where(F.col("reason").isNotNull())
        rescored = written(scoring.score(first, scorer), "rescored")
        return cls(unusable.unionByName(once).unionByName(rescored), written(others, "repeats"), folder)

    def scores(self) -> DataFrame:
        """Return ``scores/``."""
        return self._usable.select(*schema.SCORES)

    def records(self) -> DataFrame:
        """Return ``id``, ``source``, ``raw_bytes`` and ``payload`` of every usable record."""
        return self._usable.select("id", "source", "raw_bytes", "payload")

    def rejected(self) -> DataFrame:
        """Return ``rejected/``."""
        rejected = self._scored.where(F.col("reason").isNotNull()).select(*schema.REJECTED)
        return rejected if self._repeats is None else rejected.unionByName(self._repeats)

    def summary(self) -> Summary:
        """Sum up the pool.

        Raises:
            InputError: when no record can be used, with the commonest reasons.
        """
        rows = (
            self._usable.groupBy("source")
            .agg(
                F.count("*").alias("records"),
                F.sum("raw_bytes").alias("raw_bytes"),
                F.sum("compressed_bytes").alias("compressed_bytes"),
                F.sum(F.col("fingerprint").cast("decimal(38,0)")).alias("fingerprint"),
            )
            .collect()
        )
        rejected = self.rejected().count()
        duplicates = 0 if self._repeats is None else self._repeats.count()
        if not rows:
            raise InputError(f"no record can be used: {self.explain_rejected() or 'the pool is empty'}")
        rows.sort(key=lambda row: (row["source"] is not None, row["source"]))
        sources = {
            row["source"]: SourceSummary(row["records"], row["raw_bytes"], row["compressed_bytes"]) for row in rows
        }
        return Summary(sources, rejected, duplicates, f"{sum(int(row['fingerprint']) for row in rows) % 2**64:016x}")

    def explain_rejected(self, most: int = 3) -> str:
        """Return the commonest reasons with their counts, in one line."""
        counts = self.rejected().groupBy("reason").count().orderBy(F.desc("count"), "reason").limit(most).collect()
        return "; ".join(f"{row['count']:,} x {row['reason']}" for row in counts)

    def by_ratio(self) -> Iterator[SortedRecord]:
        """Return the records in ascending (ratio, id), read as they are asked for."""
        return self._stream("by_ratio", self._usable, F.col("ratio"))

    def at_random(self, count: int) -> Iterator[bytes]:
        """Return the payloads of `count` random records: those with the lowest hash of their id."""
        order = F.xxhash64("id")
        ids = self._usable.select("id").orderBy(order, "id").limit(count)  # the payloads would not fit one task
        chosen = self._usable.join(ids, "id", "left_semi")
        return (payload for _, _, payload in self._stream("at_random", chosen, order))

    def _stream(self, name: str, rows: DataFrame, order: Column) -> Iterator[SortedRecord]:
        """Write records ordered by (order, id), and read them back in that order."""
        target = self._folder / name
        rows.select("ratio", "id", "payload").orderBy(order, "id").write.parquet(target.uri)
        for file in target.children():  # Spark numbers the parts of a sorted table in its order
            if file.name.endswith(".parquet"):
                yield from _records(file)


def _records(file: Location) -> Iterator[SortedRecord]:
    with file.filesystem.open_input_file(file.path) as stream:
        parquet = pq.ParquetFile(stream)
        groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
        widest = max((group.total_byte_size / group.num_rows for group in groups), default=1)
        for batch in parquet.iter_batches(int(min(MOST_ROWS, 1 + BATCH_BYTES / widest))):
            yield from zip(*(batch.column(name).to_pylist() for name in ("ratio", "id", "payload")), strict=True)
