"""Commits to Delta tables, each under a token that tells it from any other.

The token stands in the commit's ``userMetadata``, where `DESCRIBE HISTORY` finds it again. A commit that shall happen
once at most also carries it as Delta's ``txnAppId``: Delta passes over a write whose (txnAppId, txnVersion) the table
has seen (`WriteIntoDelta.hasBeenExecuted`), also when two runs of it race.
"""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.lake.storage import Location


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
    history = spark.sql(f"DESCRIBE HISTORY delta.`{table.uri.replace('`', '``')}`")
    written = history.where(F.col("operation") == "WRITE").groupBy("userMetadata").agg(F.max("version"))
    return dict(map(tuple, written.collect()))
