"""Delta tables: which version is there, and commits, each under a token that tells it from any other.

The token stands in the commit's ``userMetadata``, where `DESCRIBE HISTORY` finds it again. A commit that shall happen
once at most also carries it as Delta's ``txnAppId``: Delta passes over a write whose (txnAppId, txnVersion) the table
has seen (`WriteIntoDelta.hasBeenExecuted`), also when two runs of it race.
"""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io.location import Location


def require(spark: SparkSession) -> None:
    """Check that Delta tables can be written.

    Raises:
        OutputError: when Spark does not know them.
    """
    try:
        spark.read.format("delta").load("/")
    except Exception as error:
        if "DATA_SOURCE_NOT_FOUND" in str(error):
            raise OutputError("format delta: Delta's jars are not on Spark's class path") from None


def newest(spark: SparkSession, table: str) -> int | None:
    """Return the version of a table, as SQL names it, that is there now; None where it is no Delta table."""
    try:
        return int(spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").collect()[0]["version"])
    except Exception:  # of which kind depends on what else the session knows; reading says what is wrong
        return None


def sql_name(uri: str) -> str:
    """Return how SQL names the table in a folder."""
    return f"delta.`{uri.replace('`', '``')}`"


def commit(rows: DataFrame, table: Location, token: str, *, once: bool) -> int:
    """Make `rows` all that the table holds, in one commit; return its version.

    Args:
        rows: of any schema; they may be read from the table itself.
        table: made where there is none.
        token: of the commit.
        once: whether nothing happens where the table has a commit of this token.
    """
    options = {"overwriteSchema": "true", "userMetadata": token}
    if once:
        options |= {"txnAppId": token, "txnVersion": "0"}
    rows.write.format("delta").mode("overwrite").options(**options).save(table.uri)
    version = _versions(rows.sparkSession, table).get(token)
    if version is None:
        raise RuntimeError(f"{table.uri}: the commit {token} is not in its history")
    return version


def overtaken(spark: SparkSession, table: Location, token: str) -> bool:
    """Whether the table has a commit of this token, and a later write by something else."""
    if not (table / "_delta_log").exists():
        return False
    versions = _versions(spark, table)
    return token in versions and versions[token] < max(versions.values())


def _versions(spark: SparkSession, table: Location) -> dict[str | None, int]:
    """Return the last version that each token wrote; None stands for what was written without one."""
    history = spark.sql(f"DESCRIBE HISTORY {sql_name(table.uri)}")
    written = history.where(F.col("operation") == "WRITE").select("version", "userMetadata").collect()
    return {row["userMetadata"]: row["version"] for row in sorted(written, key=lambda row: row["version"])}
