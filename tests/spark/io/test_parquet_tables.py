"""Tables that stages leave: computed once, read by the session that asks."""

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table


def test_an_incomplete_table_is_computed_anew(spark: SparkSession, tmp_path: Path) -> None:
    target = Location.of(str(tmp_path / "table"))
    (tmp_path / "table").mkdir()
    (tmp_path / "table/part-00000.parquet").write_bytes(b"cut off")
    made = []

    def make() -> DataFrame:
        made.append(1)
        return spark.range(5)

    for _ in range(2):
        frame, counts = stage_table(spark, target, make)
        assert (frame.count(), counts) == (5, {"rows": 5})
    assert len(made) == 1


def test_the_session_that_asks_reads_the_table(spark: SparkSession, tmp_path: Path) -> None:
    """Not the active one: a process may have several sessions, of Spark Connect for instance."""
    target, other = Location.of(str(tmp_path / "table")), spark.newSession()
    for session in (other, spark, other):
        frame, _ = stage_table(session, target, lambda: other.range(3))
        assert frame.sparkSession is session
