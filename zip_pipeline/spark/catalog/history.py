"""The history as a table of a catalog: runs append their rows in one commit, and never rewrite those of others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.config import History
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.catalog.tables import find
from zip_pipeline.spark.errors import user_error

Row = dict[str, Any]


class CatalogHistory:
    """A table of `schema.HISTORY` in a catalog; see `spark.io.history.HistoryTable`, which is a folder.

    Args:
        section: of the config, with a table; the first run creates it.
        spark: the session.

    Raises:
        OutputError: when the table is no history.
    """

    def __init__(self, section: History, spark: SparkSession) -> None:
        self._name, self._format = str(section.table), section.format
        table = find(spark, self._name)
        if table is None:
            return
        if not table.provider:
            raise OutputError(f"history.table: {self._name}: a view, and runs append rows; name a table")
        if missing := [name for name in schema.HISTORY.names if name not in table.columns]:
            raise OutputError(f"history.table: {self._name}: no history, column {', '.join(missing)} is missing")

    def rows(self, spark: SparkSession, names: Iterable[str]) -> list[Row]:
        """Return the versions of some names, ordered by name, ``created_at`` and ``place``."""
        if find(spark, self._name) is None:
            return []
        try:
            wanted = spark.table(self._name).where(F.col("name").isin(list(names)))
            rows = wanted.select(*schema.HISTORY.names).collect()
        except Exception as error:
            raise user_error(error, self._name) or error from error
        return sorted((row.asDict() for row in rows), key=lambda row: (row["name"], row["created_at"], row["place"]))

    def append(self, spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append the rows of a run; create the table where there is none."""
        values = [tuple(row[name] for name in schema.HISTORY.names) for row in rows]
        frame = spark.createDataFrame(values, schema.ddl(schema.HISTORY)).coalesce(1)
        try:
            table = find(spark, self._name)
            if table is None:
                writer = frame.limit(0).writeTo(self._name)
                (writer.using(self._format) if self._format == "delta" else writer).create()
                table = find(spark, self._name)
            columns = table.columns if table is not None else frame.columns
            frame.select(*columns).write.insertInto(self._name)
        except Exception as error:
            raise user_error(error, self._name) or error from error
