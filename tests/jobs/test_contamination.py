"""Records that leave because a benchmark has their text: the counts by hand, the warnings, what people see."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from support.pages import HOSTILE
from zip_pipeline.config import Decontaminate
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import contamination
from zip_pipeline.jobs.left_out import Removal
from zip_pipeline.report.page import Page, html
from zip_pipeline.spark.io.location import Location

COLUMNS = "id string, source string, raw_bytes bigint, payload binary"
SIZES = {"a": 40, "b": 30, None: 10}
LEAKED = "How many apples does Anna have if she buys three and eats one of them on the way home?"
SHORT = "What is the capital city of the Netherlands?"


def pool(spark: SparkSession, parts: int) -> DataFrame:
    """25 records of `a` quote one item, 2 of `b` quote another as well, 1 without a source is an item of 8 words."""
    own = {
        f"{number:02}": f"record {number} says what no other text of this world says, {number} times"
        for number in range(80)
    }
    texts = {i: f"{LEAKED.upper()} {text}" if int(i) < 25 else text for i, text in own.items()}
    texts |= {i: f"user: {LEAKED}\nassistant: {other}" for i, other in zip(("41", "42"), own.values(), strict=False)}
    texts["75"] = SHORT
    source = ["a"] * 40 + ["b"] * 30 + [None] * 10
    rows = [(i, source[int(i)], 100 + int(i), bytearray(text.encode())) for i, text in texts.items()]
    return spark.createDataFrame(rows, COLUMNS).repartition(parts)


def section(folder: Path, **keys: Any) -> Decontaminate:
    """Two benchmarks with bad rows and short items; `deep` has nothing of the pool."""
    files = {
        "leaky": [
            {"id": HOSTILE, "text": LEAKED},
            {"id": "8", "text": SHORT},
            {"id": "9", "text": "Who?"},
            {"id": "1", "text": None},
        ],
        "deep": [{"id": 1, "text": "None of these words has ever been said by any record of the pool, not one."}],
    }
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    paths = [str(folder / f"{name}.jsonl") for name in files]
    return Decontaminate.model_validate({"paths": paths, **keys})


def run(spark: SparkSession, folder: Path, parts: int = 2, **keys: Any) -> Removal:
    (folder / "files").mkdir(exist_ok=True)
    known = section(folder / "files", **keys)
    return contamination.decontaminate(pool(spark, parts), SIZES, known, Location.of(str(folder / "stages")))


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Removal:
    return run(spark, tmp_path_factory.mktemp("found"))


def test_who_leaves(found: Removal) -> None:
    rows = {row["id"]: (row["item"], row["share"]) for row in found.table.collect()}
    leaked = [f"{number:02}" for number in range(25)] + ["41", "42"]
    assert rows == {**dict.fromkeys(leaked, (HOSTILE, 1.0)), "75": ("8", 1.0)}
    assert found.table.columns == ["id", "benchmark", "item", "passages", "share"]
    stays = {row["id"] for row in found.rest.collect()}
    assert len(stays) == 80 - 28
    assert stays.isdisjoint(rows)
    assert found.rest.columns == COLUMNS.replace(",", "").split()[::2]


def test_the_counts_by_hand(found: Removal) -> None:
    part = found.part
    assert {key: part[key] for key in ("words", "shortest_item", "share", "records", "raw_bytes", "of")} == {
        "words": 13,
        "shortest_item": 8,
        "share": 0.0,
        "records": 28,
        "raw_bytes": sum(range(100, 125)) + 141 + 142 + 175,
        "of": 80,
    }
    assert {name: source["records"] for name, source in part["per_source"].items()} == {"a": 25, "b": 2, "(none)": 1}
    assert found.sizes == {"a": 15, "b": 28, None: 9}
    first, second = part["benchmarks"]
    counts = ("items", "rejected", "too_short", "records", "most")
    assert [first[key] for key in counts] == [3, 1, 1, 28, {"item": HOSTILE, "records": 27}]
    assert [second[key] for key in counts] == [1, 0, 0, 0, None]


@pytest.mark.parametrize("parts", [1, 17])
def test_the_layout_does_not_matter(spark: SparkSession, tmp_path: Path, found: Removal, parts: int) -> None:
    other = run(spark, tmp_path, parts)
    assert sorted(row[2:] for row in other.table.collect()) == sorted(row[2:] for row in found.table.collect())
    assert other.part["per_source"] == found.part["per_source"]


def test_a_benchmark_that_takes_much_is_told(found: Removal) -> None:
    (warning,) = found.part["warnings"]
    name = found.part["benchmarks"][0]["benchmark"]
    assert warning == (
        f"benchmark {name} takes 28 records (35.0% of them), 27 by its item {HOSTILE}: "
        "is that text a template? input.decontaminate.share asks for more of an item"
    )
    few = {"benchmark": "x", "records": 19, "most": {"item": "1", "records": 19}}
    assert not list(contamination._warnings([few], 50)), "a handful of a small pool"
    assert not list(contamination._warnings([few | {"records": 50}], 1000)), "5 % of it"
    assert list(contamination._warnings([few | {"records": 51}], 1000))


def test_a_second_run_finds_what_is_stored(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(spark, tmp_path)
    monkeypatch.setattr(contamination, "read_benchmarks", lambda *_: 1 / 0)
    second = run(spark, tmp_path)
    assert (second.part, second.facts, second.sizes) == (first.part, first.facts, first.sizes)
    assert sorted(second.table.collect()) == sorted(first.table.collect())


def test_a_share_of_an_item(spark: SparkSession, tmp_path: Path) -> None:
    """The item of the first file has 7 passages; a record with one of them shares 1 in 7."""
    quote = " ".join(LEAKED.split()[:13])
    rows = spark.createDataFrame([("x", None, 1, bytearray(quote.encode()))], COLUMNS)
    for share, records in ((0.14, 1), (0.15, 0)):
        known = section(tmp_path, share=share)
        stages = Location.of(str(tmp_path / f"{share}"))
        assert contamination.decontaminate(rows, {None: 1}, known, stages).part["records"] == records


def test_what_people_see_is_safe(found: Removal) -> None:
    console = Console(record=True, width=400, force_terminal=True)
    manifest = {"decontamination": found.part}
    contamination.show_contamination(console, manifest)
    shown = console.export_text(styles=False)
    for words in (HOSTILE, "too short to look for", "35.0%", "fewer than 8 words", "WARNING: benchmark", "62.5%"):
        assert words in shown
    sections = contamination.contamination_sections(manifest)
    page = html(Page("t", warnings=contamination.contamination_warnings(manifest), sections=sections))
    text = "".join(ET.fromstring(page).itertext())
    assert HOSTILE in text
    assert HOSTILE not in page
    assert "28 of 80 records share a run of 13 words with a benchmark" in text
    first, *warnings = contamination.first_lines(found.part)
    assert first == "contaminated: 28 of 80 records left out (35.0%)"
    assert warnings == [f"WARNING: {found.part['warnings'][0]}"]


def test_a_run_that_looks_for_none_shows_none() -> None:
    console = Console(record=True)
    contamination.show_contamination(console, {})
    assert console.export_text() == ""
    assert contamination.contamination_sections({}) == contamination.contamination_warnings({}) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"premise": "Who?", "label": 1}], r"input\.decontaminate .*q\.jsonl: no column with the text.*premise"),
        ([{"text": None}, {"text": " "}], r"input\.decontaminate .*q\.jsonl: none of its records can be used"),
    ],
)
def test_benchmarks_that_are_none(spark: SparkSession, tmp_path: Path, rows: list[Any], message: str) -> None:
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, rows)))
    known = Decontaminate.model_validate([str(tmp_path / "q.jsonl")])
    with pytest.raises(InputError, match=message):
        contamination.decontaminate(pool(spark, 1), SIZES, known, Location.of(str(tmp_path / "stages")))


def test_a_benchmark_by_its_columns(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"premise": LEAKED, "label": 2}))
    place = {"path": str(tmp_path / "q.jsonl"), "columns": {"text": "premise"}}
    known = Decontaminate.model_validate([place])
    assert contamination.check(spark, known) == contamination.check(spark, None) == []
    stages = Location.of(str(tmp_path / "stages"))
    assert contamination.decontaminate(pool(spark, 1), SIZES, known, stages).part["records"] == 27
