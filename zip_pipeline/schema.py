"""Names and types of the columns and tables that jobs, tasks and output files share.

A table is described once, as an Arrow schema; `ddl` writes the same columns for Spark.
"""

from typing import Any

import pyarrow as pa

Manifest = dict[str, Any]
"""A manifest, or a part of one, as JSON has it."""

ID = "zip_id"
"""Internal: the record's id as text, in addition to the input's own columns."""

ROW, COPY = "zip_row", "zip_copy"
"""Internal: a row's columns as JSON, and its number among the rows of one id."""

CORRUPT = "zip_corrupt"
CORRUPT_TYPE = pa.struct([("line", pa.string()), ("reason", pa.string())])
"""Internal: what a reader found in place of a record, and why it is none; null for a record."""

FILE, LINE = "__zip_file", "__zip_line"
"""Internal: the file that a row was read from, as Spark writes it, and the number of the row's line there, from 1."""

READ = (CORRUPT, FILE, LINE)
"""Internal columns that a reader may add to those of the input."""

IS_JSON = "zip_json"
"""Key of a column's metadata in Spark: each of its values is JSON text, since no one type holds all of them."""

SCORED = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("raw_bytes", pa.int64()),
        ("compressed_bytes", pa.int64()),
        ("ratio", pa.float64()),
        ("payload", pa.binary()),
        ("compared", pa.binary()),
        ("reason", pa.string()),
        ("row", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
    ]
)
"""Result of the global stage for one record: either its scores and payload, or the reason why it cannot be used, its
row as JSON, and its `FILE` and `LINE` where they are known. `compared` is what is compared with other records where
that is not the payload, and null where it is. Such a table also has a column ``fingerprint``, see
`spark.scoring.fingerprint`."""

SCORES = ("id", "source", "raw_bytes", "compressed_bytes", "ratio")
"""Columns of ``scores/``; sizes are those of a set that consists of the one record, framing included. Where tokens are
counted there is the column `TOKENS` as well."""

TOKENS, WEIGHT = "tokens", "weight"
"""More columns of a scored record, in runs that need them: its tokens, and by what its score is multiplied."""

REJECTED = ("id", "reason", "row", "file", "line")
"""Columns of ``rejected/``."""

DUPLICATES = ("id", "kept", "jaccard", "containment")
"""Columns of ``duplicates/``. A row is a record that was left out, and the one that stays and is most like it.

- `jaccard`: share of the different runs of words of both that both have; 1.0 for equal payloads.
- `containment`: share of the left-out record's runs that the other one has."""

CONTAMINATED = ("id", "benchmark", "item", "passages", "share")
"""Columns of ``contaminated/``. A row is a record, and the item of a benchmark with which it shares most passages.

- `benchmark`: its path, as the config has it; `item`: the item's id, or a hash of its payload.
- `passages`: how many different passages of the item the record has; `share`: of all that the item has."""


def band(place: int) -> str:
    """Return the column of a scored record for the number that a bound on a column of the input looks at.

    Args:
        place: of the column among the config's bounds.
    """
    return f"band_{place}"


RANK, ROUND, RATIO, SET_RATIO = "zip_rank", "zip_round", "zip_ratio", "zip_set_ratio"
PICKED = (RANK, ROUND, RATIO, SET_RATIO)
"""Columns that ``selection/`` adds to the input's own."""

PICKED_TOKENS = "zip_tokens"
MAY_BE_ADDED = (*PICKED, PICKED_TOKENS)
"""The same, with the tokens of a record, which ``selection/`` has where they are counted."""

SELECTION_TABLE, SCORES_TABLE, REJECTED_TABLE, DUPLICATES_TABLE = "selection", "scores", "rejected", "duplicates"
CONTAMINATED_TABLE, EXCLUDED_TABLE = "contaminated", "excluded"

SIGNATURES_TABLE = "signatures"
"""An index for later runs: of each record that was chosen a hash of its payload and its set of shingles.

A row without an id has the shingles that did not count."""

