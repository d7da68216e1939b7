"""`evaluate` says of DataFrames what the job says of the same rows in files."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import zip_pipeline
from support.pools import COLUMNS, sharegpt
from zip_pipeline import schema
from zip_pipeline.config import EvaluateConfig, load
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.evaluate import job as evaluate_job
from zip_pipeline.jobs.select import job as select_job
from zip_pipeline.report.console import Reporter

K = {"k1": 30, "k2": 8, "k3": 4}


def test_evaluate(spark: SparkSession, tmp_path: Path) -> None:
    from zip_pipeline.config import SelectConfig

    pool = spark.createDataFrame(sharegpt(120), COLUMNS)
    held_out = spark.createDataFrame(sharegpt(30, seed=5), COLUMNS)
    chosen = zip_pipeline.select(pool, budget=20, **K)
    compared = zip_pipeline.evaluate(chosen, pool=pool, held_out=held_out, by="source", workers=2)
    assert compared.columns == schema.COMPARED.names

    for name, rows in {"pool": pool, "held_out": held_out}.items():
        rows.write.parquet(f"file://{tmp_path / name}")
    keys = [f"input.path={tmp_path / 'pool'}", f"output.path={tmp_path / 'selection'}", "select.budget=20"]
    select_job.run(load(None, [*keys, *(f"select.{k}={v}" for k, v in K.items())], SelectConfig), Reporter())
    keys = [
        f"evaluate={{selections: [{tmp_path / 'selection'}], held_out: [{{path: {tmp_path / 'held_out'}}}], by: source}}",
        f"output.path={tmp_path / 'judged'}",
        "run.workers=2",
    ]
    comparison = evaluate_job.run(load(None, keys, EvaluateConfig), Reporter())["comparison"]
    expected = {
        (model, selection, held_out_set, baseline): (
            value["bits"],
            other["mean"],
            other["difference"],
            other["verdict"],
        )
        for model, selections in comparison.items()
        for selection, sets in selections.items()
        for held_out_set, value in sets.items()
        for baseline, other in value["against"].items()
    }
    assert len(expected) == 2 * 4 * 3, "two models; three sources and their mean; three baselines"
    found = {
        (row["model"], row["selection"], row["held_out"], row["baseline"]): (
            row["bits_per_byte"], row["baseline_mean"], row["difference"], row["verdict"],
        )
        for row in compared.collect()
    }  # fmt: skip
    assert found == expected


def test_a_column_that_is_not_there(spark: SparkSession) -> None:
    pool = spark.createDataFrame(sharegpt(12), COLUMNS)
    with pytest.raises(InputError, match="column topic is missing"):
        zip_pipeline.evaluate(pool, pool=pool, held_out=pool, by="topic")
