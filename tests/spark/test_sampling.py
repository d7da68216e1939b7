"""Draws and baselines on Spark: so many bytes, of the right records, however the table lies."""

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.spark import baselines, sampling


@pytest.fixture(scope="module")
def pool(spark: SparkSession) -> DataFrame:
    """Records of 1 to 300 bytes in groups of up to 5; the payload says which record it is."""
    rng = np.random.default_rng(0)
    rows = [
        (f"r{n}", "ab"[n % 2], int(size), bytearray(f"{n}".encode()), f"r{n - n % 5}" if n < 200 else f"r{n}")
        for n, size in enumerate(rng.integers(1, 301, 400))
    ]
    return spark.createDataFrame(rows, "id string, source string, raw_bytes bigint, payload binary, group string")


def rows_of(taken: DataFrame) -> dict[str, list[tuple[str, int]]]:
    """The records of each draw: id and bytes."""
    found: dict[str, list[tuple[str, int]]] = {}
    for row in taken.orderBy("draw", "stratum", "place", "id").collect():
        found.setdefault(row["draw"], []).append((row["id"], row["raw_bytes"]))
    return found


def test_a_stratum_ends_with_the_record_that_reaches_its_target(spark: SparkSession) -> None:
    rows = [("a", 0, 5), ("b", 1, 9), ("c", 2, 9), ("d", 3, 9)]
    table = spark.createDataFrame(rows, "id string, rank bigint, raw_bytes bigint")
    for target, expected in ((6, "a"), (7, "ab"), (16, "ab"), (17, "abc"), (999, "abcd")):
        taken = sampling.taken(sampling.candidates(table, "x", F.col("rank"), target))
        assert [i for i, _ in rows_of(taken)["x"]] == list(expected), target


def test_strata_have_targets_of_their_own_and_are_mixed_by_place(spark: SparkSession) -> None:
    rows = [("a", 3, 5, 0), ("b", 1, 5, 1), ("c", 2, 5, 0), ("d", 0, 5, 1)]
    table = spark.createDataFrame(rows, "id string, rank bigint, raw_bytes bigint, part int")
    target = F.when(F.col("part") == 0, 7).otherwise(6)
    taken = sampling.taken(sampling.candidates(table, "x", F.col("rank"), target, F.col("part")))
    payloads = table.select("id", F.col("id").alias("source"), F.col("id").cast("binary").alias("payload"))
    drawn = sampling.fetch(taken, payloads)
    assert drawn == {"x": sampling.Drawn([b"d", b"c", b"a"], ["d", "c", "a"])}


def test_orders_of_different_purposes_and_seeds_have_nothing_to_do_with_each_other(pool: DataFrame) -> None:
    orders = [("random", 0), ("random", 1), ("near-dedup", 0), ("split", 0), ("held-out", 0)]
    places = [sampling.at_random(purpose, seed).alias(f"{purpose}{seed}") for purpose, seed in orders]
    ranks = np.argsort(np.argsort(np.array(pool.select(*places).collect()), axis=0), axis=0)
    likeness = np.corrcoef(ranks.T) - np.eye(len(orders))
    assert np.abs(likeness).max() < 0.2  # of 400 independent pairs the deviation is 0.05


def test_random_draws_are_different_and_of_equal_bytes(pool: DataFrame) -> None:
    found = rows_of(sampling.taken(baselines.random(pool, 5000)))
    assert sorted(found) == [f"random {seed}" for seed in range(5)]
    for records in found.values():
        assert sum(size + 1 for _, size in records[:-1]) < 5000 <= sum(size + 1 for _, size in records)
    assert len({tuple(records) for records in found.values()}) == 5
    again = rows_of(sampling.taken(baselines.random(pool.repartition(7), 5000)))
    assert again == found


def test_length_matched_draws_have_the_selections_lengths(pool: DataFrame) -> None:
    lengths = sorted(row["raw_bytes"] for row in pool.collect() if row["raw_bytes"] > 100)[::3] + [250] * 5
    found = rows_of(sampling.taken(baselines.matched(pool, lengths, "7")))
    assert sorted(found) == [f"length-matched 7 {seed}" for seed in range(5)]
    edges = np.quantile(lengths, np.arange(1, 10) / 10)
    wanted = np.bincount(np.searchsorted(edges, lengths), weights=np.array(lengths) + 1, minlength=10)
    for records in found.values():
        sizes = np.array([size for _, size in records])
        held = np.bincount(np.searchsorted(edges, sizes), weights=sizes + 1, minlength=10)
        last = np.array([*edges, 300])  # at most one record beyond the target
        assert np.all((held < wanted + last + 1) & (held >= wanted))


def test_deduplicated_draws_have_one_of_each_group(pool: DataFrame) -> None:
    group = {row["id"]: row["group"] for row in pool.collect()}
    found = rows_of(sampling.taken(baselines.deduplicated(pool.drop("group"), pool.select("id", "group"), 10**6)))
    assert sorted(found) == [f"near-dedup {seed}" for seed in range(5)]
    for records in found.values():
        assert sorted(group[i] for i, _ in records) == sorted(set(group.values()))
    assert len({frozenset(i for i, _ in records) for records in found.values()}) == 5, "not always the same one"
    # 40 groups of five, 200 of one: a sixth of any beginning is of groups, were they not pushed to the front.
    first = [i for records in found.values() for i, _ in records[:60]]
    assert 0.08 < sum(int(i[1:]) < 200 for i in first) / len(first) < 0.28
