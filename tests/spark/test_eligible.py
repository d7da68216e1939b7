"""Eligible records come in one order, however it is cut; what is made once is found again."""

from itertools import chain
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.selection.frontier import Scored
from zip_pipeline.selection.rules import RULES
from zip_pipeline.spark.eligible import Eligible, with_strata
from zip_pipeline.spark.io.location import Location

RECORDS = 400


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """Records of 25 ratios: ties wherever one cuts."""
    scored = [
        (f"r{n:03}", "ab"[n % 2], 100, 50, 1 + n * 7919 % 25 / 8, bytearray(b"x" * (n % 9)), 0, None, None)
        for n in range(RECORDS)
    ]
    fields = "id string, source string, raw_bytes bigint, compressed_bytes bigint, ratio double, payload binary, "
    frame = spark.createDataFrame(scored, fields + "fingerprint bigint, reason string, row string")
    return with_strata(frame.repartition(4), (), 1)


def content(run: Scored) -> list[tuple[float, str, bytes]]:
    payloads = [run.flat[begin:end].tobytes() for begin, end in zip(run.offsets, run.offsets[1:], strict=False)]
    return list(zip(run.states.tolist(), run.ids, payloads, strict=True))


@pytest.mark.parametrize(("rule", "order"), [("paper", "by_ratio"), ("gain", "sampled")])
def test_where_segments_are_cut_makes_no_difference(rows: DataFrame, tmp_path: Path, rule: str, order: str) -> None:
    def read(folder: str, about: int) -> list[tuple[float, str, bytes]]:
        eligible = Eligible(rows, RECORDS, Location.of(str(tmp_path / folder)))
        return list(chain.from_iterable(map(content, eligible.stream(RULES[rule], 3, about))))

    whole, cut = read("whole", RECORDS), read("cut", 1)
    assert whole == sorted(whole)
    assert len({i for _, i, _ in whole}) == RECORDS
    assert cut == whole
    assert len(list((tmp_path / "whole" / order).glob("segment-*.done"))) == 1
    assert len(list((tmp_path / "cut" / order).glob("segment-*.done"))) == 4


def test_what_is_not_asked_for_is_not_sorted(rows: DataFrame, tmp_path: Path) -> None:
    folder = Location.of(str(tmp_path))
    first = next(Eligible(rows, RECORDS, folder).stream(RULES["paper"], 0, 10))
    assert 10 <= len(first.ids) < 100
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert len(times) == 1
    again = next(Eligible(rows, RECORDS, folder).stream(RULES["paper"], 0, 10))
    assert content(again) == content(first)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == times, "it was found again"
