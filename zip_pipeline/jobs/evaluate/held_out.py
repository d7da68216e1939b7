"""Held-out sets: texts that a pool should not contain, and how many of their records it contains nevertheless."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.evaluate.importance import TargetText
from zip_pipeline.spark import sampling, scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.removals import contamination
from zip_pipeline.spark.sampling import Draw, Sample

MOST_BYTES = 1_000_000
"""Bytes of a set at most, records drawn at random: more would not change how selections of some megabytes compare."""

MOST_KNOWN = 0.01
"""Share of a set's records that may share passages with the pool before the job warns."""


def sets(corpus: Corpus, name: str, by: str | None = None) -> dict[str, Sample]:
    """Return the held-out sets of a corpus by name, rendered as ``content``; each different record counts once.

    Args:
        corpus: the held-out records.
        name: of the set; with `by` a slash and the source follow.
        by: the column that is the records' source, each of its values a set of its own; None: one set.

    Raises:
        InputError: when no record can be used, or there is no such column.
    """
    if by is not None and corpus.source_column is None:
        raise InputError(f"held-out {name}: column {by} is missing, found {', '.join(corpus.columns)}")
    scored = scoring.score(corpus, corpus.scorer("content", NullCodec()))
    source = F.coalesce("source", F.lit(schema.NO_SOURCE))
    label = F.concat(F.lit(f"{name}/"), source) if by is not None else F.lit(name)
    rows = (
        scored.where("reason is null")
        .withColumn("set", label)
        .withColumn("id", F.sha2(F.concat(F.col("set").cast("binary"), F.lit(b"\0"), "payload"), 256))
        .dropDuplicates(["id"])
        .select("set", "id", "source", "raw_bytes", "payload")
        .persist()
    )
    try:
        names = sorted(row["set"] for row in rows.select("set").distinct().collect())
        if not names:
            raise InputError(f"held-out {name}: no record can be used")
        stratum = F.array_position(F.lit(names), F.col("set")) - 1
        draw = Draw("held-out", sampling.at_random("held-out", 0), [MOST_BYTES] * len(names), stratum)
        records = sampling.sample(rows, [draw], ["id", "set", "source", "payload"])
        return sampling.collect(records.withColumn("draw", F.col("set")))
    finally:
        rows.unpersist()


@dataclass(frozen=True)
class Known:
    """The shares of a set's records, 0 to 1, that are not new to the pool and to the targets."""

    in_pool: float
    in_targets: float


def known(held_outs: Mapping[str, Sample], pool: DataFrame, targets: Sequence[TargetText]) -> dict[str, Known]:
    """Return what is not new of each set, by name; see `shares_in`.

    Args:
        held_outs: the sets by name.
        pool: ``payload``.
        targets: those of the selections.
    """
    in_pool, in_targets = shares_in(held_outs, pool), dict.fromkeys(held_outs, 0.0)
    if targets:
        rows = reduce(DataFrame.unionByName, [target.rows.select("payload") for target in targets])
        in_targets = shares_in(held_outs, rows)
    return {name: Known(in_pool[name], in_targets[name]) for name in held_outs}


def shares_in(held_outs: Mapping[str, Sample], pool: DataFrame) -> dict[str, float]:
    """Return the share of each set's records, 0 to 1, that are not new to a pool or target.

    Such a record has more than `contamination.MOST_SHARED` of its passages in common with records of the pool.

    Args:
        held_outs: the sets by name.
        pool: ``payload``.
    """
    owners = [name for name, sample in held_outs.items() for _ in sample.payloads]
    payloads = [payload for sample in held_outs.values() for payload in sample.payloads]
    numbers = pa.array([str(number) for number in range(len(payloads))])
    rows = pool.sparkSession.createDataFrame(pa.table({"id": numbers, "payload": pa.array(payloads, pa.binary())}))
    shared = contamination.shared(rows, pool).where(F.col("shared") > contamination.MOST_SHARED).select("id").toArrow()
    contaminated = [owners[int(number)] for number in shared.column("id").to_pylist()]
    return {name: contaminated.count(name) / len(sample.payloads) for name, sample in held_outs.items()}


def leaks(known: Mapping[str, Known]) -> list[str]:
    """Return a line for each set of which the pool knows too much, then one for each of which the targets do.

    Args:
        known: by the names of the sets.
    """
    of_pool = [
        f"{share.in_pool:.1%} of the records of {name} share more than {contamination.MOST_SHARED:.0%} of their "
        "passages with the pool; its bits measure memory as well"
        for name, share in known.items()
        if share.in_pool > MOST_KNOWN
    ]
    of_targets = [
        f"{share.in_targets:.1%} of the records of {name} share as much with the target, by which records were chosen"
        for name, share in known.items()
        if share.in_targets > MOST_KNOWN
    ]
    return of_pool + of_targets
