"""Scoring of Arrow batches without Spark."""

from typing import Any

import pyarrow as pa

from zip_pipeline import schema
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.records.dialects import registry
from zip_pipeline.tasks.score import Scorer


def scorer(**changes: Any) -> Scorer:
    known = {
        "dialect": registry()["text"],
        "columns": ("id", "text", "source"),
        "has_id": True,
        "source_column": "source",
        "render_name": "content",
        "codec": ZlibCodec(),
        "build": ZlibCodec().build(),
    }
    return Scorer(**known | changes)


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    names = ("id", "text", "source", schema.ID)
    return pa.RecordBatch.from_pylist([{name: row.get(name) for name in names} for row in rows])


def scored_rows(how: Scorer, *batches: pa.RecordBatch) -> list[dict[str, Any]]:
    return [row for part in how.score_batches(batches) for row in part.to_pylist()]
