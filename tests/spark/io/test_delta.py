"""Real Delta tables, in and out; without Delta's jars these tests are skipped."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from support.pools import COLUMNS, sharegpt
from zip_pipeline.config import History, Input, Output, SelectConfig, load
from zip_pipeline.errors import InputError, OutputError
from zip_pipeline.jobs.history import NAMES
from zip_pipeline.jobs.select import job
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark.catalog.versions import pin
from zip_pipeline.spark.io import delta, location
from zip_pipeline.spark.io.history import HistoryTable
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.reader import read
from zip_pipeline.spark.io.table_formats import require_sources


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
    job.run(load(None, keys, SelectConfig), Reporter(Console(quiet=True)))


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


@pytest.mark.usefixtures("table")
def test_runs_append_to_a_history(spark: SparkSession, tmp_path: Path) -> None:
    section = History(path=str(tmp_path / "history"), format="delta")
    row = dict.fromkeys(NAMES) | {"name": "mix", "ratio": 2.5, "records": 3, "created_at": "2026-01-01"}
    for place in (0, 1):
        HistoryTable(section).append(spark, [row | {"place": place}])
    assert HistoryTable(section).rows(spark, ["mix"]) == [row | {"place": 0}, row | {"place": 1}]
    with pytest.raises(OutputError, match=r"it is a Delta table, and history\.format is parquet"):
        HistoryTable(section.model_copy(update={"format": "parquet"}))


def test_a_version_that_is_not_there(table: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="version 7"):
        select(table, tmp_path / "out", "input.options.versionAsOf=7")


def test_a_run_reads_one_version(
    spark: SparkSession, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though somebody writes another one before the picks are joined back."""
    pool, compare = tmp_path / "pool", job.baselines.compare
    spark.read.format("delta").load(f"file://{table}").write.format("delta").save(f"file://{pool}")

    def compare_late(*arguments: Any) -> Any:
        changed = spark.createDataFrame(sharegpt(20, seed=2), COLUMNS)
        changed.write.format("delta").mode("overwrite").save(f"file://{pool}")
        return compare(*arguments)

    select(pool, tmp_path / "expected")
    with monkeypatch.context() as patch:
        patch.setattr(job.baselines, "compare", compare_late)
        select(pool, tmp_path / "out")
    found, expected = (spark.read.parquet(f"file://{tmp_path / name}/selection") for name in ("out", "expected"))
    assert found.orderBy("zip_rank").collect() == expected.orderBy("zip_rank").collect()
    told = json.loads((tmp_path / "out/manifest.json").read_text())["config"]["input"]
    assert told["options"] == {"versionAsOf": 0}


def test_a_table_of_the_catalog_has_a_version(spark: SparkSession, table: Path) -> None:
    spark.sql(f"CREATE TABLE pool_of_versions USING delta LOCATION 'file://{table}'")
    try:
        place = pin(spark, Input(table="pool_of_versions"))
        assert place.options == {"versionAsOf": 1}
        assert read(spark, place).count() == 20
        changes = Input(table="pool_of_versions", options={"readChangeFeed": True, "startingVersion": 0})
        assert pin(spark, changes) == changes
    finally:
        spark.sql("DROP TABLE pool_of_versions")
    spark.range(3).createOrReplaceTempView("no_delta")
    assert pin(spark, Input(table="no_delta")).options == {}


def test_delta_tables_that_cannot_be_written(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(spark.read)
    known = kind.format
    monkeypatch.setattr(kind, "format", lambda reader, _: known(reader, "unheard_of"))
    with pytest.raises(OutputError, match="Delta's jars are not on Spark's class path"):
        require_sources(spark, ["delta", "parquet"])


def test_a_folder_that_is_no_delta_table(tmp_path: Path, table: Path) -> None:
    assert table.is_dir()
    (tmp_path / "plain").mkdir()
    with pytest.raises(InputError, match="DELTA_TABLE_NOT_FOUND"):
        select(tmp_path / "plain", tmp_path / "out", "input.format=delta")


WORKERS = itertools.count(1)


def outcome(
    path: Path, *, run_id: str | None = None, mode: str = "overwrite", file_format: str = "delta"
) -> OutputTree:
    section = {"path": str(path), "format": file_format, "mode": mode, "run_id": run_id}
    return OutputTree(Output.model_validate(section))


def put(output: OutputTree, rows: int, *tables: str, column: str = "id") -> dict[str, int]:
    """Write and publish tables of so many rows; return their versions."""
    config = {"output": {}, "n": rows, "run": {"workers": next(WORKERS)}}  # how it is run makes no other run of it
    manifest: dict[str, Any] = {"version": "1", "config": config, "input": {"fingerprint": "f"}}
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
    assert put(outcome(out), 5, "selection", column="other") == {"rejected": 1, "selection": 1}
    assert [held(out, "selection", version) for version in (0, 1)] == [3, 5]
    assert [held(out, "rejected", version) for version in (0, 1)] == [3, 0], "no rows of an earlier run"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]

    with pytest.raises(OutputError, match="holds Delta tables, and their history would be lost"):
        outcome(out, file_format="parquet")
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
def test_without_renames_a_retry_completes_a_new_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(location, "RENAMING_FILESYSTEMS", ())
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(OutputTree, "__exit__", lambda *_: None)  # killed
        patch.setattr(location.Location, "write_whole", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            put(outcome(out, run_id="monday", mode="error"), 4, "scores", "selection")
    assert sorted(path.name for path in out.iterdir()) == ["scores", "selection"]
    assert put(outcome(out, run_id="monday", mode="error"), 4, "scores", "selection") == {"scores": 0, "selection": 0}
    with pytest.raises(OutputError, match="exists already"):
        outcome(out, mode="error")


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("run_id", [None, "monday"])
def test_without_renames_a_commit_that_was_cut_is_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_id: str | None
) -> None:
    """Delta makes the log's folder first, and its own reader then says that there is no table."""
    monkeypatch.setattr(location, "RENAMING_FILESYSTEMS", ())
    out = tmp_path / "out"
    (out / "scores/_delta_log/_staged_commits").mkdir(parents=True)
    assert not delta.is_table(Location.of(str(out / "scores")))
    versions = {"scores": 0, "selection": 0}
    assert put(outcome(out, run_id=run_id, mode="error"), 4, "scores", "selection") == versions
    assert delta.is_table(Location.of(str(out / "scores")))


@pytest.mark.usefixtures("table")
def test_a_history_whose_first_commit_was_cut_is_empty(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "history/_delta_log/_staged_commits").mkdir(parents=True)
    history = HistoryTable(History(path=str(tmp_path / "history"), format="delta"))
    assert history.rows(spark, ["mix"]) == []
    history.append(spark, [dict.fromkeys(NAMES) | {"name": "mix", "created_at": "2026-01-01", "place": 0}])
    assert len(history.rows(spark, ["mix"])) == 1


@pytest.mark.usefixtures("table")
def test_without_renames_tables_are_committed_where_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(location, "RENAMING_FILESYSTEMS", ())
    out = tmp_path / "out"
    for version, rows in enumerate((3, 4)):
        assert put(outcome(out), rows, "selection") == {"selection": version}
    assert held(out, "selection") == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
