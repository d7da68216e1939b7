"""Iceberg's tables: the snapshot that a branch has, and commits with a token; a version is a snapshot's id.

Each snapshot has a summary, and what a commit is told to put there stays with it: a token of ours, and what the rows
are. A branch is a name behind that of the table, as in ``ice.lake.chosen.branch_audit``.
"""

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.spark.catalog.tables import CatalogTable

MAIN = "main"
"""The branch that a table's own name stands for."""

IDENTITY = "zip_pipeline.identity"
"""Of a commit. Spark hides the values of properties whose names say token, secret or password."""


def newest_version(spark: SparkSession, table: CatalogTable, ref: str | None = None) -> int | None:
    """Return the snapshot of a branch or tag; None where it has none, as a table without rows.

    Args:
        spark: the session.
        table: of Iceberg.
        ref: the branch or tag; None: the one that the table's name has, or the main branch.
    """
    name, own = table.ref
    refs = spark.read.table(f"{name}.refs").where(F.col("name") == (ref or own or MAIN))
    rows = refs.collect()
    return int(rows[0]["snapshot_id"]) if rows else None


def standing_version(spark: SparkSession, table: CatalogTable, token: str) -> int | None:
    """Return the newest version where a commit with this token made it; else None."""
    version = newest_version(spark, table)
    if version is None:
        return None
    snapshots = spark.read.table(f"{table.ref[0]}.snapshots")
    rows = snapshots.where(F.col("snapshot_id") == version).collect()
    return version if rows and rows[0]["summary"].get(IDENTITY) == token else None


def replace_rows(rows: DataFrame, table: CatalogTable, token: str, facts: Mapping[str, str]) -> None:
    """Replace all rows in one commit.

    Args:
        rows: with the table's columns.
        table: of Iceberg, or a branch of one.
        token: identifies the commit.
        facts: what the snapshot's summary says of the rows.
    """
    summary = {f"snapshot-property.{key}": value for key, value in {**facts, IDENTITY: token}.items()}
    rows.writeTo(table.name).options(**summary).overwrite(F.lit(True))
