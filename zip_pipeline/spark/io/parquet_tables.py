"""Tables in Parquet that one stage of a run leaves for the next: computed once, counted as written, read in order.

A later run with the same folder finds what is complete and does not compute it again; what a killed run left
incomplete, it computes anew. Where nobody can tell whether another run lives, each run writes tables under names of
its own, and what completes a table names it. Nothing here checks that the folder belongs to the same pool and config:
that is for `jobs.select.checkpoint` to do.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StructType

from zip_pipeline.errors import OutputError
from zip_pipeline.formats import FORMATS, Format
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.location import Location

ROWS_OF_ONE_TASK = 200_000
"""So many rows are sorted by one task: to sort in several tasks, Spark reads everything twice."""

MOST_ROWS, BATCH_BYTES = 4096, 1 << 25
"""How many rows, and about how many bytes of them, are read at once."""


def stage_table(
    spark: SparkSession, target: Location, make: Callable[[], DataFrame], **counts: Column
) -> tuple[DataFrame, dict[str, int]]:
    """Compute a table once and store it as Parquet.

    Args:
        spark: the session that reads the table back; that of the table itself.
        target: folder of the table; a file of this name with ``.done`` next to it completes the table.
        make: returns the table; not called where the table is complete.
        counts: aggregates, by name.

    Returns:
        The table as read from its folder, and its number of ``rows`` and the other `counts`.

    Raises:
        UserError: when the input cannot be read.
        OutputError: when driver and executors see different files.
    """
    facts = stage_fact(target.sibling(f"{target.name}.done"), lambda: _store(target, make(), counts))
    schema = StructType.fromJson(facts["schema"])
    if not facts["counts"]["rows"]:  # some servers write no file of no rows
        return spark.createDataFrame([], schema), facts["counts"]
    return spark.read.schema(schema).parquet(target.sibling(facts["folder"]).uri), facts["counts"]


def stage_fact(target: Location, make: Callable[[], Any]) -> Any:
    """Compute something that JSON can hold once, and store it in a file.

    Args:
        target: the file.
        make: returns the value; not called where the file is there.
    """
    if target.exists():
        return json.loads(target.read())
    value = make()
    target.write_whole(json.dumps(value).encode())
    return value


def write_counted(frame: DataFrame, target: Location, file_format: Format, **counts: Column) -> dict[str, int]:
    """Write a table and count it in the same pass.

    Rows are counted as executors write them, also those that go to an executor's own disk, where nobody finds them.
    A server that cannot do that (Sail) reads the table back and counts.

    Args:
        frame: the rows.
        target: where there is nothing yet.
        file_format: how the table is written.
        counts: aggregates, by name; null, which some aggregates are where there are no rows, becomes 0.

    Returns:
        The number of ``rows``, and the other `counts`.
    """
    columns = [column.alias(name) for name, column in {"rows": F.count(F.lit(1)), **counts}.items()]
    observation = Observation()
    try:
        _save(frame.observe(observation, *columns), target, file_format)
        values = observation.get
    except UnsupportedOperationException:
        _save(frame, target, file_format)
        reader = frame.sparkSession.read.format(file_format.source).schema(frame.schema)
        values = reader.load(target.uri).agg(*columns).collect()[0].asDict()
    return {name: int(number or 0) for name, number in values.items()}


def require_shared(target: Location, rows: int) -> None:
    """Check that the driver finds the rows that executors wrote as Parquet.

    Raises:
        OutputError: when driver and executors see different files.
    """
    if sum(pq.ParquetFile(file.open()).metadata.num_rows for file in target.parquet_files()) != rows:
        raise OutputError(f"{target.uri}: driver and executors must share it; give a path that all reach")


def sort_rows(rows: DataFrame, *columns: str, about: int) -> DataFrame:
    """Return rows in the order of some columns.

    Args:
        rows: to sort.
        columns: no two rows are equal in all of them.
        about: the number of rows, as far as one can tell.
    """
    if about <= ROWS_OF_ONE_TASK:
        return rows.repartition(1).sortWithinPartitions(*columns)
    return rows.orderBy(*columns)


def read_batches(folder: Location, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Read a table on the driver, in the order in which Spark wrote it: the names of its files are numbered so.

    Args:
        folder: of the table, or the target of `stage_table`.
        columns: to read; None: all.
    """
    done = folder.sibling(f"{folder.name}.done")
    if done.exists():
        folder = folder.sibling(json.loads(done.read())["folder"])
    for file in folder.parquet_files():
        with file.open() as stream:
            parquet = pq.ParquetFile(stream)
            groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
            widest = max((group.total_byte_size / group.num_rows for group in groups), default=1)
            yield from parquet.iter_batches(int(min(MOST_ROWS, 1 + BATCH_BYTES / widest)), columns=columns)


def _store(target: Location, frame: DataFrame, counts: dict[str, Column]) -> dict[str, Any]:
    if target.renames_folders:
        target.delete()
    else:
        target = target.sibling(f"{target.name}-{secrets.token_hex(4)}")
    try:
        numbers = write_counted(frame, target, FORMATS["parquet"], **counts)
    except Exception as error:
        raise user_error(error) or error from error
    if numbers["rows"]:
        require_shared(target, numbers["rows"])
    return {"counts": numbers, "schema": frame.schema.jsonValue(), "folder": target.name}


def _save(frame: DataFrame, target: Location, file_format: Format) -> None:
    frame.write.format(file_format.source).options(**file_format.write_options).save(target.uri)
