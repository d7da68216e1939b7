"""Writing a table and counting it in one pass."""

from collections.abc import Mapping

import pyarrow.parquet as pq
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io.location import Location


def write(
    frame: DataFrame,
    target: Location,
    *,
    source: str = "parquet",
    options: Mapping[str, str] | None = None,
    **counts: Column,
) -> dict[str, int]:
    """Write a frame; return its number of ``rows``, and what else to count.

    Rows count as they are written: those that an executor puts on a disk of its own count, too, though nobody finds
    them. A server that cannot do that (Sail) counts what it finds.

    Args:
        frame: the rows.
        target: where there is nothing yet.
        source: of Spark.
        options: of the source.
        counts: aggregates, by name; 0 stands for null, what some say of no rows.
    """
    columns = [column.alias(name) for name, column in {"rows": F.count(F.lit(1)), **counts}.items()]
    observed = Observation()
    try:
        _save(frame.observe(observed, *columns), target, source, options)
    except UnsupportedOperationException:
        _save(frame, target, source, options)
        (found,) = frame.sparkSession.read.format(source).schema(frame.schema).load(target.uri).agg(*columns).collect()
        return {name: int(number or 0) for name, number in found.asDict().items()}
    return {name: int(number or 0) for name, number in observed.get.items()}


def require_shared(target: Location, rows: int) -> None:
    """Check that the driver finds the rows that were written, as Parquet.

    Raises:
        OutputError: when driver and executors see different files.
    """
    if sum(pq.ParquetFile(file.open()).metadata.num_rows for file in target.parquet_files()) != rows:
        raise OutputError(f"{target.uri}: driver and executors must share it; give a path that all reach")


def _save(frame: DataFrame, target: Location, source: str, options: Mapping[str, str] | None) -> None:
    frame.write.format(source).options(**(options or {})).save(target.uri)
