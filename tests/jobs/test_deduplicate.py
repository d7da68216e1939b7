"""The job deduplicate: each record is kept, a duplicate or rejected; a killed run goes on; formats, page, console."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from support.pools import sharegpt
from support.selecting import write_jsonl
from zip_pipeline.config import DeduplicateConfig, Place, load
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import deduplicate
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark.io.reader import read

ROOT = Path(__file__).parents[2]
WAIT_S = 200


def run(path: object, output: Path, *overrides: str, console: Console | None = None) -> dict[str, Any]:
    keys = [f"input.path={path}", f"output.path={output}", *overrides]
    config, reporter = load(None, keys, DeduplicateConfig), Reporter(console or Console(quiet=True))
    manifest = deduplicate.run(config, reporter)
    deduplicate.show(reporter.console, manifest)
    return manifest


def near(record: dict[str, Any], record_id: str) -> dict[str, Any]:
    """A copy with one more word, a higher quality and an id that comes after the original's."""
    turns = json.loads(json.dumps(record["conversations"]))
    turns[1]["value"] += " indeed"
    return record | {"id": record_id, "conversations": turns, "quality": record["quality"] + 1}


def table(output: Path, name: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in pq.read_table(output / name).to_pylist()}


RECORDS = sharegpt(40)
LONG = [record for record in RECORDS if len(record["conversations"][1]["value"].split()) > 12][:6]
POOL = [*RECORDS, *(near(record, f"z-{record['id']}") for record in LONG)]
BAD = [{"id": "bad", "conversations": []}, {"id": RECORDS[0]["id"], "conversations": [], "source": "twin"}]


@pytest.mark.usefixtures("spark")
def test_each_record_is_kept_a_duplicate_or_rejected(tmp_path: Path) -> None:
    pool = write_jsonl(tmp_path / "pool.jsonl", [*BAD, *POOL])
    console = Console(record=True, width=200)
    manifest = run(pool, tmp_path / "out", console=console)
    duplicates, kept = table(tmp_path / "out", "duplicates"), table(tmp_path / "out", "kept")
    assert {i: row["kept"] for i, row in duplicates.items()} == {f"z-{record['id']}": record["id"] for record in LONG}
    assert kept == {record["id"]: record for record in RECORDS}, "every column unchanged, no twin"
    assert len(table(tmp_path / "out", "rejected")) == 2
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    assert (manifest["input"]["records"], manifest["input"]["rejected"]) == (46, 2)
    assert (manifest["deduplication"]["records"], manifest["deduplication"]["of"]) == (6, 46)
    assert manifest["config"]["input"]["deduplicate"]["threshold"] == 0.5

    root = ET.fromstring((tmp_path / "out/report.html").read_text())
    rows = [["".join(cell.itertext()) for cell in row] for row in next(root.iter("table")).iter("tr")]
    raw_bytes, gone = manifest["input"]["raw_bytes"], manifest["deduplication"]["raw_bytes"]
    assert rows[1:] == [
        ["read from 1 file (jsonl)", "48", "", "100.0%"],
        ["rejected", "-2", "", "-4.2%"],
        ["could be used", "46", f"{raw_bytes:,}", "95.8%"],
        ["duplicates", "-6", f"-{gone:,}", "-12.5%"],
        ["kept", "40", f"{raw_bytes - gone:,}", "83.3%"],
    ]
    shown = console.export_text()
    for words in ("read from 1 file", "duplicates by source", "duplicates: 6 of 46 records left out (13.0%)"):
        assert words in shown


@pytest.mark.usefixtures("spark")
def test_the_preferred_ones_stay_in_other_formats(spark: SparkSession, tmp_path: Path) -> None:
    pool = write_jsonl(tmp_path / "pool.jsonl", POOL)
    run(pool, tmp_path / "out", "input.prefer=quality", "output.format=jsonl")
    kept = read(spark, Place(path=str(tmp_path / "out/kept"))).select("id").collect()
    worse = {record["id"] for record in LONG}
    assert {row["id"] for row in kept} == {record["id"] for record in POOL} - worse
    with pytest.raises(InputError, match="expected a column of numbers, found source"):
        run(pool, tmp_path / "bad", "input.prefer=source")
    assert not (tmp_path / "bad").exists()


