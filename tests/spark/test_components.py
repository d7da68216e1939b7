"""Connected components on Spark: those of the driver and of the executors are the same."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from zip_pipeline.spark.components import components
from zip_pipeline.spark.io.location import Location


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
        components(table, Location.of(str(tmp_path / f"{most}")), most=most).collect() for most in (0, len(pairs))
    )
    named = {row["id"]: row["group"] for row in few}
    assert {row["id"]: row["group"] for row in many} == {i: group for i, group in named.items() if i != group}
    assert len(many) == len({row["id"] for row in many})
    assert {named[str(node)] for node in chain} == {"100"}
