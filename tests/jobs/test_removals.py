"""The steps that leave records out: which are taken, in which order, and what they add up to."""

import json
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from zip_pipeline.config import SelectInput, validate
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import removals
from zip_pipeline.spark.io.location import Location

COLUMNS = "id string, source string, raw_bytes bigint, payload binary, compared binary"
TEXTS = {
    "a": "one text of the pool that a benchmark has",
    "b": "one text of the pool that a benchmark has",
    "c": "own",
    "d": "own",
}
SIZES = {"x": 3, None: 1}


def pool(spark: SparkSession) -> DataFrame:
    rows = [(i, None if i == "d" else "x", 10, bytearray(text.encode()), None) for i, text in TEXTS.items()]
    return spark.createDataFrame(rows, COLUMNS)


def section(folder: Path, text: str | None, kind: str) -> SelectInput:
    keys: dict[str, object] = {"path": "p", "deduplicate": kind}
    if text is not None:
        (folder / "bench.jsonl").write_text(json.dumps({"text": text}))
        keys["decontaminate"] = [str(folder / "bench.jsonl")]
    return validate(SelectInput, keys)


@pytest.mark.parametrize(
    ("text", "kind", "counts", "stays"),
    [
        (None, "none", (0, 0), "abcd"),
        (None, "exact", (0, 2), "ac"),
        (TEXTS["a"], "none", (2, 0), "cd"),
        (TEXTS["a"], "exact", (2, 1), "c"),
    ],
)
def test_the_steps_that_are_asked_for(
    spark: SparkSession, tmp_path: Path, text: str | None, kind: str, counts: tuple[int, int], stays: str
) -> None:
    left = removals.leave_out(pool(spark), SIZES, section(tmp_path, text, kind), Location.of(str(tmp_path / "stages")))
    assert left.counts() == {"excluded": 0} | dict(zip(("contaminated", "deduplicated"), counts, strict=True))
    assert sorted(row["id"] for row in left.rest.collect()) == list(stays)
    assert left.records == len(stays) == sum(left.sizes.values())
    assert left.parts().keys() == left.facts().keys() == left.steps.keys()
    assert len([*left.first_lines()]) == len(left.steps)
    if left.steps:
        assert {row["id"] for row in left.ids().collect()} == set(TEXTS) - set(stays)
    console = Console(record=True, width=200)
    removals.show(console, left.parts())
    assert ("contaminated by source" in console.export_text(clear=False)) == (text is not None)
    assert ("duplicates by source" in console.export_text()) == (kind == "exact")
    assert [one.title for one in removals.sections(left.parts())] == [
        *(["Benchmarks"] if text else []),
        *(["Duplicates"] if kind == "exact" else []),
    ]
    assert removals.warnings(left.parts()) == []


def test_a_benchmark_that_takes_all(spark: SparkSession, tmp_path: Path) -> None:
    rows = pool(spark).where("id < 'c'")
    known = section(tmp_path, TEXTS["a"], "exact")
    with pytest.raises(InputError, match=r"^every record that could stay shares passages with input\.decontaminate$"):
        removals.leave_out(rows, {"x": 2}, known, Location.of(str(tmp_path / "stages")))


def test_the_tables_that_a_checkpoint_has_to_know(spark: SparkSession, tmp_path: Path) -> None:
    assert [*removals.tables(spark, section(tmp_path, None, "near"))] == []
    (rows,) = removals.tables(spark, section(tmp_path, "some text", "near"))
    assert [row["text"] for row in rows.collect()] == ["some text"]
