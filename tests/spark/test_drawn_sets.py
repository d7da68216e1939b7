"""Baselines beside a selection: drawn as plain Python would draw them, however the table lies."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.selection.quotas import Unit
from zip_pipeline.spark import baselines, beside, sampling
from zip_pipeline.spark.beside import Member
from zip_pipeline.spark.io.location import Location

SIZES = np.random.default_rng(0).integers(1, 301, 400)
LENGTHS = np.sort(SIZES[SIZES > 100])[::3].astype(np.int64)
SAMPLE = ["r7", "r300", "r12"]


@pytest.fixture(scope="module")
def pool(spark: SparkSession) -> DataFrame:
    rows = [
        (f"r{n}", None if n % 7 == 0 else "ab"[n % 2], int(size), int(size) // 2 + 8, bytearray(b"%d" % n))
        for n, size in enumerate(SIZES)
    ]
    fields = "id string, source string, raw_bytes bigint, compressed_bytes bigint, payload binary"
    return spark.createDataFrame(rows, fields)


def naive(pool: DataFrame, unit: Unit) -> dict[str, list[str]]:
    """The ids of each draw: by the same random places, record by record until there are enough."""
    kinds = [baselines.RANDOM, baselines.MATCHED]
    places = [sampling.at_random(kind, 0).alias(kind) for kind in kinds]
    rows = pool.select("*", *places, sampling.at_random("beside", 0).alias("order")).collect()
    edges = np.quantile(LENGTHS, np.arange(1, 10) / 10)
    drawn: dict[str, list[str]] = {}
    for kind in kinds:
        matched = kind == baselines.MATCHED

        def stratum(length: int, matched: bool = matched) -> int:
            return int(np.sum(edges < length)) if matched else 0

        def amount(length: int) -> int:
            return 1 if unit == "records" else length + 1

        wanted = [0] * 10
        for length in LENGTHS.tolist():
            wanted[stratum(length)] += amount(length)
        taken = []
        for row in sorted(rows, key=lambda row: (row[kind], row["id"])):
            if wanted[stratum(row["raw_bytes"])] > 0:
                wanted[stratum(row["raw_bytes"])] -= amount(row["raw_bytes"])
                taken.append(row)
        drawn[kind] = [row["id"] for row in sorted(taken, key=lambda row: (row["order"], row["id"]))]
    return {**drawn, beside.SELECTION: SAMPLE}


@pytest.mark.parametrize("unit", ["records", "bytes"])
def test_the_draws_are_those_of_plain_python(pool: DataFrame, tmp_path: Path, unit: Unit) -> None:
    expected = naive(pool, unit)
    members = {
        row["id"]: Member(row["source"], row["raw_bytes"], row["compressed_bytes"], bytes(row["payload"]))
        for row in pool.collect()
    }
    found = beside.draw(pool.repartition(5), LENGTHS, SAMPLE, unit, Location.of(str(tmp_path)))
    assert {name: list(drawn) for name, drawn in found.items()} == {
        name: [members[i] for i in ids] for name, ids in expected.items()
    }
    if unit == "records":
        assert [len(ids) for ids in expected.values()] == [len(LENGTHS), len(LENGTHS), 3]
