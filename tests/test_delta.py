"""Real Delta tables, in and out; without Delta's jars these tests are skipped."""

import json
from pathlib import Path
from typing import Any

import pytest
from pools import COLUMNS, sharegpt
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import InputError, OutputError
from zip_pipeline.lake import delta, storage
from zip_pipeline.lake.output import Output
from zip_pipeline.lake.storage import Location
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


def outcome(output: Path, *, run_id: str | None = None, mode: str = "overwrite") -> Output:
    return Output(str(output), file_format="delta", mode=mode, run_id=run_id)


def put(output: Output, rows: int, *tables: str, column: str = "id") -> dict[str, int]:
    """Write and publish tables of so many rows; return their versions."""
    manifest: dict[str, Any] = {"version": "1", "config": {"output": {}, "n": rows}, "input": {"fingerprint": "f"}}
    frame = SparkSession.active().range(rows).withColumnRenamed("id", column)
    with output:
        for table in tables:
            assert output.write(frame, table) == rows
        output.publish(manifest, "")
    assert json.loads((Path(output.location.path) / "manifest.json").read_text()) == manifest
    versions: dict[str, int] = manifest["delta_versions"]
    return versions


def held(output: Path, name: str, version: int | None = None) -> int:
    options = {} if version is None else {"versionAsOf": version}
    return SparkSession.active().read.format("delta").options(**options).load(f"file://{output / name}").count()


@pytest.mark.usefixtures("table")
def test_an_earlier_table_gets_a_new_version(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert put(outcome(out, mode="error"), 3, "rejected", "selection") == {"rejected": 0, "selection": 0}
    reader = SparkSession.active().read.format("delta").load(f"file://{out / 'selection'}")
    assert put(outcome(out), 5, "selection", column="other") == {"rejected": 1, "selection": 1}
    assert reader.count() == 3, "who had opened it reads on"
    assert [held(out, "selection", version) for version in (0, 1)] == [3, 5]
    assert [held(out, "rejected", version) for version in (0, 1)] == [3, 0], "no rows of an earlier run"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]

    with pytest.raises(OutputError, match="holds Delta tables, and their history would be lost"):
        Output(str(out), file_format="parquet", mode="overwrite")
    with pytest.raises(OutputError, match="exists already"):
        outcome(out, mode="error")


@pytest.mark.usefixtures("table")
def test_a_run_id_is_committed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    put(outcome(out, run_id="monday"), 3, "scores", "selection")
    before = (out / "manifest.json").read_bytes()

    def cut(rows: DataFrame, table: Location, *arguments: Any, **more: Any) -> int:
        if table.name == "selection":
            raise KeyboardInterrupt
        return commit(rows, table, *arguments, **more)

    commit = delta.commit
    with monkeypatch.context() as patch:
        patch.setattr(delta, "commit", cut)
        with pytest.raises(KeyboardInterrupt):
            put(outcome(out, run_id="tuesday"), 4, "scores", "selection")
    assert (out / "manifest.json").read_bytes() == before, "it names versions that belong together"
    assert (held(out, "scores"), held(out, "scores", 0), held(out, "selection")) == (4, 3, 3)

    for _ in range(2):  # the rest, then nothing
        assert put(outcome(out, run_id="tuesday"), 4, "scores", "selection") == {"scores": 1, "selection": 1}
    assert held(out, "selection") == 4

    again = put(outcome(out, run_id="tuesday"), 5, "scores", "selection")
    assert again == {"scores": 2, "selection": 2}, "another input or config is another run"
    with pytest.raises(OutputError, match="run 'monday' was written here, and another one since"):
        put(outcome(out, run_id="monday"), 3, "scores", "selection")
    assert held(out, "selection") == 5


@pytest.mark.usefixtures("table")
def test_without_renames_tables_are_committed_where_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "RENAMING", ())
    out = tmp_path / "out"
    for version, rows in enumerate((3, 4)):
        assert put(outcome(out), rows, "selection") == {"selection": version}
    assert held(out, "selection") == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
