"""Held-out texts: records that a pool should not hold, and how much of them it holds all the same."""

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.errors import InputError
from zip_pipeline.spark import contamination, sampling, scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.sampling import Drawn

MOST_BYTES = 1_000_000
"""Most bytes of a set, records drawn at random: more say the same of a selection of a few megabytes."""


def sets(corpus: Corpus, name: str, *, by_source: bool) -> dict[str, Drawn]:
    """Return the sets of a corpus, each once as ``content``; records that stand twice count once.

    Args:
        corpus: the held-out records.
        name: of the set; with `by_source` a slash and the source follow.
        by_source: whether each source is a set.

    Raises:
        InputError: when no record can be used.
    """
    scored = scoring.score(corpus, corpus.scorer("content", NullCodec()))
    source = F.coalesce("source", F.lit(schema.NO_SOURCE))
    label = F.concat(F.lit(f"{name}/"), source) if by_source else F.lit(name)
    rows = (
        scored.where("reason is null")
        .withColumn("set", label)
        .withColumn("id", F.sha2(F.concat(F.col("set").cast("binary"), F.lit(b"\0"), "payload"), 256))
        .dropDuplicates(["id"])
        .select("set", "id", "source", "raw_bytes", "payload")
        .persist()
    )
    try:
        drawn = sampling.fetch(
            sampling.taken(sampling.candidates(rows, F.col("set"), sampling.at_random("held-out", 0), MOST_BYTES)), rows
        )
    finally:
        rows.unpersist()
    if not drawn:
        raise InputError(f"held-out {name}: no record can be used")
    return drawn


def known(held_outs: Mapping[str, Drawn], pool: DataFrame) -> dict[str, float]:
    """Return which part of each set's records shares passages with a pool, more than `passages.MOST_SHARED`.

    Args:
        held_outs: the sets.
        pool: ``payload``.
    """
    owners = [name for name, drawn in held_outs.items() for _ in drawn.payloads]
    payloads = [payload for drawn in held_outs.values() for payload in drawn.payloads]
    numbers = pa.array([str(number) for number in range(len(payloads))])
    rows = pool.sparkSession.createDataFrame(pa.table({"id": numbers, "payload": pa.array(payloads, pa.binary())}))
    table = contamination.shared(rows, pool).where(F.col("shared") > contamination.MOST_SHARED).select("id").toArrow()
    met = [owners[int(number)] for number in table.column("id").to_pylist()]
    return {name: met.count(name) / len(drawn.payloads) for name, drawn in held_outs.items()}
