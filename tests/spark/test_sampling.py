"""Samples on Spark: the records that plain Python would take, and that one window a stratum took, for any layout."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.selection.quotas import Unit
from zip_pipeline.spark import sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.sampling import MATCHED, RANDOM, SELECTION, Draw, Member, Sample

SIZES = np.random.default_rng(0).integers(1, 301, 400)
LENGTHS = np.sort(SIZES[SIZES > 100])[::3].astype(np.int64)
CHOSEN = ["r7", "r300", "r12"]


@pytest.fixture(scope="module")
def pool(spark: SparkSession) -> DataFrame:
    """Records of 1 to 300 bytes; the payload says which record it is."""
    rows = [
        (f"r{n}", None if n % 7 == 0 else "ab"[n % 2], int(size), int(size) // 2 + 8, bytearray(b"%d" % n))
        for n, size in enumerate(SIZES)
    ]
    fields = "id string, source string, raw_bytes bigint, compressed_bytes bigint, payload binary"
    return spark.createDataFrame(rows, fields).persist()


def ids_of(rows: DataFrame, draws: Sequence[Draw]) -> dict[str, list[str]]:
    """The ids of each draw, in its order."""
    ids: dict[str, list[str]] = {}
    for row in sampling.sample(rows, draws, ["id"]).orderBy("draw", "order", "id").collect():
        ids.setdefault(row["draw"], []).append(row["id"])
    return ids


def slow_ids(rows: DataFrame, draw: Draw) -> list[str]:
    """The same of one draw by a window over each stratum: a record is taken while those before it do not suffice."""
    offered = rows.where(F.lit(draw.eligible) if isinstance(draw.eligible, bool) else draw.eligible).select(
        "id",
        (F.lit(draw.stratum) if isinstance(draw.stratum, int) else draw.stratum).alias("stratum"),
        draw.place.cast("bigint").alias("place"),
        draw.amount.alias("amount"),
        (draw.place if draw.order is None else draw.order).cast("bigint").alias("order"),
    )
    before = Window.partitionBy("stratum").orderBy("place", "id").rowsBetween(Window.unboundedPreceding, -1)
    target = F.get(F.array(*map(F.lit, draw.targets)), F.col("stratum"))
    amounts = offered.withColumn("before", F.coalesce(F.sum("amount").over(before), F.lit(0)))
    return [row["id"] for row in amounts.where(F.col("before") < target).orderBy("order", "id").collect()]


def test_a_stratum_ends_with_the_record_that_reaches_its_target(spark: SparkSession) -> None:
    rows = [("a", 0, 5), ("b", 1, 9), ("c", 2, 9), ("d", 3, 9)]
    table = spark.createDataFrame(rows, "id string, rank bigint, raw_bytes bigint")
    ends = {0: "", 6: "a", 7: "ab", 16: "ab", 17: "abc", 999: "abcd"}
    draws = [Draw(str(target), F.col("rank"), [target], place_bits=bits) for target in ends for bits in (3, 64)]
    for bits in (3, 64):
        ids = ids_of(table, [draw for draw in draws if draw.place_bits == bits])
        assert ids == {str(target): list(expected) for target, expected in ends.items() if expected}, bits


def test_strata_have_targets_of_their_own_and_are_mixed_by_place(spark: SparkSession) -> None:
    rows = [("a", 3, 5, 0), ("b", 1, 5, 1), ("c", 2, 5, 0), ("d", 0, 5, 1)]
    table = spark.createDataFrame(rows, "id string, rank bigint, raw_bytes bigint, part int")
    draw = Draw("x", F.col("rank"), [7, 6], F.col("part"))
    payloads = table.withColumns({"source": F.col("id"), "payload": F.col("id").cast("binary")})
    records = sampling.sample(payloads, [draw], ["id", "source", "payload"])
    assert sampling.collect(records) == {"x": Sample([b"d", b"c", b"a"], ["d", "c", "a"])}


def test_a_draw_takes_eligible_records_and_equal_places_by_id(spark: SparkSession) -> None:
    rows = [("a", 1, True), ("é", 0, True), ("z", 0, True), ("b", 0, False), ("c", 1, True)]
    table = spark.createDataFrame(rows, "id string, place bigint, may boolean").withColumn("raw_bytes", F.lit(9))
    draws = [
        Draw(str(count), F.col("place"), [count], unit="records", eligible=F.col("may"), place_bits=2)
        for count in (1, 2, 3, 9)
    ]
    assert ids_of(table, draws) == {"1": ["z"], "2": ["z", "é"], "3": ["z", "é", "a"], "9": ["z", "é", "a", "c"]}


def test_nothing_to_draw_from(pool: DataFrame) -> None:
    assert ids_of(pool.where("false"), [sampling.random(5, 0), sampling.matched(LENGTHS, 0)]) == {}


def test_samples_are_those_of_a_window_over_each_stratum(pool: DataFrame) -> None:
    """Several draws at once, of both units, with and without strata, all records and none."""
    draws = [
        sampling.random(target, seed, f"random {target} {seed}") for target in (0, 1, 5000, 10**6) for seed in (0, 1)
    ]
    draws += [sampling.random(40, 2, "40 records", "records"), sampling.matched(LENGTHS, 3, "lengths", "records")]
    draws += [sampling.matched(LENGTHS, seed, f"lengths {seed}") for seed in (0, 1)]
    draws += [replace(draws[2], name="b", eligible=F.col("source") == "b", order=sampling.at_random("another", 0))]
    expected = {draw.name: ids for draw in draws if (ids := slow_ids(pool, draw))}
    assert {name: len(ids) for name, ids in expected.items()}["random 1000000 0"] == 400
    assert ids_of(pool, draws) == expected
    assert ids_of(pool.repartition(7), draws[::-1]) == expected


def test_orders_of_different_purposes_and_seeds_have_nothing_to_do_with_each_other(pool: DataFrame) -> None:
    orders = [("random", 0), ("random", 1), ("near-dedup", 0), ("split", 0), ("held-out", 0)]
    places = [sampling.at_random(purpose, seed).alias(f"{purpose}{seed}") for purpose, seed in orders]
    ranks = np.argsort(np.argsort(np.array(pool.select(*places).collect()), axis=0), axis=0)
    likeness = np.corrcoef(ranks.T) - np.eye(len(orders))
    assert np.abs(likeness).max() < 0.2  # of 400 independent pairs the deviation is 0.05


def test_random_draws_are_different_and_of_equal_bytes(pool: DataFrame) -> None:
    ids = ids_of(pool, [sampling.random(5000, seed, str(seed)) for seed in range(5)])
    assert len({tuple(draw) for draw in ids.values()}) == 5
    for draw in ids.values():
        sizes = [int(SIZES[int(record[1:])]) + 1 for record in draw]
        assert sum(sizes[:-1]) < 5000 <= sum(sizes)


def test_length_matched_draws_have_the_selections_lengths(pool: DataFrame) -> None:
    lengths = [*LENGTHS.tolist(), *[250] * 5]
    edges = np.quantile(lengths, np.arange(1, 10) / 10)
    wanted = np.bincount(np.searchsorted(edges, lengths), weights=np.array(lengths) + 1, minlength=10)
    for draw in ids_of(pool, [sampling.matched(lengths, seed, str(seed)) for seed in range(5)]).values():
        sizes = SIZES[[int(record[1:]) for record in draw]]
        amounts = np.bincount(np.searchsorted(edges, sizes), weights=sizes + 1, minlength=10)
        last = np.array([*edges, 300])  # at most one record beyond the target
        assert np.all((amounts < wanted + last + 1) & (amounts >= wanted))


def by_hand(pool: DataFrame, unit: Unit) -> dict[str, list[str]]:
    """The ids of each set of a selection: by the same random places, record by record until there are enough."""
    places = [sampling.at_random(kind, 0).alias(kind) for kind in (RANDOM, MATCHED)]
    rows = pool.select("*", *places, sampling.at_random("beside", 0).alias("order")).collect()
    edges = np.quantile(LENGTHS, np.arange(1, 10) / 10)
    ids: dict[str, list[str]] = {}
    for kind in (RANDOM, MATCHED):

        def stratum(length: int, strata: bool = kind == MATCHED) -> int:
            return int(np.sum(edges < length)) if strata else 0

        def amount(length: int) -> int:
            return 1 if unit == "records" else length + 1

        wanted = [0] * 10
        for length in LENGTHS.tolist():
            wanted[stratum(length)] += amount(length)
        chosen = []
        for row in sorted(rows, key=lambda row: (row[kind], row["id"])):
            if wanted[stratum(row["raw_bytes"])] > 0:
                wanted[stratum(row["raw_bytes"])] -= amount(row["raw_bytes"])
                chosen.append(row)
        ids[kind] = [row["id"] for row in sorted(chosen, key=lambda row: (row["order"], row["id"]))]
    return {**ids, SELECTION: CHOSEN}


@pytest.mark.parametrize("unit", ["records", "bytes"])
def test_the_baselines_of_a_selection_are_those_of_plain_python(pool: DataFrame, tmp_path: Path, unit: Unit) -> None:
    expected = by_hand(pool, unit)
    members = {
        row["id"]: Member(row["source"], row["raw_bytes"], row["compressed_bytes"], bytes(row["payload"]))
        for row in pool.collect()
    }
    sets = sampling.draw_baselines(pool.repartition(5), LENGTHS, CHOSEN, unit, Location.of(str(tmp_path)))
    assert {name: list(records) for name, records in sets.items()} == {
        name: [members[i] for i in ids] for name, ids in expected.items()
    }
    if unit == "records":
        assert [len(ids) for ids in expected.values()] == [len(LENGTHS), len(LENGTHS), 3]
