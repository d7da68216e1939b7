"""The same from a notebook: DataFrames in, DataFrames out."""

from pathlib import Path

import pytest
from pools import COLUMNS, sharegpt
from pyspark.sql import SparkSession

import zip_pipeline
from zip_pipeline import schema
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.progress import Reporter


def test_select_and_score(spark: SparkSession, tmp_path: Path) -> None:
    records = sharegpt(60)
    pool = spark.createDataFrame([*records, records[7], {"id": "bad"}], COLUMNS)
    chosen = zip_pipeline.select(pool, budget=12, k1=30, k2=8, k3=4, workers=2)
    assert chosen.columns == [*pool.columns, *schema.PICKED]

    from zip_pipeline.selecting import select_job

    pool.createOrReplaceTempView("offered")
    keys = [
        "input.table=offered",
        f"output.path={tmp_path / 'out'}",
        "select={budget: 12, k1: 30, k2: 8, k3: 4}",
    ]
    select_job.run(load(None, keys, SelectConfig), Reporter())
    expected = spark.read.parquet(f"file://{tmp_path / 'out/selection'}").orderBy("zip_rank").collect()
    assert chosen.collect() == expected

    scores = zip_pipeline.score(pool).collect()
    assert len(scores) == 62
    assert [row["id"] for row in scores if row["reason"] is not None] == ["bad"]


def test_staging_is_cleared(spark: SparkSession, tmp_path: Path) -> None:
    pool = spark.createDataFrame(sharegpt(10), COLUMNS)
    assert zip_pipeline.select(pool, budget=3, staging=str(tmp_path / "staging")).count() == 3
    assert list((tmp_path / "staging").iterdir()) == []


def test_mistakes(spark: SparkSession) -> None:
    pool = spark.createDataFrame(sharegpt(10), COLUMNS)
    with pytest.raises(ConfigError, match="k1 >= k2 >= k3"):
        zip_pipeline.select(pool, budget=3, k3=500)
    with pytest.raises(ConfigError, match="expected content or repr, found 'html'"):
        zip_pipeline.score(pool, render="html")
    with pytest.raises(InputError, match="column prompt is missing"):
        zip_pipeline.score(pool, dialect="text", text_column="prompt")
