"""Tables and facts that are made once: a later run with the same folder finds them and does not make them again.

What was begun and not finished is made anew. What is found is not compared with what would be made: whoever uses
a folder again must know that it is of the same pool and config; see `checkpoint`.
"""

import json
from collections.abc import Callable
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.types import StructType

from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.counted import require_shared, write
from zip_pipeline.spark.io.location import Location


def table(target: Location, make: Callable[[], DataFrame], **counts: Column) -> tuple[DataFrame, dict[str, int]]:
    """Keep a table as Parquet; return it as read from there, and its number of ``rows`` and what else was counted.

    Raises:
        UserError: where the input cannot be read.
        OutputError: when driver and executors see different files.
    """
    known = fact(target.sibling(f"{target.name}.done"), lambda: _write(target, make(), counts))
    fields = StructType.fromJson(known["schema"])
    return SparkSession.active().read.schema(fields).parquet(target.uri), known["counts"]


def fact(target: Location, make: Callable[[], Any]) -> Any:
    """Keep what JSON can hold."""
    if target.exists():
        return json.loads(target.read())
    target.write_whole(json.dumps(made := make()).encode())
    return made


def _write(target: Location, frame: DataFrame, counts: dict[str, Column]) -> dict[str, Any]:
    target.delete()
    try:
        counted = write(frame, target, source="parquet", options=None, **counts)
    except Exception as error:
        raise user_error(error) or error from error
    require_shared(target, counted["rows"])
    return {"counts": counted, "schema": frame.schema.jsonValue()}
