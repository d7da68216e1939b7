"""Names of columns and tables that stages, files and people share, and the types of the tables' columns.

A table's columns are an Arrow schema. Spark gets the same columns from `ddl`, so that they stand once.
"""

import pyarrow as pa

ID = "zip_id"
"""Internal: the record's id as text, beside the input's own columns."""

ROW, COPY = "zip_row", "zip_copy"
"""Internal: a row's columns as JSON, and its number among the rows of one id."""

CORRUPT = "_corrupt_record"
"""Where Spark's readers put a line that they cannot read."""

SCORED = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("raw_bytes", pa.int64()),
        ("compressed_bytes", pa.int64()),
        ("ratio", pa.float64()),
        ("payload", pa.binary()),
        ("reason", pa.string()),
        ("row", pa.string()),
    ]
)
"""What the global stage says of a record: either scores and payload, or a reason and the row as JSON. A table of them
has a column ``fingerprint``, too; see `scoring.fingerprint`."""

SCORES = ("id", "source", "raw_bytes", "compressed_bytes", "ratio")
"""Columns of ``scores/``; sizes are those of the record as a set of its own, framing included."""

REJECTED = ("id", "reason", "row")
"""Columns of ``rejected/``."""

RANK, ROUND, RATIO, SET_RATIO = "zip_rank", "zip_round", "zip_ratio", "zip_set_ratio"
PICKED = (RANK, ROUND, RATIO, SET_RATIO)
"""Columns that ``selection/`` adds to the input's own."""

SELECTION_TABLE, SCORES_TABLE, REJECTED_TABLE, DUPLICATES_TABLE = "selection", "scores", "rejected", "duplicates"
STATE_TABLE = "state"
"""What a later selection needs to go on where this one ended: id, and the record's state, null when it is retired."""

KEPT_TABLE, HELD_OUT_TABLE, DROPPED_TABLE = "kept", "held_out", "dropped"
"""The sides of a split."""

MODELS_TABLE, VERSIONS_TABLE, RANKING_TABLE = "models", "versions", "ranking"
"""What `law fit`, `law check` and `law rank` leave."""

NO_SOURCE = "(none)"
"""How tables, strata and parts of a set name the source of records that have none."""

SIDE = "zip_side"
"""Internal: on which side of a split a record is, one of those."""

REPORT, MANIFEST = "report.html", "manifest.json"

MEASURES = pa.schema(
    [
        ("name", pa.string()),
        ("data_set", pa.string()),
        ("value", pa.string()),
        ("records", pa.int64()),
        ("raw_bytes", pa.int64()),
        ("compressed_bytes", pa.int64()),
        ("ratio", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("mean_bytes", pa.float64()),
        ("min_bytes", pa.int64()),
        ("q05_bytes", pa.float64()),
        ("q25_bytes", pa.float64()),
        ("median_bytes", pa.float64()),
        ("q75_bytes", pa.float64()),
        ("q95_bytes", pa.float64()),
        ("max_bytes", pa.int64()),
        ("exact_duplicates", pa.float64()),
        ("fingerprint", pa.string()),
        ("codec", pa.string()),
        ("seed", pa.int64()),
        ("shard_bytes", pa.int64()),
        ("created_at", pa.string()),
    ]
)
"""``measures/``, one row a set: a data set, or the part of it that has one `value` in the column ``measure.by``; `name`
is that of either, or of both. `raw_bytes` and `compressed_bytes` are those of the set, separators included, `low` and
`high` the ends of the ratio's interval, other bytes those of payloads. `codec` says how the ratio came about, render
and order included: only where it is equal may ratios be compared."""

MEASURES_TABLE = "measures"

HISTORY = pa.schema(
    [
        ("name", pa.string()),
        ("version", pa.string()),
        ("created_at", pa.string()),
        ("place", pa.int32()),
        ("job", pa.string()),
        ("records", pa.int64()),
        ("raw_bytes", pa.int64()),
        ("compressed_bytes", pa.int64()),
        ("ratio", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("exact_duplicates", pa.float64()),
        ("codec", pa.string()),
        ("fingerprint", pa.string()),
    ]
)
"""The history, one row a data set and run. Of one `name` the rows are versions, in the order of (created_at, place);
`version` says which data set it was. For a selection `low`, `high` and `exact_duplicates` are null."""

_SPARK_TYPES = {
    pa.string(): "string",
    pa.binary(): "binary",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float64(): "double",
}


def ddl(columns: pa.Schema) -> str:
    """Return an Arrow schema as Spark's DDL; every column may be null.

    >>> ddl(pa.schema([("id", pa.string()), ("buckets", pa.list_(pa.int64()))]))
    'id string, buckets array<bigint>'
    """
    return ", ".join(f"{column.name} {_spark_type(column.type)}" for column in columns)


def _spark_type(kind: pa.DataType) -> str:
    return f"array<{_spark_type(kind.value_type)}>" if pa.types.is_list(kind) else _SPARK_TYPES[kind]
