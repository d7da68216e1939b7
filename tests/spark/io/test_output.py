"""The output tree: what is there after a failure or another run; Delta's part is in `test_delta`."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.config import Output, Place
from zip_pipeline.errors import OutputError
from zip_pipeline.spark import selection_output
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


def published(path: Path, rows: DataFrame, mode: str = "overwrite") -> dict[str, Any]:
    manifest: dict[str, Any] = {}
    with tree(path, mode) as output:
        output.write(rows, "selection")
        output.publish(manifest, "page")
    assert json.loads((path / "manifest.json").read_text()) == manifest
    return manifest


@pytest.mark.usefixtures("no_renames")
def test_without_renames_the_manifest_says_where_the_tables_are(spark: SparkSession, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with tree(out, "error") as output:
        output.write(spark.range(5), "scores")
        assert all(name.startswith("run-") for name in names(out)), "no manifest, no selection"
    assert names(tmp_path) == [], "not published"

    with tree(out, "error") as output:
        spark.range(5).write.parquet((output.scratch / "x").uri)
        output.publish({}, "page")
    assert names(tmp_path) == ["out"]
    with pytest.raises(OutputError, match=r"exists already; --overwrite \(output\.mode=overwrite\) replaces it"):
        tree(out, "error")

    places = [published(out, spark.range(rows)) for rows in (1, 2, 3)]
    folders = [place["tables"]["selection"].removesuffix("/selection") for place in places]
    assert names(out) == sorted(["manifest.json", "report.html", *folders[1:]]), "a reader of the last one reads on"
    assert places[2]["replaced"] == [folders[1]]
    for place, rows in zip(places[1:], (2, 3), strict=True):
        assert selection_output.table(spark, str(out), place | OF_PARQUET, "selection").count() == rows
    assert names(tmp_path) == ["out"]


OF_PARQUET = {"config": {"output": {"format": "parquet"}}}


@pytest.mark.usefixtures("no_renames")
def test_without_renames_runs_are_in_nobodys_way(spark: SparkSession, tmp_path: Path) -> None:
    """Killed ones or those that are under way."""
    out, rows = tmp_path / "out", spark.range(5)
    with tree(out, "error") as first, tree(out, "error") as second:
        first.write(rows, "scores")
        second.write(rows.limit(2), "scores")
        first.publish({}, "page")
        with pytest.raises(OutputError, match="exists already"):
            second.publish({}, "page")
    manifest = json.loads((out / "manifest.json").read_text())
    assert names(out) == sorted(["manifest.json", "report.html", manifest["tables"]["scores"].partition("/")[0]])

    for mode, left in (("error", "run-0123abcd/scores"), ("overwrite", "run-0123abcd/scores"), ("error", "selection")):
        cut = tmp_path / f"cut-{mode}-{left[:3]}"
        (cut / left).mkdir(parents=True)
        published(cut, rows, mode)
    (tmp_path / "mine/photos").mkdir(parents=True)
    for mode in ("error", "overwrite"):
        with pytest.raises(OutputError, match="so it is not replaced; name another path"):
            tree(tmp_path / "mine", mode)


def test_what_cannot_be_removed_is_said(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The output is as good with what stays beside it."""
    said: list[str] = []
    with OutputTree(Output(path=str(tmp_path / "out")), said.append) as output:
        output.write(spark.range(5), "scores")
        output.publish({}, "page")
        monkeypatch.setattr(Location, "delete", denied)
    assert names(tmp_path / "out") == ["manifest.json", "report.html", "scores"]
    assert said == [
        f"warning: {output.scratch.sibling('').uri[:-1]} could not be removed, and nothing reads it: denied"
    ]


def denied(*_: Any) -> None:
    raise OSError("denied\nby the policy")


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
