"""The output tree: what is there after a failure or another run; Delta's part is in `test_delta`."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from zip_pipeline.config import Output, Place
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io import location
from zip_pipeline.spark.io.columns import is_json
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.output import OutputTree
from zip_pipeline.spark.io.reader import read


def tree(path: Path, mode: str) -> OutputTree:
    return OutputTree(Output.model_validate({"path": str(path), "mode": mode}))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def no_renames(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's disk, as an object store would have it."""
    monkeypatch.setattr(location, "RENAMING_FILESYSTEMS", ())
    monkeypatch.setattr(Location, "move", lambda *_: pytest.fail("renamed"))


@pytest.mark.usefixtures("no_renames")
def test_without_renames_a_new_tree_is_written_in_place(spark: SparkSession, tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = spark.range(5)
    with tree(out, "error") as output:
        output.write(rows, "scores")
        assert names(out) == ["scores"], "no manifest, no selection"
    assert names(tmp_path) == [], "not published"

    with tree(out, "error") as output:
        rows.write.parquet((output.scratch / "x").uri)
        assert output.write(rows, "selection") == 5
        output.publish({"records": 5}, "page")
    assert names(tmp_path) == ["out"]
    assert names(out) == ["manifest.json", "report.html", "selection"]
    assert json.loads((out / "manifest.json").read_text()) == {"records": 5}

    with pytest.raises(OutputError, match="exists already"):
        tree(out, "error")
    with pytest.raises(OutputError, match="cannot rename folders, so only Delta tables are replaced there"):
        tree(out, "overwrite")


@pytest.mark.usefixtures("no_renames")
def test_without_renames_runs_at_the_same_time_leave_each_other_alone(spark: SparkSession, tmp_path: Path) -> None:
    out, rows = tmp_path / "out", spark.range(5)
    with tree(out, "error") as first:
        with tree(out, "error") as second:
            first.write(rows, "scores")
            with pytest.raises(OutputError, match="another run is writing there"):
                second.write(rows, "scores")
        assert names(out / "scores") != [], "the second one removes what is its own"
        first.publish({}, "page")
    assert names(out) == ["manifest.json", "report.html", "scores"]

    (tmp_path / "cut/scores").mkdir(parents=True)
    with pytest.raises(OutputError, match="exists already"):  # what a killed run left
        tree(tmp_path / "cut", "error")
    with pytest.raises(OutputError, match="so it is not replaced"):
        tree(tmp_path / "cut", "overwrite")

    with tree(tmp_path / "late", "error") as output:
        output.write(rows, "scores")
        (tmp_path / "late/manifest.json").write_text("{}")
        with pytest.raises(OutputError, match="exists already"):
            output.publish({}, "page")
    assert names(tmp_path / "late") == ["manifest.json", "scores"], "somebody else's output stands there"


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_column_of_json_text_comes_back_as_it_was(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    """As values in JSON; in Parquet as text, with what says so."""
    values = ["5", 5, ["a", {"b": None}], True, None, {"City": 0.5, "city": {}}]
    pool = tmp_path / "pool.jsonl"
    pool.write_text("".join(json.dumps({"id": place, "meta": value}) + "\n" for place, value in enumerate(values)))
    with OutputTree(Output(path=str(tmp_path / "out"), format=kind)) as output:
        output.write(read(spark, Place(path=str(pool))), "selection")
        output.publish({}, "page")
    rows = read(spark, Place(path=str(tmp_path / "out" / "selection"), format=kind))
    assert is_json(rows.schema["meta"])
    texts = [row["meta"] for row in rows.orderBy("id").collect()]
    assert [None if text is None else json.loads(text) for text in texts] == values
    if kind == "jsonl":
        lines = "".join(file.read_text() for file in (tmp_path / "out" / "selection").glob("*.json")).splitlines()
        written = {record["id"]: record["meta"] for record in map(json.loads, lines)}
        assert written == dict(enumerate(values))