STATE_TABLE = "state"
"""Ids and states of the records that the rule has drawn, in this selection or in one that it extends.

A later selection continues from them. The state of a retired record is null; records without a row have their first
state."""

COVERAGE_TABLE = "coverage"
COVERAGE = pa.schema([("bucket", pa.int32()), ("weight", pa.float64()), ("prior", pa.float64()), ("held", pa.int64())])
"""Columns of ``coverage/``, see `selection.coverage.Coverage`: a row is a feature that a run of `target` or `cover`
wanted. `held` says how often its picks have the feature, with those of a set that they extend."""

LOG_PROBABILITIES_TABLE, UNSCORED_TABLE = "log_probabilities", "unscored"
"""Tables of `loglikelihood`."""

KEPT_TABLE, HELD_OUT_TABLE, DROPPED_TABLE = "kept", "held_out", "dropped"
"""Tables of `split`, one for each side; `deduplicate` has the first."""

SIDE = "zip_side"
"""Internal: the side of a split that a record is on, which is the name of its table."""

MODELS_TABLE, VERSIONS_TABLE, RANKING_TABLE, AREAS_TABLE = "models", "versions", "ranking", "areas"
"""Tables of `law fit`, `law check` and `law rank`; the last two are of `law rank`."""

NO_SOURCE = "(none)"
"""The name that records without a source have in place of one, in tables and strata."""

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
"""Columns of ``measures/``. A row is a set: a data set, or its records with one `value` in the column ``measure.by``.

- `raw_bytes`, `compressed_bytes`: of the set, separators included; columns like `mean_bytes` are about payloads.
- `low`, `high`: the ends of the ratio's confidence interval.
- `codec`: how the ratio was measured, with render and order. Only ratios with an equal `codec` can be compared."""

MEASURES_TABLE = "measures"
TABLES = frozenset(value for name, value in globals().items() if name.endswith("_TABLE"))
"""The names of all tables of outputs."""

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
"""Columns of the history. A row is one data set as one run measured it.

- `name`: rows with one name are versions, in the order of (`created_at`, `place`); `version` is the data set.
- `low`, `high`, `exact_duplicates`: null for a selection."""

COMPARED = pa.schema(
    [
        ("model", pa.string()),
        ("selection", pa.string()),
        ("measure", pa.string()),
        ("held_out", pa.string()),
        ("value", pa.float64()),
        ("baseline", pa.string()),
        ("baseline_mean", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("difference", pa.float64()),
        ("verdict", pa.string()),
    ]
)
"""Columns of what `zip_pipeline.evaluate` returns. A row holds a selection against one kind of baseline.

- `measure`: ``text``, the bits per byte of a held-out set; of a task ``answers``, those of the right answers,
  and ``cheapest``, the share of questions whose right answer needs the fewest.
- `held_out`: the set or task; ``mean`` stands for the mean over the sets.
- `value`, `baseline_mean`: of the measure, after the selection and after the baseline's draws.
- `low`, `high`: where one more draw of the baseline would lie, with 95 % confidence; null of a single draw.
- `difference`: -0.05 where the selection needs 5 % fewer bits; of ``cheapest`` the plain difference.
- `verdict`: ``better``, ``worse``, ``within`` that interval, or ``no interval``."""

TEXT = "text"
"""The first `measure` of `COMPARED`."""

_SPARK_TYPES = {
    pa.string(): "string",
    pa.binary(): "binary",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float64(): "double",
}


def ddl(columns: pa.Schema) -> str:
    """Write an Arrow schema in Spark's DDL; every column may be null.

    >>> ddl(pa.schema([("id", pa.string()), ("buckets", pa.list_(pa.int64()))]))
    'id string, buckets array<bigint>'
    """
    return ", ".join(f"{column.name} {_spark_type(column.type)}" for column in columns)


def _spark_type(kind: pa.DataType) -> str:
    return f"array<{_spark_type(kind.value_type)}>" if pa.types.is_list(kind) else _SPARK_TYPES[kind]
