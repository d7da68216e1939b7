"""Delta tables: the newest version, and commits with a token; see `table_formats.TableFormat`.

A commit's ``userMetadata`` contains its token, so `DESCRIBE HISTORY` shows it. A commit that must happen at most once
also has the token as Delta's ``txnAppId``: Delta skips a write whose (txnAppId, txnVersion) the table has already
seen (`WriteIntoDelta.hasBeenExecuted`). This holds when two runs race, too.
"""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.config import Place
from zip_pipeline.formats import DELTA
from zip_pipeline.spark.io.location import Location, uri_of


def newest_version(spark: SparkSession, place: Place) -> int | None:
    """Return the number of the newest version of a table; None where there is no Delta table."""
    table = place.table or _sql_name(uri_of(str(place.path)))
    try:
        return int(spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").collect()[0]["version"])
    except Exception:  # its class depends on what else the session knows; reading says what is wrong
        return None


def commit(rows: DataFrame, table: Location, token: str, *, once: bool) -> int:
    """Replace all rows of a table in one commit; see `TableFormat.commit`."""
    options = {"overwriteSchema": "true", "userMetadata": token}
    if once:
        options |= {"txnAppId": token, "txnVersion": "0"}
    rows.write.format("delta").mode("overwrite").options(**options).save(table.uri)
    version = _versions(rows.sparkSession, table).get(token)
    if version is None:
        raise RuntimeError(f"{table.uri}: the commit {token} is not in its history")
    return version


def append(rows: DataFrame, table: Location) -> None:
    """Append rows in one commit."""
    rows.write.format("delta").mode("append").save(table.uri)


def is_table(table: Location) -> bool:
    """Whether a folder has a commit; a run that was killed in its first one leaves an empty log."""
    log = table / DELTA.log_folder
    return log.exists() and any(file.name.endswith((".json", ".parquet")) for file in log.children())


def is_superseded(spark: SparkSession, table: Location, token: str) -> bool:
    """Whether the table has a commit with this token, and a later one with another."""
    if not is_table(table):
        return False
    versions = _versions(spark, table)
    return token in versions and versions[token] < max(versions.values())


def _sql_name(uri: str) -> str:
    """Return how SQL names the table in a folder."""
    return f"delta.`{uri.replace('`', '``')}`"


def _versions(spark: SparkSession, table: Location) -> dict[str | None, int]:
    """Return the last version that each token wrote; the key None stands for writes without a token."""
    history = spark.sql(f"DESCRIBE HISTORY {_sql_name(table.uri)}")
    writes = history.where(F.col("operation") == "WRITE").select("version", "userMetadata").collect()
    return {row["userMetadata"]: row["version"] for row in sorted(writes, key=lambda row: row["version"])}
