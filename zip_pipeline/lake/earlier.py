"""What an earlier `select` left: its manifest, and its records in the order of picking."""

import json
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.core import records
from zip_pipeline.core.stored import StoredCodec
from zip_pipeline.errors import InputError
from zip_pipeline.lake import corpus, scoring
from zip_pipeline.lake.scoring import Scorer
from zip_pipeline.lake.storage import Location

RANK = "rank"
"""Column of `selected`."""

_PLACE = "zip_place"


def manifest_of(path: str) -> dict[str, Any]:
    """Read the manifest of an output of `select`.

    Raises:
        InputError: when it is none.
    """
    folder = Location.of(path)
    if not folder.exists():
        raise InputError(f"{path}: no such folder; expected the output of `select`")
    file = folder / schema.MANIFEST
    if not file.exists():
        raise InputError(f"{path}: no {schema.MANIFEST} in it; expected the output of `select`")
    try:
        manifest: dict[str, Any] = json.loads(file.read())
        _ = manifest["selection"]["records"], manifest["config"]["input"], manifest["config"]["output"]["format"]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: its {schema.MANIFEST} is not that of a `select`") from None
    return manifest


def selected(spark: SparkSession, path: str, manifest: dict[str, Any]) -> DataFrame:
    """Return the chosen records, rendered as ``content``: ``id``, ``source``, ``raw_bytes``, ``payload``, `RANK`.

    Args:
        spark: the session.
        path: an output of `select`.
        manifest: of that output.

    Raises:
        InputError: when the table is not there, or is not a selection.
    """
    place, told = manifest["config"]["output"]["format"], manifest["config"]["input"]
    columns = told["columns"]
    version = manifest.get("delta_versions", {}).get(schema.SELECTION_TABLE)
    rows = corpus.read(
        spark,
        path=f"{path.rstrip('/')}/{schema.SELECTION_TABLE}",
        file_format=place,
        options=None if version is None else {"versionAsOf": version},  # a later run may be committing right now
    )
    if schema.RANK not in rows.columns:
        raise InputError(f"{path}: expected a column {schema.RANK} in {schema.SELECTION_TABLE}/, found none")
    plain = corpus.describe(
        rows.drop(*schema.PICKED),
        dialect=told["dialect"],
        id_column=columns["id"],
        text_column=columns["text"],
        source_column=columns["source"],
        preference=told.get("preference", records.PREFERENCES[0]),
    )
    ranked = corpus.describe(
        rows.withColumnRenamed(schema.RANK, _PLACE).drop(*schema.PICKED),
        dialect=plain.dialect,
        id_column=columns["id"],
        text_column=plain.text_column,
        source_column=columns["source"],
        preference=told.get("preference", records.PREFERENCES[0]),
    )
    scorer = Scorer.of(ranked, "content", StoredCodec())
    ranks = scoring.with_ids(ranked, scorer).rows.select(F.col(schema.ID).alias("id"), F.col(_PLACE).alias(RANK))
    scored = scoring.score(ranked, scorer).where("reason is null")
    return scored.select("id", "source", "raw_bytes", "payload").join(ranks, "id")
