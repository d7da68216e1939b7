"""The history: a table of versions that runs append to, and never rewrite.

A run's rows come as one commit of a Delta table, or as one Parquet file that is written under a hidden name and then
renamed. So readers see all of them or none, and runs at the same time do not disturb each other.
"""

import io
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.errors import users_share
from zip_pipeline.spark.io.location import Location

Row = dict[str, Any]


class History:
    """A table of `schema.HISTORY`.

    Args:
        path: where it is, or will be.
        file_format: ``parquet`` or ``delta``.

    Raises:
        OutputError: when something else is there.
    """

    def __init__(self, path: str, file_format: str) -> None:
        self._location, self._format, self._path = Location.of(path), file_format, path
        if not self._location.exists():
            return
        if not self._location.is_folder():
            raise OutputError(f"history.path: {path}: expected a folder, found a file")
        names = [child.name for child in self._location.children()]
        if names and ("_delta_log" in names) != (file_format == "delta"):
            other = "a Delta table" if "_delta_log" in names else "no Delta table"
            raise OutputError(f"history.path: {path}: it is {other}, and history.format is {file_format}")

    def rows(self, spark: SparkSession, names: Iterable[str]) -> list[Row]:
        """Return the versions of some names, in the order of `schema.HISTORY`.

        Raises:
            OutputError: when the table is no history.
        """
        if not self._location.exists() or not any(
            not child.name.startswith(".") for child in self._location.children()
        ):
            return []
        try:
            table = spark.read.format(self._format).load(self._location.uri)
            if missing := [name for name in schema.HISTORY.names if name not in table.columns]:
                raise OutputError(f"history.path: {self._path}: no history, column {', '.join(missing)} is missing")
            found = table.where(F.col("name").isin(list(names))).select(*schema.HISTORY.names).collect()
        except OutputError:
            raise
        except Exception as error:
            raise users_share(error, self._path) or error from error
        return sorted((row.asDict() for row in found), key=lambda row: (row["name"], row["created_at"], row["place"]))

    def append(self, spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append the rows of a run."""
        if self._format == "delta":
            ordered = [tuple(row[name] for name in schema.HISTORY.names) for row in rows]
            frame = spark.createDataFrame(ordered, schema.ddl(schema.HISTORY)).coalesce(1)
            frame.write.format("delta").mode("append").save(self._location.uri)
            return
        content = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema.HISTORY), content)
        token = secrets.token_hex(8)
        aside = self._location / f".{token}.parquet"
        aside.write(content.getvalue())
        aside.move(self._location / f"run-{token}.parquet")
