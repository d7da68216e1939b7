"""Nights one after the other: what is a near-duplicate of any earlier night leaves, and no text is read again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from support.pools import sharegpt
from support.selecting import select, write_jsonl
from zip_pipeline.config import DeduplicateConfig, load
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs import deduplicate, exclusion
from zip_pipeline.report.console import Reporter

pytestmark = pytest.mark.usefixtures("spark")

RECORDS = [record for record in sharegpt(90, seed=3) if len(record["conversations"][1]["value"].split()) > 12][:30]
KEEP = "input.deduplicate.keep_index=true"


def near(record: dict[str, Any], record_id: str) -> dict[str, Any]:
    """A copy with one more word, another id, and a quality that `prefer` would like."""
    turns = json.loads(json.dumps(record["conversations"]))
    turns[1]["value"] += " indeed"
    return record | {"id": record_id, "conversations": turns, "quality": record["quality"] + 9}


def run(folder: Path, name: str, records: list[dict[str, Any]], *overrides: str) -> dict[str, Any]:
    pool = write_jsonl(folder / f"{name}.jsonl", records)
    keys = [f"input.path={pool}", f"output.path={folder / name}", "input.prefer=quality", *overrides]
    console = Console(record=True, width=300)
    manifest = deduplicate.run(load(None, keys, DeduplicateConfig), Reporter(console))
    deduplicate.show(console, manifest)
    (folder / f"{name}.txt").write_text(console.export_text())
    return manifest


def table(output: Path, name: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in pq.read_table(output / name).to_pylist()}


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
def test_each_night_is_compared_with_all_before(tmp_path: Path, file_format: str) -> None:
    first, second, third = RECORDS[:10], RECORDS[10:20], RECORDS[20:]
    keys = [KEEP, f"output.format={file_format}"]
    run(tmp_path, "one", first, *keys)
    shutil.rmtree(tmp_path / "one/kept")  # nobody reads the texts again
    again = [near(record, f"a-{record['id']}") for record in first[:3]]
    run(tmp_path, "two", [*second, *again], *keys, f"input.exclude={tmp_path / 'one'}")
    shutil.rmtree(tmp_path / "two/kept")
    (tmp_path / "one.jsonl").write_text("poison")
    again += [near(record, f"b-{record['id']}") for record in second[:2]]
    manifest = run(tmp_path, "three", [*third, *again], f"input.exclude=[{tmp_path / 'two'}]")
    excluded = table(tmp_path / "three", "excluded")
    assert {i: row["kept"] for i, row in excluded.items()} == {record["id"]: record["id"][2:] for record in again}
    assert all(row["jaccard"] >= 0.5 and row["containment"] >= row["jaccard"] for row in excluded.values())
    assert table(tmp_path / "three", "kept").keys() == {record["id"] for record in third}
    part = manifest["exclusion"]
    assert (part["records"], part["of"]) == (5, 15)
    assert sum(source["records"] for source in part["per_source"].values()) == 5
    assert [(Path(place["path"]).name, place["records"], place["read"]) for place in part["earlier"]] == [
        ("two", 10, "index"),
        ("one", 10, "index"),
    ]
    assert (manifest["input"]["excluded"], manifest["input"]["deduplicated"]) == (5, 0)
    said = (tmp_path / "three.txt").read_text()
    assert "excluded: 5 of 15 records left out (33.3%), compared with 20 earlier ones of 2 places" in said
    assert "excluded by source" in said
    assert "duplicates of what was chosen before" in (tmp_path / "three/report.html").read_text()


def test_texts_are_read_where_no_index_suits(tmp_path: Path) -> None:
    run(tmp_path, "one", RECORDS[:10])
    copies = [near(record, f"a-{record['id']}") for record in RECORDS[:4]]
    file = write_jsonl(tmp_path / "file.jsonl", [RECORDS[11]])
    copies.append(near(RECORDS[11], "a-file"))
    places = f"input.exclude=[{tmp_path / 'one'}, {file}]"
    manifest = run(tmp_path, "two", [*RECORDS[12:], *copies], places)
    assert {row["kept"] for row in table(tmp_path / "two", "excluded").values()} == {
        *(record["id"] for record in RECORDS[:4]),
        RECORDS[11]["id"],
    }
    assert [place["read"] for place in manifest["exclusion"]["earlier"]] == ["texts", "texts"]
    run(tmp_path, "kept", RECORDS[:10], KEEP)
    whole = "input.deduplicate.on=whole"
    manifest = run(tmp_path, "whole", RECORDS[5:15], f"input.exclude={tmp_path / 'kept'}", whole)
    assert [place["read"] for place in manifest["exclusion"]["earlier"]] == ["texts"], "an index of other texts"
    assert manifest["exclusion"]["records"] == 5


def test_equal_payloads_of_an_index(tmp_path: Path) -> None:
    exact = "input.deduplicate=exact"
    run(tmp_path, "one", RECORDS[:10], exact, KEEP)
    same = [RECORDS[0] | {"id": "same"}, near(RECORDS[1], "near")]
    manifest = run(tmp_path, "two", [*RECORDS[10:], *same], exact, f"input.exclude={tmp_path / 'one'}")
    assert table(tmp_path / "two", "excluded").keys() == {"same"}
    assert manifest["exclusion"]["earlier"][0]["read"] == "index"


def test_a_selection_goes_on_without_near_duplicates_of_what_it_extends(tmp_path: Path) -> None:
    keys = ["codec.window=32KB", "select.quotas={}", KEEP]
    pool = write_jsonl(tmp_path / "pool.jsonl", RECORDS[:20])
    select(pool, tmp_path / "one", *keys, budget=20)
    copies = [near(record, f"a-{record['id']}") for record in RECORDS[:5]]
    wider = write_jsonl(tmp_path / "wider.jsonl", [*RECORDS, *copies])
    extend = f"select.extend={{path: {tmp_path / 'one'}}}"
    manifest = select(wider, tmp_path / "two", *keys, extend, budget=99)
    assert table(tmp_path / "two", "excluded").keys() == {record["id"] for record in copies}
    assert table(tmp_path / "two", "selection").keys() == {record["id"] for record in RECORDS[20:]}
    part = manifest["input"]
    assert part["records"] == part["excluded"] + part["deduplicated"] + part["candidates"] + 20
    assert manifest["extended"]["same_id"] == 20
    index = pq.read_table(tmp_path / "two/signatures").to_pylist()
    assert {row["id"] for row in index} == {None, *(record["id"] for record in RECORDS[20:])}


def test_mistakes(tmp_path: Path) -> None:
    run(tmp_path, "one", RECORDS[:10])
    exclude = f"input.exclude={tmp_path / 'one'}"
    with pytest.raises(ConfigError, match="is a set to exclude; what is chosen now needs another path"):
        run(tmp_path, "one", RECORDS[10:], exclude, "output.mode=overwrite")
    with pytest.raises(InputError, match="every record that could stay is a duplicate of one that was chosen before"):
        run(tmp_path, "two", RECORDS[:3], exclude)
    with pytest.raises(InputError, match="nowhere"):
        run(tmp_path, "two", RECORDS, "input.exclude=nowhere.jsonl")
    with pytest.raises(ConfigError, match="'exclude' looks for duplicates"):
        run(tmp_path, "two", RECORDS, exclude, "input.deduplicate=none")
    (tmp_path / "one/manifest.json").write_text("{}")
    with pytest.raises(InputError, match="is not that of a `select` or `deduplicate`"):
        run(tmp_path, "two", RECORDS, exclude)


def test_a_run_without_earlier_records_shows_none() -> None:
    console = Console(record=True)
    exclusion.show_exclusion(console, {})
    assert console.export_text() == ""
    assert exclusion.exclusion_sections({}) == []
