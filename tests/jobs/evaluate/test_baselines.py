"""The contestants of an evaluation: the records that plain Python would draw, and one of each group of near-copies."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from support.near_copies import words
from zip_pipeline.config import Deduplicate
from zip_pipeline.jobs.evaluate import baselines
from zip_pipeline.jobs.evaluate.baselines import DEDUPLICATED, SEEDS, Contestant, Size
from zip_pipeline.spark import sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.removals import deduplication
from zip_pipeline.spark.sampling import MATCHED, RANDOM, SELECTION

RECORDS = 240
GROUPED = 100
"""Records in groups of five near-copies; the others are different."""


@pytest.fixture(scope="module")
def pool(spark: SparkSession) -> DataFrame:
    rng, rows = random.Random(0), []
    for n in range(RECORDS):
        common = words(rng.randrange(20, 60), n) if n >= GROUPED else words(40, n - n % 5)
        payload = b" ".join([*common, b"%d" % n])
        rows.append((f"r{n}", None if n % 7 == 0 else "ab"[n % 2], len(payload), bytearray(payload)))
    return spark.createDataFrame(rows, "id string, source string, raw_bytes bigint, payload binary").persist()


@pytest.fixture(scope="module")
def selections(pool: DataFrame, spark: SparkSession) -> dict[str, DataFrame]:
    """Two selections of the pool, of 30 and 70 records."""
    chosen = {"one": random.Random(1).sample(range(RECORDS), 30), "two": random.Random(2).sample(range(RECORDS), 70)}
    return {
        name: pool.join(
            spark.createDataFrame([(f"r{n}", rank) for rank, n in enumerate(numbers)], "id string, rank bigint"), "id"
        )
        for name, numbers in chosen.items()
    }


def drawn(rows: list[Any], target: int) -> list[Any]:
    """Rows of (place, id, payload, ...) in order, until their payloads and line breaks reach the target."""
    chosen, size = [], 0
    for row in sorted(rows, key=lambda row: row[:2]):
        if size >= target:
            break
        chosen.append(row)
        size += len(row[2]) + 1
    return chosen


def by_hand(pool: DataFrame, selections: dict[str, DataFrame], size: Size, folder: Location) -> dict[str, list[bytes]]:
    """The payloads of each contestant."""
    sets = {}
    for name, rows in selections.items():
        places = [sampling.at_random(SELECTION, 0).alias("place")]
        by_rank = drawn(
            [(r[0], r[1], bytes(r[2]), r[3]) for r in rows.select("rank", "id", "payload", *places).collect()],
            size.shared,
        )
        if size.target < size.shared:
            by_rank = drawn([(place, i, payload) for _, i, payload, place in by_rank], size.target)
        sets[name] = [row[2] for row in by_rank]
    gone = deduplication.duplicates_in(pool, Deduplicate(), RECORDS, folder).select("id").collect()
    staying = {f"r{n}" for n in range(RECORDS)} - {row["id"] for row in gone}
    for seed in range(SEEDS):
        kinds = (RANDOM, MATCHED, DEDUPLICATED)
        columns = [sampling.at_random(kind, seed).alias(kind) for kind in kinds]
        rows = pool.select("id", "payload", *columns).collect()
        placed = {kind: [(row[kind], row["id"], bytes(row["payload"])) for row in rows] for kind in kinds}
        sets[f"{RANDOM} {seed}"] = [row[2] for row in drawn(placed[RANDOM], size.target)]
        near = drawn([row for row in placed[DEDUPLICATED] if row[1] in staying], size.target)
        sets[f"{DEDUPLICATED} {seed}"] = [row[2] for row in near]
        for name in selections:
            lengths = [len(payload) for payload in sets[name]]
            edges = np.quantile(lengths, np.arange(1, 10) / 10)
            mixed = []
            for stratum in range(10):
                target = sum(length + 1 for length in lengths if np.searchsorted(edges, length) == stratum)
                mixed += drawn([r for r in placed[MATCHED] if np.searchsorted(edges, len(r[2])) == stratum], target)
            sets[f"{MATCHED} {seed} as {name}"] = [row[2] for row in sorted(mixed)]
    return sets


@pytest.mark.parametrize("most_bytes", [10**6, 4000], ids=["by rank", "at random"])
def test_contestants_are_those_of_plain_python(
    pool: DataFrame, selections: dict[str, DataFrame], tmp_path: Path, most_bytes: int
) -> None:
    size = baselines.size_of(selections, most_bytes)
    assert (size.target < size.shared) == (most_bytes == 4000)
    contestants = baselines.contestants(selections, pool.repartition(5), size, Location.of(str(tmp_path / "near")))
    expected = by_hand(pool, selections, size, Location.of(str(tmp_path / "again")))
    assert {one.name: one.sample.payloads for one in contestants} == expected
    assert [one.name for one in contestants] == [
        *("one", "two"),
        *(f"{MATCHED} {seed} as {name}" for name in selections for seed in range(SEEDS)),
        *(f"{kind} {seed}" for kind in (DEDUPLICATED, RANDOM) for seed in range(SEEDS)),
    ]
    source = {bytes(row["payload"]): row["source"] for row in pool.collect()}
    for one in contestants:
        assert one.sample.sources == [source[payload] for payload in one.sample.payloads]


def test_deduplicated_draws_have_one_of_each_group(
    pool: DataFrame, selections: dict[str, DataFrame], tmp_path: Path
) -> None:
    everything = Size(10**6, 10**6)
    contestants = baselines.contestants(selections, pool, everything, Location.of(str(tmp_path)))
    draws = [numbers(one) for one in contestants if one.kind == DEDUPLICATED]
    singles = set(range(GROUPED, RECORDS))
    for draw in draws:
        assert sorted(n // 5 for n in draw if n < GROUPED) == list(range(GROUPED // 5))
        assert set(draw) - set(range(GROUPED)) == singles
    # 20 groups of five, 140 of one: an eighth of any beginning is of groups, as none comes early for being large.
    first = [n for draw in draws for n in draw[:40]]
    assert 0.05 < sum(n < GROUPED for n in first) / len(first) < 0.23


def numbers(contestant: Contestant) -> list[int]:
    return [int(payload.split()[-1]) for payload in contestant.sample.payloads]
