"""Cases that `test_catalogs.py` runs under several versions of Spark; of each format those that the version has."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from rich.console import Console

from support.pools import sharegpt
from zip_pipeline import schema
from zip_pipeline.config import CheckConfig, History, Input, SelectConfig, validate
from zip_pipeline.errors import OutputError, SetupError
from zip_pipeline.jobs.law import check as law_check
from zip_pipeline.jobs.select import job
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark.catalog.history import CatalogHistory
from zip_pipeline.spark.catalog.publishing import PublishedTable
from zip_pipeline.spark.catalog.tables import find
from zip_pipeline.spark.catalog.versions import pin
from zip_pipeline.spark.io.reader import NOT_PINNED, read, read_with_origin
from zip_pipeline.spark.session import open_session

VERSION = ".".join(pyspark.__version__.split(".")[:2])
HAS_ICEBERG = VERSION != "4.2"
TABLES = {"iceberg": "ice.lake.chosen"} if HAS_ICEBERG else {}
TABLES |= {"delta": "lake.chosen_delta", "parquet": "lake.chosen_parquet"}
WITH_VERSIONS = sorted(TABLES.keys() - {"parquet"})
POOL = "id string, conversations array<struct<`from`:string, value:string>>, source string, quality double"
SMALL = {"k1": 20, "k2": 8, "k3": 2}

only_iceberg = pytest.mark.skipif(not HAS_ICEBERG, reason="Iceberg has no runtime for this Spark")


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A Spark with an Iceberg catalog `ice`, and Hive's metastore, which knows Delta, as its own catalog."""
    folder, iceberg = tmp_path_factory.mktemp("catalogs"), "org.apache.iceberg.spark"
    settings = {
        "spark.master": "local[2]",
        "spark.jars": os.environ["CATALOG_JARS"],
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension"
        + (f",{iceberg}.extensions.IcebergSparkSessionExtensions" if HAS_ICEBERG else ""),
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.catalog.ice": f"{iceberg}.SparkCatalog",
        "spark.sql.catalog.ice.type": "hadoop",
        "spark.sql.catalog.ice.warehouse": f"{folder}/iceberg",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore;create=true",
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder}/derby.log",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
    }
    session = open_session("catalogs", settings)
    assert session.version.startswith(VERSION)
    session.sql("CREATE SCHEMA lake")
    if HAS_ICEBERG:
        session.sql("CREATE SCHEMA ice.lake")
    yield session
    session.stop()


def pool(spark: SparkSession, records: int, seed: int = 1) -> DataFrame:
    columns = ("id", "conversations", "source", "quality")
    rows = [tuple(row.get(name) for name in columns) for row in sharegpt(records, seed=seed)]
    return spark.createDataFrame(rows, POOL)


def config(out: Path, name: str, provider: str, budget: int = 20, **output: Any) -> SelectConfig:
    output = {"path": str(out), "table": name, "table_format": provider, "partition_by": ["source"], **output}
    tree = {"input": {"path": "none"}, "output": output, "select": {"budget": budget, **SMALL}}
    return validate(SelectConfig, tree)


def publish(spark: SparkSession, asked: SelectConfig, rows: DataFrame) -> dict[str, Any]:
    manifest = {
        "version": "1",
        "config": asked.resolved(),
        "input": {"fingerprint": "f00d"},
        "selection": {"set_ratio": 2.5, "records": asked.select.budget},
    }
    return PublishedTable(spark, asked).publish(rows, manifest)


@pytest.mark.parametrize("provider", TABLES)
def test_rows_go_to_a_table_and_replace_its_rows(spark: SparkSession, tmp_path: Path, provider: str) -> None:
    name, rows = TABLES[provider], pool(spark, 50)
    first = publish(spark, config(tmp_path, name, provider, 50), rows)
    assert first["table"] == name
    assert first["format"] == provider
    table = find(spark, name, with_properties=True)
    assert table is not None
    assert table.partitioning == ("source",)
    facts = {key.removeprefix("zip_pipeline."): value for key, value in table.properties.items()}
    assert (facts["fingerprint"], facts["set_ratio"], facts["records"]) == ("f00d", "2.5", "50")

    with pytest.raises(OutputError, match=r"has rows already; set output\.mode=overwrite"):
        publish(spark, config(tmp_path, name, provider, 30), rows.limit(30))
    again = publish(spark, config(tmp_path, name, provider, 50), rows)  # as after a kill before the manifest
    assert again == first

    asked = config(tmp_path, name, provider, 30, mode="overwrite", run_id="it's tuesday")
    second = publish(spark, asked, rows.limit(30))
    assert spark.table(name).count() == 30
    table = find(spark, name, with_properties=True)
    assert table is not None
    assert table.properties["zip_pipeline.run_id"] == "it's tuesday"
    if provider in WITH_VERSIONS:
        assert second["version"] != first["version"]
        old = spark.read.option("versionAsOf", first["version"]).table(name)
        assert sorted(old.collect()) == sorted(rows.select(*old.columns).collect())
        new = spark.read.option("versionAsOf", second["version"]).table(name)
        assert new.count() == 30


