"""Real Delta tables, in and out; without Delta's jars these tests are skipped."""

from pathlib import Path

import pytest
from pools import COLUMNS, sharegpt
from pyspark.sql import SparkSession
from rich.console import Console

from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import InputError
from zip_pipeline.progress import Reporter
from zip_pipeline.selecting import select_job


@pytest.fixture(scope="module")
def table(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 0 holds 60 records, version 1 only 20 others."""
    path = tmp_path_factory.mktemp("lake") / "pool"
    for version in (sharegpt(60), sharegpt(20, seed=1)):
        frame = spark.createDataFrame(version, COLUMNS).repartition(3)
        try:
            frame.write.format("delta").mode("overwrite").save(f"file://{path}")
        except Exception as error:
            if "DATA_SOURCE_NOT_FOUND" not in str(error):
                raise
            pytest.skip("Delta's jars are not on Spark's class path: Maven Central was out of reach at set-up")
    return path


def select(table: Path, output: Path, *overrides: str) -> None:
    keys = [
        f"input.path={table}",
        f"output.path={output}",
        "select={budget: 10, k1: 20, k2: 8, k3: 4}",
        *overrides,
    ]
    select_job.run(load(None, keys, SelectConfig), Reporter(Console(quiet=True)))


def test_in_and_out(spark: SparkSession, table: Path, tmp_path: Path) -> None:
    spark.createDataFrame(sharegpt(60), COLUMNS).write.parquet(f"file://{tmp_path / 'pool.parquet'}")
    select(tmp_path / "pool.parquet", tmp_path / "expected")
    select(table, tmp_path / "out", "input.options.versionAsOf=0", "output.format=delta")

    expected = spark.read.parquet(f"file://{tmp_path / 'expected/selection'}").orderBy("zip_rank")
    found = spark.read.format("delta").load(f"file://{tmp_path / 'out/selection'}").orderBy("zip_rank")
    assert found.select(expected.columns).collect() == expected.collect()
    for name in ("selection", "scores"):
        assert (tmp_path / "out" / name / "_delta_log").is_dir()


def test_the_newest_version_is_the_default(spark: SparkSession, table: Path, tmp_path: Path) -> None:
    select(table, tmp_path / "out")
    assert spark.read.parquet(f"file://{tmp_path / 'out/scores'}").count() == 20


def test_a_version_that_is_not_there(table: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version 7"):
        select(table, tmp_path / "out", "input.options.versionAsOf=7")


def test_a_folder_that_is_no_delta_table(tmp_path: Path, table: Path) -> None:
    assert table.is_dir()
    (tmp_path / "plain").mkdir()
    with pytest.raises(InputError, match="DELTA_TABLE_NOT_FOUND"):
        select(tmp_path / "plain", tmp_path / "out", "input.format=delta")
