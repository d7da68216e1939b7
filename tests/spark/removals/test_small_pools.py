"""Near-duplicates that the driver finds by itself: those of all pairs, and those that executors find."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from support import near_twin
from support.near_copies import planted, table
from zip_pipeline.config import Deduplicate
from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.removals import deduplication, small_pools

LIKENESSES = (0, 0.3, 0.45, 0.55, 0.75, 0.95)


@pytest.fixture(scope="module")
def payloads() -> dict[str, bytes]:
    texts = [text for seed in range(90) for text in planted(LIKENESSES[seed % 6], seed, runs=60)] + [b"equal"] * 3
    return {f"é{number}" if number % 7 == 0 else str(number): text for number, text in enumerate(texts)}


@pytest.fixture
def priorities(spark: SparkSession, payloads: dict[str, bytes]) -> DataFrame:
    numbers = [None, float("nan"), -1.0, 0.0, 2.0]
    values = [(record, numbers[place % 5]) for place, record in enumerate(payloads)]
    return spark.createDataFrame(values, "id string, priority double")


def found(
    spark: SparkSession, payloads: dict[str, bytes], folder: Path, priorities: DataFrame | None = None
) -> set[tuple[str, str, float, float]]:
    arguments = table(spark, payloads, 3), Deduplicate(), len(payloads), Location.of(str(folder))
    return set(map(tuple, deduplication.duplicates_in(*arguments, priorities).collect()))


def test_against_all_pairs(
    spark: SparkSession, payloads: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deduplication, "alike", None)  # the executors are not asked
    texts = {record: text for record, text in payloads.items() if int(record.strip("é")) // 2 % 6 != 3}
    order = sorted(texts)
    expected = near_twin.near_duplicates([texts[record] for record in order], Near())
    assert len(expected) > 30
    by_id = {(order[place], order[kept], *shares) for place, (kept, *shares) in expected.items()}
    assert found(spark, texts, tmp_path) == by_id


@pytest.mark.parametrize("sample", [20_000, 60])
def test_as_executors_find(
    spark: SparkSession,
    payloads: dict[str, bytes],
    priorities: DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sample: int,
) -> None:
    """With pairs at the threshold, of which some are missed: the same ones."""
    for module in (deduplication, small_pools):
        monkeypatch.setattr(module, "SAMPLE", sample)
    for some in (None, priorities):
        here = found(spark, payloads, tmp_path / "here", some)
        with monkeypatch.context() as patch:
            patch.setattr(small_pools, "MOST_RECORDS", 0)
            there = found(spark, payloads, tmp_path / f"there {some is None}", some)
        assert here == there
        assert len(here) > 40


def test_what_is_small(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = spark.createDataFrame([(bytearray(b"abc"),), (bytearray(b"de"),)], "text binary")
    assert small_pools.fits(rows, small_pools.MOST_RECORDS)
    assert not small_pools.fits(rows, small_pools.MOST_RECORDS + 1)
    assert small_pools.fits(rows.where("false"), 0)
    monkeypatch.setattr(small_pools, "MOST_BYTES", 5)
    assert small_pools.fits(rows, 2)
    monkeypatch.setattr(small_pools, "MOST_BYTES", 4)
    assert not small_pools.fits(rows, 2)
