"""A table format is an entry of the registry and a module: a toy format goes through reader, output and history."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from zip_pipeline import formats
from zip_pipeline.config import History, Output, Place
from zip_pipeline.errors import OutputError
from zip_pipeline.formats import Format, Versioning
from zip_pipeline.jobs.history import NAMES
from zip_pipeline.spark.catalog.versions import pin
from zip_pipeline.spark.io.history import HistoryTable
from zip_pipeline.spark.io.listing import table_at
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.table_formats import TABLE_FORMATS, TableFormat

VERSIONING = Versioning(
    title="Toy",
    package="org.toys:toy",
    log_folder="_toy_log",
    version_option="toyVersion",
    free_options=frozenset({"toytag"}),
    manifest_key="toy_versions",
)


class ToyTables:
    """Parquet files, and a log: a line for each version, which is the token of the commit."""

    def newest_version(self, spark: SparkSession, place: Place) -> int | None:
        tokens = self._tokens(spark, Location.of(str(place.path)))
        return len(tokens) - 1 if tokens else None

    def commit(self, rows: DataFrame, table: Location, token: str, *, once: bool) -> int:
        tokens = self._tokens(rows.sparkSession, table)
        if not (once and token in tokens):
            rows.write.mode("append").parquet(table.uri)
            tokens.append(token)
            (table / VERSIONING.log_folder / "tokens").write("\n".join(tokens).encode())
        return len(tokens) - 1

    def append(self, rows: DataFrame, table: Location) -> None:
        self.commit(rows, table, "append", once=False)

    def is_table(self, table: Location) -> bool:
        return (table / VERSIONING.log_folder / "tokens").exists()

    def is_superseded(self, spark: SparkSession, table: Location, token: str) -> bool:
        tokens = self._tokens(spark, table)
        return token in tokens[:-1] and token != tokens[-1]

    def _tokens(self, spark: SparkSession, table: Location) -> list[str]:
        log = table / VERSIONING.log_folder / "tokens"
        return [row["value"] for row in spark.read.text(log.uri).collect()] if log.exists() else []


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Format(name="toy", source="parquet", is_output=True, versioning=VERSIONING)
    tables: TableFormat = ToyTables()
    monkeypatch.setitem(formats.FORMATS, "toy", entry)
    monkeypatch.setitem(formats.VERSIONED, "toy", VERSIONING)
    monkeypatch.setitem(TABLE_FORMATS, "toy", tables)


def test_every_table_format_has_a_module() -> None:
    assert TABLE_FORMATS.keys() == formats.VERSIONED.keys()


@pytest.mark.usefixtures("toy")
def test_an_output_names_its_versions(spark: SparkSession, tmp_path: Path) -> None:
    section = Output.model_construct(path=str(tmp_path / "out"), format="toy", mode="overwrite", run_id="monday")
    for version, run_id in ((0, "monday"), (1, "tuesday"), (1, "tuesday")):
        manifest: dict[str, Any] = {"version": "1"}
        with OutputTree(section.model_copy(update={"run_id": run_id})) as output:
            assert output.write(spark.range(3), "selection") == 3
            output.publish(manifest, "page")
        assert manifest["toy_versions"] == {"selection": version}
        assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest

    with OutputTree(section) as output:
        output.write(spark.range(3), "selection")
        with pytest.raises(OutputError, match="run 'monday' was written here, and another one since"):
            output.publish({"version": "1"}, "page")

    table = Place(path=str(tmp_path / "out/selection"))
    assert table_at(spark, str(table.path)) == "toy"
    assert pin(spark, table).options == {"toyVersion": 1}
    tagged = table.model_copy(update={"options": {"toyTag": "monday"}})
    assert pin(spark, tagged) == tagged
    with pytest.raises(
        OutputError, match=r"holds Toy tables, and their history would be lost; .* set output\.format=toy"
    ):
        OutputTree(section.model_copy(update={"format": "delta"}))


@pytest.mark.usefixtures("toy")
def test_a_history(spark: SparkSession, tmp_path: Path) -> None:
    section = History.model_construct(path=str(tmp_path / "history"), format="toy")
    row = dict.fromkeys(NAMES) | {"name": "mix", "ratio": 2.5, "created_at": "2026-01-01", "place": 0}
    HistoryTable(section).append(spark, [row])
    assert HistoryTable(section).rows(spark, ["mix"]) == [row]
    with pytest.raises(OutputError, match=r"it is a Toy table, and history\.format is delta"):
        HistoryTable(section.model_copy(update={"format": "delta"}))