@pytest.mark.parametrize("provider", TABLES)
def test_a_run_that_is_killed_after_its_commit(
    spark: SparkSession, tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command again: the commit is its own, and what was not done is done."""
    name, asked = f"{TABLES[provider]}_killed", config(tmp_path, f"{TABLES[provider]}_killed", provider)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PublishedTable, "_set", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(spark, asked, pool(spark, 20))
    assert spark.table(name).count() == 20
    published = publish(spark, asked, pool(spark, 20))
    assert spark.table(name).count() == 20
    table = find(spark, name, with_properties=True)
    assert table is not None
    assert table.properties["zip_pipeline.records"] == "20"
    if provider in WITH_VERSIONS:
        versions = [row[0] for row in versions_of(spark, name, provider).collect()]
        assert published["version"] == versions[-1], "no second commit"


def versions_of(spark: SparkSession, name: str, provider: str) -> DataFrame:
    """The versions that changed rows, oldest first."""
    if provider == "iceberg":
        return spark.table(f"{name}.snapshots").orderBy("committed_at").select("snapshot_id")
    history = spark.sql(f"DESCRIBE HISTORY {name}").where("operation = 'WRITE'")
    return history.orderBy("version").select("version")


def test_tables_that_stay_as_they_are(spark: SparkSession, tmp_path: Path) -> None:
    name, provider = f"{TABLES['delta']}_foreign", "delta"
    pool(spark, 5).write.format(provider).saveAsTable(name)
    for mode in ("error", "overwrite"):
        with pytest.raises(OutputError, match="has rows that this package did not write"):
            PublishedTable(spark, config(tmp_path, name, provider, mode=mode, partition_by=[]))
    with pytest.raises(OutputError, match=r"partitioned by nothing, and output\.partition_by is source"):
        PublishedTable(spark, config(tmp_path, name, provider))
    spark.sql("CREATE VIEW lake.seen AS SELECT * FROM lake.chosen_delta_foreign")
    with pytest.raises(OutputError, match="a view, and rows go to Delta"):
        PublishedTable(spark, config(tmp_path, "lake.seen", provider))
    with pytest.raises(OutputError, match="there is no schema nowhere"):
        PublishedTable(spark, config(tmp_path, "nowhere.chosen", provider))
    with pytest.raises(OutputError, match=r"output\.partition_by: no column language; found id"):
        publish(spark, config(tmp_path, "lake.never", provider, partition_by=["language"]), pool(spark, 5))
    spark.sql("CREATE TABLE lake.narrow (id string, colour string) USING delta")
    with pytest.raises(OutputError, match="it lacks conversations, source, quality; the rows lack colour"):
        publish(spark, config(tmp_path, "lake.narrow", provider, partition_by=[]), pool(spark, 5))

    seen = Input(table="lake.seen")
    assert pin(spark, seen) == seen
    assert read_with_origin(spark, seen)[1].notes == (NOT_PINNED,)


@pytest.mark.parametrize("provider", ["iceberg" if HAS_ICEBERG else "delta"])
def test_a_selection_from_a_table_that_moves(
    spark: SparkSession, tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session commits while the run picks; the rows that are joined back are those that were scored."""
    catalog = "ice.lake" if HAS_ICEBERG else "lake"
    name, history = f"{catalog}.pool", f"{catalog}.history"
    records = pool(spark, 300)
    records.writeTo(name).using(provider).create()
    records.coalesce(1).write.parquet(f"file://{tmp_path}/pool")

    def keys(place: dict[str, Any], out: str, **more: Any) -> SelectConfig:
        place |= {"deduplicate": "exact"}
        tree = {"input": place, "select": {"budget": 20, **SMALL}, "output": {"path": f"{tmp_path}/{out}"}, **more}
        return validate(SelectConfig, tree)

    def select(asked: SelectConfig) -> dict[str, Any]:
        return job.run(asked, Reporter(Console(quiet=True)))

    compare: Callable[..., Any] = job.baselines.compare

    def compare_late(*arguments: Any) -> Any:
        changed = spark.newSession().table(name)
        changed.select(*changed.columns).limit(0).writeTo(name).overwrite(F.lit(True))
        return compare(*arguments)

    output = {"path": f"{tmp_path}/moving", "table": f"{catalog}.selected", "table_format": provider}
    asked = keys({"table": name}, "moving", output=output, history={"table": history})
    with monkeypatch.context() as patch:
        patch.setattr(job.baselines, "compare", compare_late)
        made = select(asked)
    spark.catalog.refreshTable(name)  # Iceberg's catalog keeps what this session saw
    assert spark.table(name).count() == 0
    assert made["config"]["input"]["options"].keys() == {"versionAsOf"}
    assert made["input"]["notes"] == []
    select(keys({"path": f"{tmp_path}/pool"}, "still"))
    picked, expected = (
        [tuple(row) for row in rows.select("zip_rank", "id", "zip_set_ratio").orderBy("zip_rank").collect()]
        for rows in (spark.table(f"{catalog}.selected"), spark.read.parquet(f"file://{tmp_path}/still/selection"))
    )
    assert len(expected) == 20
    assert picked == expected
    (row,) = spark.table(history).collect()
    assert (row["job"], row["records"], row["ratio"]) == ("select", 20, made["selection"]["set_ratio"])
    with pytest.raises(SetupError, match=r"history\.path: ice\.lake\.history: a name in the catalog ice"):
        select(keys({"path": f"{tmp_path}/pool"}, "never", history={"path": "ice.lake.history"}))


@only_iceberg
def test_write_audit_publish(spark: SparkSession, tmp_path: Path) -> None:
    """Rows go to a branch, `law check` judges them, and the main branch moves there if they carry no risk."""
    name = "ice.lake.audited"
    publish(spark, config(tmp_path, name, "iceberg", 20), pool(spark, 20))
    spark.sql(f"ALTER TABLE {name} CREATE BRANCH audit")
    branch = f"{name}.branch_audit"
    published = publish(spark, config(tmp_path, branch, "iceberg", 7, mode="overwrite"), pool(spark, 7))
    assert spark.table(name).count() == 20
    assert read(spark, Input(table=branch)).count() == 7
    place = pin(spark, Input(table=branch))
    assert (place.table, place.options) == (name, {"versionAsOf": published["version"]})
    assert pin(spark, Input(table=name, options={"versionAsOf": "audit"})) == place

    history = CatalogHistory(History(table="ice.lake.audits"), spark)
    for day, ratio in enumerate((2.0, 2.01, 1.99, 2.0, 5.0, 2.0)):
        row = {"name": "mix", "version": f"v{day}", "created_at": f"2026-01-0{day + 1}", "place": 0, "job": "select"}
        history.append(spark, [dict.fromkeys(schema.HISTORY.names) | row | {"ratio": ratio, "codec": "zlib"}])
        if ratio == 5.0:
            assert audit(tmp_path / f"risky-{day}") == 3
            assert spark.table(name).count() == 20
    assert audit(tmp_path / "checked") == 0
    spark.sql("CALL ice.system.fast_forward('lake.audited', 'main', 'audit')")
    assert read(spark, place).count() == spark.table(name).count() == 7


def audit(out: Path) -> int:
    """The exit code of `law check --fail-on-risk` for the newest row of a history."""
    check = {"history": {"table": "ice.lake.audits"}, "fail_on_risk": True}
    asked = validate(CheckConfig, {"output": {"path": str(out)}, "check": check})
    return law_check.JOB.exit_code(law_check.JOB.run(asked, Reporter(Console(quiet=True))))


@pytest.mark.skipif(HAS_ICEBERG, reason="Iceberg has a runtime for this Spark")
def test_iceberg_for_another_spark(spark: SparkSession, tmp_path: Path) -> None:
    asked = config(tmp_path, "ice.lake.chosen", "iceberg")
    for ask in (lambda: pin(spark, Input(table="ice.lake.pool")), lambda: PublishedTable(spark, asked)):
        with pytest.raises(
            SetupError, match=r"Iceberg does not load in Spark 4\.2 \(\w+\).* take pyspark 4\.1"
        ) as said:
            ask()
        assert "\n" not in str(said.value)
