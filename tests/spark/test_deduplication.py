"""Near-duplicates on Spark: the groups of the core, however the table lies."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from support.near_copies import planted, words
from zip_pipeline.dedup import minhash
from zip_pipeline.spark import deduplication
from zip_pipeline.spark.io.location import Location


def table(spark: SparkSession, payloads: dict[str, bytes], parts: int = 2) -> DataFrame:
    rows = [(i, bytearray(payload)) for i, payload in payloads.items()]
    return spark.createDataFrame(rows, "id string, payload binary").repartition(parts)


@pytest.fixture(scope="module")
def payloads() -> dict[str, bytes]:
    """Pairs of all likenesses, copies, a chain; ids whose order is neither that of the rows nor of numbers."""
    texts = [text for seed in range(60) for text in planted(seed / 60, seed, runs=60)]
    texts += [b"the same"] * 5 + [b" ", b"short"]
    first, second = planted(0.6, 99)
    texts += [first, second, b" ".join([*words(100, 5), *second.split()[100:]])]
    numbers = list(range(len(texts)))
    random.Random(1).shuffle(numbers)
    return {f"é{number}" if number % 7 == 0 else str(number): text for number, text in zip(numbers, texts, strict=True)}


@pytest.mark.parametrize("parts", [1, 5])
def test_groups_are_those_of_the_core(
    spark: SparkSession, payloads: dict[str, bytes], tmp_path: Path, parts: int
) -> None:
    ids = sorted(payloads)
    expected = {
        ids[place]: ids[group] for place, group in enumerate(minhash.groups([payloads[i] for i in ids]).tolist())
    }
    assert 20 < len(set(expected.values())) < len(ids) - 20, "groups of all sizes"
    found = deduplication.near_duplicates(table(spark, payloads, parts), Location.of(str(tmp_path))).collect()
    assert {row["id"]: row["group"] for row in found} == expected
    assert len(found) == len(ids)


def test_records_that_are_all_different(spark: SparkSession, tmp_path: Path) -> None:
    found = deduplication.near_duplicates(
        table(spark, {"b": b"one text", "a": b"another"}), Location.of(str(tmp_path))
    ).collect()
    assert sorted(map(tuple, found)) == [("a", "a"), ("b", "b")]


@pytest.mark.parametrize("seed", range(3))
def test_components_are_the_same_on_executors_and_on_the_driver(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    """Stars, a chain that takes several rounds, and a random part."""
    rng = random.Random(seed)
    chain = list(range(100, 140))
    rng.shuffle(chain)
    edges = [*pairwise(chain), *((200, node) for node in range(201, 230))]
    edges += [(rng.randrange(100), rng.randrange(100)) for _ in range(60)]
    pairs = sorted(
        {(min(pair), max(pair)) for pair in (sorted(map(str, edge)) for edge in edges) if pair[0] != pair[1]}
    )
    table = spark.createDataFrame(pairs, "lowest string, id string")
    many, few = (
        deduplication.components(table, Location.of(str(tmp_path / f"{most}")), most=most).collect()
        for most in (0, len(pairs))
    )
    named = {row["id"]: row["group"] for row in few}
    assert {row["id"]: row["group"] for row in many} == {i: group for i, group in named.items() if i != group}
    assert len(many) == len({row["id"] for row in many})
    assert {named[str(node)] for node in chain} == {"100"}
