"""Data sets to be measured: their records, and to which sets each of them belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.spark import scoring
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.stats.sharding import Cuts
from zip_pipeline.tasks.score import Scorer

QUANTILES = {"q05_bytes": 0.05, "q25_bytes": 0.25, "median_bytes": 0.5, "q75_bytes": 0.75, "q95_bytes": 0.95}

MOST_PARTS = 100_000
"""The driver holds what is found of each."""

_CARRIED = "zip_carried"
_KEYS = ("name", "value", "source")


class Part(NamedTuple):
    """The records of one data set, value and source; bytes are of payloads."""

    name: str
    value: str | None
    source: str | None
    records: int
    rejected: int
    payload_bytes: int
    fingerprint: int


class Membership(NamedTuple):
    """A set that the records of a part belong to: its number, and how it is cut."""

    number: int
    cuts: Cuts


def keep(corpus: Corpus, scorer: Scorer, name: str, by: str | None, folder: Location) -> DataFrame:
    """Render the records of a data set, and keep them as Parquet.

    Rows are records here: ids do not matter, and need not be unique.

    Args:
        corpus: the data set.
        scorer: of it, with a codec that does not compress.
        name: of the data set.
        by: a column of the input, or None.
        folder: where to.

    Returns:
        ``name``, ``value`` (that of `by`), and of `schema.SCORED`: ``source``, ``id`` (a hash of the payload),
        ``raw_bytes``, ``payload``, ``fingerprint``, ``reason``, ``row``.

    Raises:
        UserError: where the input cannot be read.
    """
    carried = {"value": by, "source": corpus.source_column}
    fields = [corpus.column(column).cast("string").alias(key) for key, column in carried.items() if column]
    rows = corpus.rows.drop(schema.ID)
    if fields:  # scoring takes one column along
        rows = rows.withColumn(_CARRIED, F.to_json(F.struct(*fields)))
    where = _CARRIED if fields else None
    plain = replace(corpus, rows=rows, id_column=None, source_column=where)
    scored = scoring.score(plain, replace(scorer, has_id=False, source_column=where))
    records = scored.select(
        F.lit(name).alias("name"),
        *[F.get_json_object("source", f"$.{key}").alias(key) for key in carried],
        *("id", "raw_bytes", "payload", "fingerprint", "reason", "row"),
    )
    return stage_table(records.sparkSession, folder, lambda: records)[0]


def parts(records: DataFrame) -> list[Part]:
    """Return the parts of data sets, by name, value and source; None before names.

    The fingerprint is a sum over records: equal for the same records in any layout, and copies count.

    Raises:
        InputError: when there are more than `MOST_PARTS`.
    """
    halves = [F.shiftrightunsigned("fingerprint", 32), F.col("fingerprint").bitwiseAND(F.lit(2**32 - 1))]
    sums = [F.coalesce(F.sum(column), F.lit(0)) for column in (F.col("raw_bytes"), *halves)]
    sizes = records.groupBy(*_KEYS).agg(F.count("payload"), F.count("reason"), *sums)
    rows = sizes.limit(MOST_PARTS + 1).collect()
    if len(rows) > MOST_PARTS:
        raise InputError(f"there are more than {MOST_PARTS:,} data sets; measure by a column of fewer values")
    found = [
        Part(name, value, source, records, rejected, size, ((high << 32) + low) % 2**64)
        for name, value, source, records, rejected, size, high, low in rows
    ]
    return sorted(found, key=lambda part: [(name is not None, name) for name in part[:3]])


def assigned(records: DataFrame, sets: Mapping[Part, Sequence[Membership]]) -> DataFrame:
    """Return a row for each usable record and set that it belongs to.

    Returns:
        ``id``, ``raw_bytes``, ``payload``; ``number``, ``shards``, ``lead`` of the set.
    """
    kind = "name string, value string, source string, sets array<struct<number: bigint, shards: bigint, lead: bigint>>"
    plan = records.sparkSession.createDataFrame(
        [
            (*part[:3], [(one.number, one.cuts.shards, one.cuts.lead) for one in memberships])
            for part, memberships in sets.items()
        ],
        kind,
    )
    same = [F.col(f"records.{key}").eqNullSafe(F.col(f"plan.{key}")) for key in _KEYS]
    usable = records.where("reason is null").alias("records")
    joined = usable.join(F.broadcast(plan).alias("plan"), same)
    return joined.select("id", "raw_bytes", "payload", F.inline("sets"))


def lengths(sets: DataFrame) -> dict[int, dict[str, float]]:
    """Return what the records of each set are like.

    Args:
        sets: from `assigned`.

    Returns:
        By number: bytes of payloads (``min_bytes``, ``max_bytes``, `QUANTILES`), and ``exact_duplicates``, the share
        of records whose payload another one has that stands first.
    """
    found = {
        "min_bytes": F.min("raw_bytes"),
        **{name: F.percentile("raw_bytes", F.lit(part)) for name, part in QUANTILES.items()},
        "max_bytes": F.max("raw_bytes"),
        "exact_duplicates": 1 - F.count_distinct("id") / F.count("*"),
    }
    rows = sets.groupBy("number").agg(*[column.alias(name) for name, column in found.items()]).collect()
    return {row["number"]: {name: row[name] for name in found} for row in rows}
