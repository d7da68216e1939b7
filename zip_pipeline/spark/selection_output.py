"""Read the output of an earlier `select`: its manifest, and its records in the order of picking."""

import json
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import formats, schema
from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input, Place
from zip_pipeline.errors import InputError
from zip_pipeline.spark import corpus, scoring
from zip_pipeline.spark.io.location import Location, has_scheme
from zip_pipeline.spark.io.reader import read

PICK_RANK, PICK_ROUND = "rank", "round"
"""Columns of `scored`: `schema.RANK` and `schema.ROUND` of the selection that is read."""

_CARRIED_RANK, _CARRIED_ROUND = "zip_place", "zip_turn"
"""The same columns while they travel with the rows, which lose all columns of `schema.MAY_BE_ADDED`."""


def manifest_of(path: str) -> dict[str, Any]:
    """Read the manifest of an output of `select`.

    Raises:
        InputError: when `path` is no such output.
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


def require_outputs(*paths: str) -> None:
    """Check outputs of this machine before Spark starts, as `manifest_of` does.

    Raises:
        InputError: when one is no output of `select`.
    """
    for path in paths:
        if not has_scheme(path):
            manifest_of(path)


def table(spark: SparkSession, path: str, manifest: dict[str, Any], name: str) -> DataFrame:
    """Return a table of an output, where the manifest says that it is, at the version that the manifest names.

    Args:
        spark: the session.
        path: an output of `select`.
        manifest: of that output.
        name: of the table, such as `schema.SELECTION_TABLE`.

    Raises:
        InputError: when the table does not exist.
    """
    file_format, options = manifest["config"]["output"]["format"], {}
    versioning = formats.named(file_format).versioning
    if versioning is not None and name in (versions := manifest.get(versioning.manifest_key, {})):
        options[versioning.version_option] = versions[name]  # a later run may be committing right now
    place = manifest.get("tables", {}).get(name, name)
    return read(spark, Place(path=f"{path.rstrip('/')}/{place}", format=file_format, options=options))


def table_if_any(spark: SparkSession, path: str, manifest: dict[str, Any], name: str) -> DataFrame | None:
    """Return a table as `table` does; None where the run wrote none of this name.

    Raises:
        InputError: when a table that the manifest names cannot be read.
    """
    try:
        return table(spark, path, manifest, name)
    except InputError:
        if name in manifest.get("tables", {}):
            raise
        return None


def selected(spark: SparkSession, path: str, manifest: dict[str, Any]) -> DataFrame:
    """Return the selected records, rendered as ``content``.

    The columns are ``id``, ``source``, ``raw_bytes``, ``payload`` and `PICK_RANK`.

    Args:
        spark: the session.
        path: an output of `select`.
        manifest: of that output.

    Raises:
        InputError: when the table does not exist, or is no selection.
    """
    return scored(spark, path, manifest, "content", NullCodec()).select(
        "id", "source", "raw_bytes", "payload", PICK_RANK
    )


def scored(spark: SparkSession, path: str, manifest: dict[str, Any], render: str, codec: Codec) -> DataFrame:
    """Return the selected records with their scores: the columns of `schema.SCORED`, `PICK_RANK` and `PICK_ROUND`.

    Args:
        spark: the session.
        path: an output of `select`.
        manifest: of that output.
        render: one of `render.FRAMINGS`.
        codec: measures each record.

    Raises:
        InputError: when the table does not exist, or is no selection.
    """
    rows = table(spark, path, manifest, schema.SELECTION_TABLE)
    if schema.RANK not in rows.columns:
        raise InputError(f"{path}: expected a column {schema.RANK} in {schema.SELECTION_TABLE}/, found none")
    keys = manifest["config"]["input"]
    pool = Input.model_validate({key: keys[key] for key in Input.model_fields if key in keys})
    return ranked(rows, pool.like(path), render, codec)


def ranked(rows: DataFrame, place: Input, render: str, codec: Codec) -> DataFrame:
    """Return the rows of a selection as scored; see `scored`.

    Args:
        rows: the input's columns and `schema.PICKED`.
        place: how the rows are read.
        render: one of `render.FRAMINGS`.
        codec: measures each record.
    """
    plain = corpus.describe(rows.drop(*schema.MAY_BE_ADDED), place)
    ranks = {schema.RANK: _CARRIED_RANK, schema.ROUND: _CARRIED_ROUND}
    with_ranks = plain.over(rows.withColumnsRenamed(ranks).drop(*schema.MAY_BE_ADDED))
    with_ranks = replace(with_ranks, columns=(*plain.columns, *ranks.values()))
    scorer = plain.scorer(render, codec)  # a record has no columns but the input's
    by_id = scoring.with_ids(with_ranks, scorer).rows.select(
        F.col(schema.ID).alias("id"),
        F.col(_CARRIED_RANK).alias(PICK_RANK),
        F.col(_CARRIED_ROUND).alias(PICK_ROUND),
    )
    return scoring.score(with_ranks, scorer).where("reason is null").join(by_id, "id")
