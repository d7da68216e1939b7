"""The pool that is measured, and larger ones made from it."""

import functools
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.config import Input
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.session import open_session

PARTS = 16
"""Files of a grown pool."""

WORDS_KEPT = 8
"""Of so many words one is replaced."""


class Pool:
    """A pool rendered once to (id, text, source), as Parquet, and grown to any size.

    Args:
        path: what `select` reads.
        folder: for the rendered pool, the grown ones and the outputs.
    """

    def __init__(self, path: str, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "pool.parquet"
        corpus = open_corpus(self.spark, Input(path=path))
        scored = scoring.score(corpus, corpus.scorer("content", ZlibCodec(1)))
        texts = scored.where("reason is null").select("id", F.col("payload").cast("string").alias("text"), "source")
        texts.write.parquet(str(self.path))
        self.records = sum(len(column) for column in self._table(["id"]).columns)

    @property
    def spark(self) -> SparkSession:
        """The session, a local one."""
        return open_session("zip_pipeline bench")

    def payloads(self, path: Path | None = None) -> list[bytes]:
        """Return all payloads of the pool, or of one grown from it, in random order."""
        table = pq.read_table(path or self.path, columns=["text"])
        texts = [text.encode() for text in table.column("text").to_pylist()]
        random.Random(1).shuffle(texts)
        return texts

    @functools.cache  # noqa: B019 - one pool lives as long as the program
    def grown(self, records: int, least_bytes: int = 0) -> Path:
        """Return a pool of so many records: those of the pool, and copies with one word in eight replaced.

        Args:
            records: how many.
            least_bytes: shorter records of the pool are left out.
        """
        path = self.folder / f"pool-{records}-{least_bytes}.parquet"
        rows = self.spark.read.parquet(str(self.path)).where(F.octet_length("text") >= least_bytes)
        base = rows.count()
        copies = F.explode(F.sequence(F.lit(0), F.lit(-(-records // base) - 1)))
        place = F.row_number().over(Window.orderBy("id")) - 1
        numbered = rows.withColumn("place", place).repartition(PARTS).withColumn("copy", copies)
        wanted = numbered.where(F.col("copy").cast("bigint") * base + F.col("place") < records)
        words = sorted(
            {word for text in self._table(["text"]).column("text").to_pylist()[:2000] for word in text.split()}
        )
        perturbed(wanted, words).write.parquet(str(path))
        return path

    def _table(self, columns: list[str]) -> pa.Table:
        return pq.read_table(self.path, columns=columns)


def perturbed(rows: DataFrame, words: list[str]) -> DataFrame:
    """Return the rows (id, text, source, copy), every copy but number 0 with other words and an id of its own."""

    def change(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = [batch.column(name).to_pylist() for name in ("id", "text", "copy")]
            ids, texts = zip(*[variant(*record, words) for record in zip(*columns, strict=True)], strict=True)
            yield pa.RecordBatch.from_arrays(
                [pa.array(ids), pa.array(texts), batch.column("source")], names=["id", "text", "source"]
            )

    return rows.select("id", "text", "source", "copy").mapInArrow(change, "id string, text string, source string")


def variant(record_id: str, text: str, copy: int, words: list[str]) -> tuple[str, str]:
    """Return copy number `copy` of a record: its id and text.

    >>> variant("a", "one two", 0, ["x"])
    ('a', 'one two')
    >>> variant("a", "one two", 1, ["x"])
    ('a-1', 'one x')
    """
    if copy == 0:
        return record_id, text
    rng, parts = random.Random(f"{record_id}-{copy}"), text.split(" ")
    for _ in range(1 + len(parts) // WORDS_KEPT):
        parts[rng.randrange(len(parts))] = rng.choice(words)
    return f"{record_id}-{copy}", " ".join(parts)
