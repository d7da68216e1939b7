"""The same from a notebook: DataFrames in, DataFrames out."""

import re
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import zip_pipeline
from support.pools import COLUMNS, sharegpt
from zip_pipeline import api, schema
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.report.console import Reporter


def test_select_and_score(spark: SparkSession, tmp_path: Path) -> None:
    records = sharegpt(60)
    pool = spark.createDataFrame([*records, records[7], {"id": "bad"}], COLUMNS)
    chosen = zip_pipeline.select(
        pool, budget=12, k1=30, k2=8, k3=4, quotas={"books": {"share": 0.25}}, seed=3, workers=2
    )
    assert chosen.columns == [*pool.columns, *schema.PICKED]

    from zip_pipeline.jobs.select import job

    pool.createOrReplaceTempView("offered")
    keys = [
        "input.table=offered",
        f"output.path={tmp_path / 'out'}",
        "select={budget: 12, k1: 30, k2: 8, k3: 4, quotas: {books: {share: 0.25}}}",
        "run.seed=3",
    ]
    job.run(load(None, keys, SelectConfig), Reporter())
    expected = spark.read.parquet(f"file://{tmp_path / 'out/selection'}").orderBy("zip_rank").collect()
    assert chosen.collect() == expected

    scores = zip_pipeline.score(pool).collect()
    assert len(scores) == 62
    assert [row["id"] for row in scores if row["reason"] is not None] == ["bad"]


def test_a_target_is_read_as_the_pool(spark: SparkSession) -> None:
    """Its records come first, and what covers nothing of it, last."""
    words = [f"word{number}" for number in range(40)]
    rows = [(f"r{n:02}", " ".join(words[n % 5 * 8 : n % 5 * 8 + 8])) for n in range(20)]
    pool = spark.createDataFrame(rows, "key string, body string")
    target = spark.createDataFrame([("t", " ".join(words[16:24]))], "key string, body string")
    reading = {"id_column": "key", "text_column": "body", "dialect": "text"}
    chosen = zip_pipeline.select(pool, target=target, budget=4, deduplicate="none", **reading)  # type: ignore[arg-type]
    assert [row["key"] for row in chosen.collect()] == ["r02", "r07", "r12", "r17"]
    with pytest.raises(ConfigError, match="the rule target needs 'target'"):
        zip_pipeline.select(pool, rule="target", budget=4, **reading)  # type: ignore[arg-type]


def test_staging_is_cleared(spark: SparkSession, tmp_path: Path) -> None:
    pool = spark.createDataFrame(sharegpt(10), COLUMNS)
    assert zip_pipeline.select(pool, budget=3, staging=str(tmp_path / "staging")).count() == 3
    assert list((tmp_path / "staging").iterdir()) == []


def test_mistakes(spark: SparkSession) -> None:
    pool = spark.createDataFrame(sharegpt(10), COLUMNS)
    with pytest.raises(ConfigError, match="k1 >= k2 >= k3"):
        zip_pipeline.select(pool, budget=3, k3=500)
    with pytest.raises(InputError, match="column prompt is missing"):
        zip_pipeline.score(pool, dialect="text", text_column="prompt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"codec": "zstd"}, "select.rule gain needs codec.name=zlib"),
        ({"rule": "paper", "codec": "zstd", "render": "repr"}, "repr needs codec.name=zlib"),
        ({"prefer": "grade", "deduplicate": "none"}, "'prefer' chooses among duplicates"),
        ({"deduplicate": "most"}, "input.deduplicate.kind: input should be 'none', 'exact' or 'near', found 'most'"),
        ({"quotas": {"books": {"shrae": 0.5}}}, "select.quotas.books.shrae: unknown key, did you mean 'share'?"),
        ({"workers": 0}, "run.workers: input should be"),
        ({"window": "33KB"}, "codec: expected window a power of two"),
        ({"render": "html"}, "render: input should be 'content' or 'repr', found 'html'"),
    ],
)
def test_what_the_job_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        api.select(None, budget=3, **arguments)  # before it looks at the pool


def test_what_the_jobs_score_and_measure_refuse() -> None:
    with pytest.raises(ConfigError, match="repr needs"):
        api.score(None, render="repr", codec="zstd")
    with pytest.raises(ConfigError, match=re.escape("measure.shard: expected at least codec.window, 64MB")):
        api.measure(None, shard="8MB")
