"""The records of data sets to measure, and the sets that each record belongs to."""

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
"""Parts that the driver holds at most."""

_CARRIED = "zip_carried"
"""Internal: value and source of a row as JSON, since scoring takes only one column along."""

_KEYS = ("name", "value", "source")


class Part(NamedTuple):
    """The records that share data set, value and source; bytes are those of payloads."""

    name: str
    value: str | None
    source: str | None
    records: int
    rejected: int
    payload_bytes: int
    fingerprint: int


class Membership(NamedTuple):
    """A set that the records of a part belong to: its number, and how it is cut into shards."""

    number: int
    cuts: Cuts


def store(corpus: Corpus, scorer: Scorer, name: str, by: str | None, folder: Location) -> DataFrame:
    """Render the records of a data set and store them as Parquet.

    Ids do not matter here: each row is a record, even where several have one id.

    Args:
        corpus: the data set.
        scorer: of the data set, with a codec that does not compress.
        name: of the data set.
        by: a column of the input, or None.
        folder: of the Parquet files.

    Returns:
        ``name``, ``value`` (from the column `by`), and columns of `schema.SCORED`: ``source``, ``id`` (a hash of the
        payload), ``raw_bytes``, ``payload``, ``fingerprint``, ``reason``, ``row``, ``file``, ``line``.

    Raises:
        UserError: when the input cannot be read.
    """
    carried = {"value": by, "source": corpus.source_column}
    fields = [corpus.column(column).cast("string").alias(key) for key, column in carried.items() if column]
    rows = corpus.rows.drop(schema.ID)
    if fields:
        rows = rows.withColumn(_CARRIED, F.to_json(F.struct(*fields)))
    source_column = _CARRIED if fields else None
    plain = replace(corpus, rows=rows, id_column=None, source_column=source_column)
    scored = scoring.score(plain, replace(scorer, has_id=False, source_column=source_column))
    records = scored.select(
        F.lit(name).alias("name"),
        *[F.get_json_object("source", f"$.{key}").alias(key) for key in carried],
        *("id", "raw_bytes", "payload", "fingerprint", "reason", "row", "file", "line"),
    )
    return stage_table(records.sparkSession, folder, lambda: records)[0]


def parts(records: DataFrame) -> list[Part]:
    """Return the parts of data sets in the order of name, value and source; None comes first.

    The fingerprint is a sum over records: it is the same for the same records in any layout, and copies count.

    Raises:
        InputError: when there are more than `MOST_PARTS`.
    """
    halves = [F.shiftrightunsigned("fingerprint", 32), F.col("fingerprint").bitwiseAND(F.lit(2**32 - 1))]
    sums = [F.coalesce(F.sum(column), F.lit(0)) for column in (F.col("raw_bytes"), *halves)]
    sizes = records.groupBy(*_KEYS).agg(F.count("payload"), F.count("reason"), *sums)
    rows = sizes.limit(MOST_PARTS + 1).collect()
    if len(rows) > MOST_PARTS:
        raise InputError(f"there are more than {MOST_PARTS:,} data sets; measure by a column of fewer values")
    parts = [
        Part(name, value, source, records, rejected, size, ((high << 32) + low) % 2**64)
        for name, value, source, records, rejected, size, high, low in rows
    ]
    return sorted(parts, key=lambda part: [(name is not None, name) for name in part[:3]])


def members(records: DataFrame, sets: Mapping[Part, Sequence[Membership]]) -> DataFrame:
    """Return a row for each usable record and each set that it belongs to.

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


def lengths(members: DataFrame) -> dict[int, dict[str, float]]:
    """Return the lengths of the records in each set, and the share of copies.

    Args:
        members: from the function `members`.

    Returns:
        By number of the set: bytes of payloads (``min_bytes``, ``max_bytes``, `QUANTILES`), and ``exact_duplicates``,
        the share of records that follow another one with the same payload.
    """
    aggregates = {
        "min_bytes": F.min("raw_bytes"),
        **{name: F.percentile("raw_bytes", F.lit(part)) for name, part in QUANTILES.items()},
        "max_bytes": F.max("raw_bytes"),
        "exact_duplicates": 1 - F.count_distinct("id") / F.count("*"),
    }
    rows = members.groupBy("number").agg(*[column.alias(name) for name, column in aggregates.items()]).collect()
    return {row["number"]: {name: row[name] for name in aggregates} for row in rows}
