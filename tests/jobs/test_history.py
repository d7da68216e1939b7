"""Versions over time: which are compared, and what a run appends."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from zip_pipeline import config
from zip_pipeline.errors import OutputError, SetupError
from zip_pipeline.jobs.history import NAMES, Versions, compared, show_history
from zip_pipeline.spark.io.history import HistoryTable


def row(name: str, ratio: float, measured: str = "zlib", half: float | None = 0.1, **more: Any) -> dict[str, Any]:
    ends = {"low": None, "high": None} if half is None else {"low": ratio - half, "high": ratio + half}
    told = {"records": 1, "raw_bytes": 2, "compressed_bytes": 1, "fingerprint": "f", "place": 0}
    return {
        "name": name, "version": "v", "created_at": "2026-01-01T00:00:00+00:00", "job": "measure",
        "ratio": ratio, "codec": measured, **told, **ends, **more,
    }  # fmt: skip


def test_only_what_was_measured_alike_is_compared() -> None:
    rows = [row("a", 2.0), row("b", 9.0), row("a", 5.0, "zstd"), row("a", 2.1), row("a", 2.3), row("a", 2.2, half=None)]
    found = [(one["previous"], one["change"] and round(one["change"], 4), one["beyond"]) for one in compared(rows)]
    nothing = (None, None, None)
    assert found == [nothing, nothing, nothing, (2.0, 0.05, False), (2.1, 0.0952, True), (2.3, -0.0435, None)]


def test_the_names_of_entries(spark: SparkSession) -> None:
    sets = [row("x1", 2.0), row("x2", 2.1)]
    own = Versions(config.History(), spark).entries(sets, "measure")
    assert [(one["name"], one["version"], one["place"]) for one in own] == [("x1", "x1", 0), ("x2", "x2", 1)]
    shared = Versions(config.History(name="mix"), spark).entries(sets, "select")
    assert [(one["name"], one["version"], one["job"]) for one in shared] == [
        ("mix", "x1", "select"),
        ("mix", "x2", "select"),
    ]
    assert list(own[0]) == NAMES


def test_the_table_of_versions() -> None:
    console = Console(record=True, quiet=True, width=150)
    console.quiet = False
    with console.capture() as shown:
        show_history(console, compared([row("a", 2.0), row("a", 2.1, "zstd"), row("a", 2.2), row("b", 1.0)]))
    text = shown.get()
    assert "versions of a" in text
    assert "+10.00%, beyond chance" in text
    assert "not compared with each other: zlib; zstd" in text
    assert "versions of b" not in text


def test_runs_append(spark: SparkSession, tmp_path: Path) -> None:
    asked = config.History(path=str(tmp_path / "lake/history"), name="mix")
    runs = [[row("x1", 2.0)], [row("x2", 2.5, half=None), row("x3", 3.75)]]
    for number, sets in enumerate(runs):
        history = Versions(asked, spark)  # a process of its own, each night
        entries = history.entries([one | {"created_at": f"2026-01-0{number + 1}"} for one in sets], "measure")
        drift = history.drift(spark, entries)
        history.append(spark, entries)
    assert [(one["version"], one["change"]) for one in drift] == [("x1", None), ("x2", 0.25), ("x3", 0.5)]
    files = sorted((tmp_path / "lake/history").iterdir())
    assert [pq.read_table(file).num_rows for file in files] in ([1, 2], [2, 1])
    assert HistoryTable(asked).rows(spark, ["other"]) == []

    (tmp_path / "lake/history/.half.parquet").write_bytes(b"what a run left that was stopped")
    assert len(HistoryTable(asked).rows(spark, ["mix"])) == 3
    with pytest.raises(OutputError, match=r"it is no Delta table, and history\.format is delta"):
        HistoryTable(asked.model_copy(update={"format": "delta"}))
    spark.createDataFrame([(1,)], "ratio int").write.parquet(f"file://{tmp_path / 'other'}")
    with pytest.raises(OutputError, match="no history, column name, version, created_at"):
        HistoryTable(config.History(path=str(tmp_path / "other"))).rows(spark, ["mix"])
    with pytest.raises(OutputError, match="expected a folder, found a file"):
        HistoryTable(config.History(path=str(files[0])))


def test_a_history_in_a_catalog(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of the session's own catalog; and the name of a table is no path."""
    asked = config.History(table="versions_of_mix", format="delta", name="mix")
    try:
        for number, ratio in enumerate((2.0, 2.5)):
            history = Versions(asked, spark)
            sets = [row(f"x{number}", ratio) | {"created_at": f"2026-01-0{number + 1}"}]
            entries = history.entries(sets, "measure")
            drift = history.drift(spark, entries)
            history.append(spark, entries)
        assert [(one["version"], one["change"]) for one in drift] == [("x0", None), ("x1", 0.25)]
        assert spark.table("versions_of_mix").count() == 2
    finally:
        spark.sql("DROP TABLE IF EXISTS versions_of_mix")
    spark.range(1).createOrReplaceTempView("no_history")
    with pytest.raises(OutputError, match=r"history\.table: no_history: a view, and runs append rows"):
        Versions(config.History(table="no_history"), spark)
    monkeypatch.setattr(spark.conf, "get", lambda key, default=None: "a.Catalog" if key.endswith(".ice") else default)
    with pytest.raises(SetupError, match=r"history\.path: ice\.lake\.history: a name in the catalog ice"):
        Versions(config.History(path="ice.lake.history"), spark)
    Versions(config.History(path="./ice.lake.history"), spark)
