"""What a table of a catalog is: its format, columns, properties."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Row, SparkSession

from zip_pipeline.errors import SetupError
from zip_pipeline.spark.errors import user_error

BRANCH = re.compile(r"(.+)\.(?:branch|tag)_(\w+)")
"""The name of a table of Iceberg with that of a branch or tag behind it."""

_PARTITIONS = ("# Partition Information", "# Partitioning")


@dataclass(frozen=True)
class CatalogTable:
    """A table or view of a catalog.

    Attributes:
        name: as SQL takes it.
        provider: its format, such as ``iceberg`` or ``parquet``; empty for a view.
        columns: their names, in order.
        partitioning: columns by which it is partitioned, or transforms of them.
        properties: that it was given, where they were asked for.
    """

    name: str
    provider: str
    columns: tuple[str, ...]
    partitioning: tuple[str, ...]
    properties: Mapping[str, str]

    @property
    def ref(self) -> tuple[str, str | None]:
        """The table of Iceberg itself, and the branch or tag that the name has behind it."""
        parts = BRANCH.fullmatch(self.name) if self.provider == "iceberg" else None
        return (self.name, None) if parts is None else (parts[1], parts[2])


def find(spark: SparkSession, name: str, *, with_properties: bool = False) -> CatalogTable | None:
    """Return a table or view, or None where there is none.

    Args:
        spark: the session.
        name: as SQL takes it.
        with_properties: ask for the properties, too.

    Raises:
        UserError: when the catalog cannot be asked.
    """
    try:
        if not spark.catalog.tableExists(name):
            return None
        rows = spark.sql(f"DESCRIBE TABLE EXTENDED {name}").collect()
        details = {row["col_name"]: row["data_type"] for row in rows}
        provider = "" if details.get("Type") == "VIEW" else (details.get("Provider") or "").lower()
        shown = spark.sql(f"SHOW TBLPROPERTIES {name}").collect() if provider and with_properties else []
    except Exception as error:
        raise user_error(error, name) or error from error
    names = [row["col_name"] for row in rows]
    end = next((place for place, column in enumerate(names) if not column or column.startswith("#")), len(names))
    properties = {row["key"]: row["value"] for row in shown}
    return CatalogTable(name, provider, tuple(names[:end]), _partitioning(rows), properties)


def require_path(spark: SparkSession, key: str, path: str | None) -> None:
    """Check that a path of this machine is no name of a table.

    Raises:
        SetupError: says which key takes such a name.
    """
    catalog, dot, _ = (path or "").partition(".")
    if not dot or "/" in str(path) or not re.fullmatch(r"\w+", catalog):
        return
    if spark.conf.get(f"spark.sql.catalog.{catalog}", None) is not None:
        section = key.partition(".")[0]
        raise SetupError(
            f"{key}: {path}: a name in the catalog {catalog}, and no path; set {section}.table to it, or write ./{path}"
        )


def _partitioning(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return what `DESCRIBE` says of partitions: names of columns, or ``Part 0`` and a transform."""
    names = [row["col_name"] for row in rows]
    start = next((names.index(title) for title in _PARTITIONS if title in names), None)
    if start is None:
        return ()
    parts = []
    for row in rows[start + 1 :]:
        if not row["col_name"] or (row["col_name"].startswith("#") and row["col_name"] != "# col_name"):
            break
        if row["col_name"] not in ("# col_name", "Not partitioned"):
            parts.append(row["data_type"] if row["col_name"].startswith("Part ") else row["col_name"])
    return tuple(parts)
