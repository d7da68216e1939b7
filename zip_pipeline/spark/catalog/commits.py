"""How the rows of a table of a catalog are replaced, by its format, and how a run knows its own commit again.

Iceberg has a module of its own. Delta's commits have the token as their ``userMetadata``. Tables of Parquet, in Spark's
own catalog or in Hive's, are files without commits: they are replaced in place, and nothing says what a version is.
"""

from collections.abc import Mapping
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.spark.catalog import iceberg
from zip_pipeline.spark.catalog.tables import CatalogTable

WITHOUT_ROWS = ("SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "OPTIMIZE", "VACUUM START", "VACUUM END")
"""Operations in Delta's history that leave the rows as they are."""


class Commits(Protocol):
    """What is done with the tables of a format."""

    def standing_version(self, spark: SparkSession, table: CatalogTable, token: str) -> int | None:
        """Return the version whose rows stand, where a commit with this token made it; else None."""

    def replace_rows(self, rows: DataFrame, table: CatalogTable, token: str, facts: Mapping[str, str]) -> None:
        """Replace all rows.

        Args:
            rows: with the table's columns in their order.
            table: that stands.
            token: identifies the commit.
            facts: about the rows, for formats whose commits say more than the token.
        """


class DeltaCommits:
    """Of Delta."""

    def standing_version(self, spark: SparkSession, table: CatalogTable, token: str) -> int | None:
        """Return the version of the last commit that changed rows, if it is this one."""
        history = spark.sql(f"DESCRIBE HISTORY {table.name}").where(~F.col("operation").isin(*WITHOUT_ROWS))
        newest = history.orderBy(F.desc("version")).select("version", "userMetadata").take(1)
        return newest[0]["version"] if newest and newest[0]["userMetadata"] == token else None

    def replace_rows(self, rows: DataFrame, table: CatalogTable, token: str, facts: Mapping[str, str]) -> None:  # noqa: ARG002
        """Replace all rows in one commit."""
        rows.writeTo(table.name).option("userMetadata", token).overwrite(F.lit(True))


class PlainFiles:
    """Of Parquet without commits."""

    def standing_version(self, spark: SparkSession, table: CatalogTable, token: str) -> None:
        """Return None: nobody knows whether the rows are whole, so they are written again."""

    def replace_rows(self, rows: DataFrame, table: CatalogTable, token: str, facts: Mapping[str, str]) -> None:  # noqa: ARG002
        """Replace the files, in every partition."""
        rows.write.option("partitionOverwriteMode", "static").insertInto(table.name, overwrite=True)


COMMITS: dict[str, Commits] = {
    "iceberg": iceberg,
    "delta": DeltaCommits(),
    "parquet": PlainFiles(),
    "hive": PlainFiles(),
}
"""By the format of a table; rows go to no others."""
