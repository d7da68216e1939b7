"""What a stage has written so far: while tasks still run, and of whatever else lies there."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.spark.progress import WrittenRows


def write(file: Path, rows: int, age_s: int = 0) -> int:
    """Write a file of a table; return its size."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": range(rows)}), file)
    moment = time.time() - age_s
    os.utime(file, (moment, moment))
    return file.stat().st_size


def test_rows_of_the_newest_table(tmp_path: Path) -> None:
    write(tmp_path / "a/scored/part-0-old.parquet", 1)
    watched = WrittenRows([Location.of(str(tmp_path / name)) for name in ("a", "none", "b")])
    assert watched.so_far() == {}, "what stood there before counts for nothing"
    first = write(tmp_path / "a/scored/_temporary/0/task_1/part-1.parquet", 5, age_s=60)
    assert watched.so_far() == {"rows in scored": 5, "bytes": first}
    (tmp_path / "a/scored/part-1.parquet").write_bytes(
        (tmp_path / "a/scored/_temporary/0/task_1/part-1.parquet").read_bytes()
    )
    (tmp_path / "a/scored/part-2.parquet").write_bytes(b"PAR1 of a task that runs")
    (tmp_path / "a/scored/part-3.parquet.crc").write_bytes(b"1")
    assert watched.so_far()["rows in scored"] == 5, "a file that moves counts once, a file that grows not yet"
    both = sum(write(tmp_path / f"b/near/signed-0311cd1d/part-{name}.parquet", 7) for name in ("x", "y"))
    assert watched.so_far() == {"rows in near/signed": 14, "bytes": both}


def test_what_cannot_be_read_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WrittenRows([Location.of(str(tmp_path))])
    write(tmp_path / "scored/part-1.parquet", 5)

    def busy(_: Location) -> None:
        raise OSError("SlowDown")

    monkeypatch.setattr(Location, "files_below", busy)
    assert watched.so_far() == WrittenRows([Location.of(str(tmp_path))]).so_far() == {}


def test_while_a_task_still_runs(spark: SparkSession, tmp_path: Path) -> None:
    """One of two tasks has ended; the other one waits until that was seen."""
    seen = tmp_path / "seen"

    def pass_on(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            end = time.monotonic() + 60
            while batch.column(0)[0].as_py() > 0 and not seen.exists() and time.monotonic() < end:
                time.sleep(0.05)
            yield batch

    folder = Location.of(str(tmp_path / "stages"))
    watched = WrittenRows([folder])
    rows = spark.range(0, 10, 1, 2).mapInArrow(pass_on, "id bigint")
    with ThreadPoolExecutor(1) as pool:
        table = pool.submit(stage_table, spark, folder / "scored", lambda: rows)
        while not watched.so_far() and not table.done():
            time.sleep(0.05)
        assert watched.so_far()["rows in scored"] == 5
        seen.touch()
        assert table.result()[1] == {"rows": 10}
    assert watched.so_far()["rows in scored"] == 10