@pytest.mark.usefixtures("spark")
def test_what_stops_leaves_the_output(tmp_path: Path) -> None:
    exact = [*RECORDS, RECORDS[0] | {"id": "z"}]
    pool = write_jsonl(tmp_path / "pool.jsonl", exact)
    keys = ["input.deduplicate=exact", "output.mode=overwrite"]
    assert run(pool, tmp_path / "out", *keys)["deduplication"]["records"] == 1
    before = (tmp_path / "out/manifest.json").read_bytes()
    with pytest.raises(InputError, match=r"max_removed is 1%, but 1 of 41 records \(2\.4%\)"):
        run(pool, tmp_path / "out", *keys, "input.deduplicate.max_removed=1%")
    write_jsonl(pool, [*exact, *BAD])
    with pytest.raises(InputError, match="2 records cannot be used"):
        run(pool, tmp_path / "out", *keys, "input.on_bad_record=fail")
    assert (tmp_path / "out/manifest.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "pool.jsonl"]


@pytest.mark.usefixtures("spark")
def test_without_ids_equal_records_are_rejected(tmp_path: Path) -> None:
    lines = [{"text": text} for text in ("one two three", "one two three", "four five six")]
    manifest = run(write_jsonl(tmp_path / "pool.jsonl", lines), tmp_path / "out")
    kept = pq.read_table(tmp_path / "out/kept").to_pylist()
    assert sorted(row["text"] for row in kept) == ["four five six", "one two three"]
    assert (manifest["input"]["duplicates"], manifest["deduplication"]["records"]) == (1, 0)


def command(*overrides: str) -> list[str]:
    sets = [part for key in ("run.checkpoint=c", *overrides) for part in ("--set", key)]
    return [sys.executable, str(ROOT / "jobs/deduplicate.py"), "--input", "pool.parquet", "--output", "out", *sets]


@pytest.mark.jvm
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(POOL), tmp_path / "pool.parquet")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command(), cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + WAIT_S
        while not (tmp_path / "c/stages/duplicates.done").exists() and time.monotonic() < end:
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out").exists()
    stored = {path: path.stat().st_mtime_ns for path in (tmp_path / "c/stages").rglob("*.parquet")}
    assert stored

    def again(*overrides: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*overrides), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=WAIT_S
        )

    other = again("input.deduplicate.threshold=0.6")
    assert other.returncode == 2
    assert "input.deduplicate.threshold was 0.5, is 0.6" in other.stderr
    assert {path: path.stat().st_mtime_ns for path in stored} == stored, "nothing is computed again"
    done = again()
    assert done.returncode == 0, done.stderr
    assert table(tmp_path / "out", "kept").keys() == {record["id"] for record in RECORDS}
    assert [path.name for path in tmp_path.glob(".out.staging-*")] == []
    assert not (tmp_path / "c").exists()


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("kind", ["near", "none"])
def test_what_benchmarks_hold_leaves_first(tmp_path: Path, kind: str) -> None:
    """With its near-duplicate, which has the text as well; without a search for duplicates, too."""
    leaked = LONG[0]
    text = leaked["conversations"][1]["value"]
    bench = write_jsonl(tmp_path / "bench.jsonl", [{"id": "q", "text": text}])
    pool = write_jsonl(tmp_path / "pool.jsonl", POOL)
    keys = [f"input.decontaminate=[{bench}]", f"input.deduplicate={kind}"]
    manifest = run(pool, tmp_path / "out", *keys)
    contaminated, kept = table(tmp_path / "out", "contaminated"), table(tmp_path / "out", "kept")
    assert {leaked["id"], f"z-{leaked['id']}"} <= contaminated.keys()
    assert {row["item"] for row in contaminated.values()} == {"q"}
    duplicates = table(tmp_path / "out", "duplicates") if kind == "near" else {}
    assert contaminated.keys().isdisjoint(duplicates)
    assert kept.keys() == {record["id"] for record in POOL} - contaminated.keys() - duplicates.keys()
    assert manifest["input"]["contaminated"] == manifest["decontamination"]["records"] == len(contaminated)
    root = ET.fromstring((tmp_path / "out/report.html").read_text())
    rows = [["".join(cell.itertext()) for cell in row] for row in next(root.iter("table")).iter("tr")]
    assert ["shared with a benchmark", f"-{len(contaminated)}"] in [row[:2] for row in rows]
