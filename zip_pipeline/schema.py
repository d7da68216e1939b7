"""Names of columns and tables that stages, files and people share."""

ID = "zip_id"
"""Internal: the record's id as text, beside the input's own columns."""

ROW, COPY = "zip_row", "zip_copy"
"""Internal: a row's columns as JSON, and its number among the rows of one id."""

CORRUPT = "_corrupt_record"
"""Where Spark's readers put a line that they cannot read."""

SCORED = (
    "id string, source string, raw_bytes bigint, compressed_bytes bigint, ratio double, "
    "payload binary, reason string, row string"
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

MEASURES = (
    "name string, data_set string, value string, records bigint, raw_bytes bigint, compressed_bytes bigint, "
    "ratio double, low double, high double, mean_bytes double, min_bytes bigint, q05_bytes double, q25_bytes double, "
    "median_bytes double, q75_bytes double, q95_bytes double, max_bytes bigint, exact_duplicates double, "
    "fingerprint string, codec string, seed bigint, shard_bytes bigint, created_at string"
)
"""``measures/``, one row a set: a data set, or the part of it that has one `value` in the column ``measure.by``; `name`
is that of either, or of both. `raw_bytes` and `compressed_bytes` are those of the set, separators included, `low` and
`high` the ends of the ratio's interval, other bytes those of payloads. `codec` says how the ratio came about, render
and order included: only where it is equal may ratios be compared."""

MEASURES_TABLE = "measures"

HISTORY = (
    "name string, version string, created_at string, place int, job string, records bigint, raw_bytes bigint, "
    "compressed_bytes bigint, ratio double, low double, high double, exact_duplicates double, codec string, "
    "fingerprint string"
)
"""The history, one row a data set and run. Of one `name` the rows are versions, in the order of (created_at, place);
`version` says which data set it was. For a selection `low`, `high` and `exact_duplicates` are null."""
