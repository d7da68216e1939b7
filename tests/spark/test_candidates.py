"""Candidates come in one order, however it is cut; what is made once is found again."""

from itertools import chain
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.selection.frontier import Scored
from zip_pipeline.spark.candidates import Candidates
from zip_pipeline.spark.io import parquet_tables
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import files_of

RECORDS = 400


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """Records of 25 ratios: ties wherever one cuts."""
    scored = [
        (f"r{n:03}", "ab"[n % 2], 100, 50, 1 + n * 7919 % 25 / 8, bytearray(b"x" * (n % 9)), 0, None, None)
        for n in range(RECORDS)
    ]
    fields = "id string, source string, raw_bytes bigint, compressed_bytes bigint, ratio double, payload binary, "
    return spark.createDataFrame(scored, fields + "fingerprint bigint, reason string, row string").repartition(4)


def content(run: Scored) -> list[tuple[float, str, bytes]]:
    payloads = [run.flat[begin:end].tobytes() for begin, end in zip(run.offsets, run.offsets[1:], strict=False)]
    return list(zip(run.states.tolist(), run.ids, payloads, strict=True))


@pytest.mark.parametrize("order", ["by_ratio", "sampled"])
def test_where_segments_are_cut_makes_no_difference(rows: DataFrame, tmp_path: Path, order: str) -> None:
    seed = {"seed": 3} if order == "sampled" else {}

    def read(folder: str, about: int) -> list[tuple[float, str, bytes]]:
        candidates = Candidates(rows, RECORDS, Location.of(str(tmp_path / folder)))
        return list(chain.from_iterable(map(content, getattr(candidates, order)(about=about, **seed))))

    whole, cut = read("whole", RECORDS), read("cut", 1)
    assert whole == sorted(whole)
    assert len({i for _, i, _ in whole}) == RECORDS
    assert cut == whole
    assert len(list((tmp_path / "whole" / order).glob("segment-*.done"))) == 1
    assert len(list((tmp_path / "cut" / order).glob("segment-*.done"))) == 4


def test_what_is_not_asked_for_is_not_sorted(rows: DataFrame, tmp_path: Path) -> None:
    folder = Location.of(str(tmp_path))
    first = next(Candidates(rows, RECORDS, folder).by_ratio(10))
    assert 10 <= len(first.ids) < 100
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert len(times) == 1
    again = next(Candidates(rows, RECORDS, folder).by_ratio(10))
    assert content(again) == content(first)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == times, "it was found again"


def test_what_was_begun_is_made_anew(spark: SparkSession, tmp_path: Path) -> None:
    target = Location.of(str(tmp_path / "table"))
    (tmp_path / "table").mkdir()
    (tmp_path / "table/part-00000.parquet").write_bytes(b"cut off")
    made = []

    def make() -> DataFrame:
        made.append(1)
        return spark.range(5)

    for _ in range(2):
        frame, counted = parquet_tables.table(target, make)
        assert (frame.count(), counted) == (5, {"rows": 5})
    assert len(made) == 1


def test_files_that_a_table_was_read_from(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "a 50% share"
    spark.range(4).repartition(2).write.parquet(str(folder))
    found = files_of(spark.read.parquet(str(folder)).where("id > 1"))
    assert found is not None
    assert sorted(size for size, _ in found.values()) == sorted(
        path.stat().st_size for path in folder.glob("*.parquet")
    )
    assert files_of(spark.range(3)) is None, "what has no files is told otherwise"
