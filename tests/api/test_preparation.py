"""`deduplicate` and `split` give what their jobs give; every usable record is on exactly one side."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import zip_pipeline
from support.pools import COLUMNS, sharegpt
from zip_pipeline.config import SelectConfig, SplitConfig, load
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs import split
from zip_pipeline.jobs.select import job
from zip_pipeline.report.console import Reporter


def rows(copies: int) -> list[dict[str, object]]:
    """Records, some of which come again with another id, a higher quality and one more word."""
    records = sharegpt(60)
    again = sharegpt(60)[:copies]
    for record in again:
        record["id"] += "-again"
        record["quality"] += 1
        record["conversations"][1]["value"] += " again"
    return [*records, *again]


@pytest.mark.parametrize("prefer", [None, "quality"])
def test_deduplicate(spark: SparkSession, tmp_path: Path, prefer: str | None) -> None:
    records = [*rows(12), {"id": "bad"}]
    pool = spark.createDataFrame(records, COLUMNS)
    kept, duplicates = zip_pipeline.deduplicate(pool, prefer=prefer)
    pool.createOrReplaceTempView("with_copies")
    keys = ["input.table=with_copies", f"output.path={tmp_path / 'out'}", "select.budget=5"]
    job.run(load(None, [*keys, f"input.prefer={prefer or 'null'}"], SelectConfig), Reporter())
    expected = spark.read.parquet(f"file://{tmp_path / 'out/duplicates'}")
    assert sorted(duplicates.collect()) == sorted(expected.select(*duplicates.columns).collect())
    gone = {row["id"] for row in duplicates.collect()}
    assert len(gone) == 12
    assert all(name.endswith("-again") is (prefer is None) for name in gone)
    by_id = {row["id"]: row for row in pool.collect()}
    assert {row["id"]: row for row in kept.collect()} == {i: by_id[i] for i in by_id.keys() - gone - {"bad"}}


def test_exact_copies_alone(spark: SparkSession) -> None:
    first = sharegpt(60)[0]
    pool = spark.createDataFrame([*rows(12), {**first, "id": "copy"}], COLUMNS)
    kept, duplicates = zip_pipeline.deduplicate(pool, how="exact")
    assert [tuple(row) for row in duplicates.collect()] == [(first["id"], "copy", 1.0, 1.0)]
    assert kept.count() == 72


def test_split(spark: SparkSession, tmp_path: Path) -> None:
    pool = spark.createDataFrame([*rows(12), {"id": "bad"}], COLUMNS)
    sides = zip_pipeline.split(pool, share="30%", seed=3)
    pool.createOrReplaceTempView("to_split")
    keys = ["input.table=to_split", f"output.path={tmp_path / 'out'}", "split.share=0.3", "split.seed=3"]
    split.run(load(None, keys, SplitConfig), Reporter())
    assert sides._fields == split.SIDES
    for name, side in sides._asdict().items():
        expected = spark.read.parquet(f"file://{tmp_path / 'out' / name}")
        assert side.columns == pool.columns
        assert sorted(side.select("id").collect()) == sorted(expected.select("id").collect())
    assert sum(side.count() for side in sides) == 72
    assert sides.held_out.count() > 5


def test_mistakes(spark: SparkSession) -> None:
    pool = spark.createDataFrame(sharegpt(3), COLUMNS)
    with pytest.raises(ConfigError, match=r"split\.share"):
        zip_pipeline.split(pool, share=2)
    with pytest.raises(ConfigError, match=r"input\.deduplicate"):
        zip_pipeline.deduplicate(pool, how="most")
    with pytest.raises(ConfigError, match=r"input\.deduplicate is none, so there is nothing to do"):
        zip_pipeline.deduplicate(pool, how="none")
