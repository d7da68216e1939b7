"""The history table: runs append their versions, and never rewrite those of others.

The rows of a run arrive as one commit of a table format, or as one Parquet file that is written under a hidden name
and then renamed; an object store shows no file before it is whole. So readers see all of them or none, and runs at the
same time do not disturb each other.
"""

import io
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import formats, schema
from zip_pipeline.config import History
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.table_formats import TABLE_FORMATS

Row = dict[str, Any]


class HistoryTable:
    """A table of `schema.HISTORY`.

    Args:
        section: of the config, with a path; the first run creates the folder.

    Raises:
        OutputError: when something else is at the path.
    """

    def __init__(self, section: History) -> None:
        path, file_format = str(section.path), section.format
        self._location, self._format, self._path = Location.of(path), file_format, path
        if not self._location.exists():
            return
        if not self._location.is_folder():
            raise OutputError(f"history.path: {path}: expected a folder, found a file")
        names = [child.name for child in self._location.children()]
        present, expected = formats.table_format(names), formats.named(file_format).versioning
        if names and present is None and expected is not None:
            raise OutputError(
                f"history.path: {path}: it is no {expected.title} table, and history.format is {file_format}"
            )
        if present not in (None, file_format):
            title = formats.VERSIONED[present].title
            raise OutputError(f"history.path: {path}: it is a {title} table, and history.format is {file_format}")

    def rows(self, spark: SparkSession, names: Iterable[str]) -> list[Row]:
        """Return the versions of some names, ordered by name, ``created_at`` and ``place``.

        Raises:
            OutputError: when the table is no history.
        """
        if not self._location.exists() or all(child.name.startswith(".") for child in self._location.children()):
            return []
        if self._format in TABLE_FORMATS and not TABLE_FORMATS[self._format].is_table(self._location):
            return []  # a run was killed while it made the table
        try:
            source = formats.named(self._format).source
            table = spark.read.format(source).load(self._location.uri)
            if missing := [name for name in schema.HISTORY.names if name not in table.columns]:
                raise OutputError(f"history.path: {self._path}: no history, column {', '.join(missing)} is missing")
            rows = table.where(F.col("name").isin(list(names))).select(*schema.HISTORY.names).collect()
        except OutputError:
            raise
        except Exception as error:
            raise user_error(error, self._path) or error from error
        return sorted((row.asDict() for row in rows), key=lambda row: (row["name"], row["created_at"], row["place"]))

    def append(self, spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append the rows of a run."""
        if self._format in TABLE_FORMATS:
            values = [tuple(row[name] for name in schema.HISTORY.names) for row in rows]
            frame = spark.createDataFrame(values, schema.ddl(schema.HISTORY)).coalesce(1)
            TABLE_FORMATS[self._format].append(frame, self._location)
            return
        content = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema.HISTORY), content)
        token = secrets.token_hex(8)
        if not self._location.renames_folders:  # there a file appears whole
            (self._location / f"run-{token}.parquet").write(content.getvalue())
            return
        hidden = self._location / f".{token}.parquet"
        hidden.write(content.getvalue())
        hidden.move(self._location / f"run-{token}.parquet")
