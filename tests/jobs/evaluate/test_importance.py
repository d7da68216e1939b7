"""DSIR's draws are those of plain Python; which target is meant."""

import math
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from support.pools import prose
from zip_pipeline.config import Input, Target
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.evaluate.importance import DSIR, TargetText, targets_of, weigh
from zip_pipeline.selection.features import features
from zip_pipeline.spark import sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.tasks.importance import BITS, UNIT, importance_of

COLUMNS = "id string, source string, raw_bytes bigint, payload binary"


def test_a_draw_takes_the_highest_weights_with_their_noise(spark: SparkSession, tmp_path: Path) -> None:
    payloads = [prose(10 + n % 40, n) for n in range(120)]
    rows = [(f"r{n}", None, len(payload), bytearray(payload)) for n, payload in enumerate(payloads)]
    pool = spark.createDataFrame(rows, COLUMNS).repartition(4)
    target = spark.createDataFrame([(None, bytearray(prose(60, n))) for n in range(5)], "source string, payload binary")
    weights = weigh(pool, [TargetText("wanted", 1.0, target)], Location.of(str(tmp_path)))

    def counted(texts: list[bytes]) -> np.ndarray:
        found = features(texts, BITS)
        return np.bincount(found.buckets, weights=found.counts, minlength=1 << BITS).astype(np.int64)

    wanted = [prose(60, n) for n in range(5)]
    log_weights = importance_of([(1.0, counted(wanted))], counted(payloads), 120).log_weights(payloads)
    assert {row["id"]: row["log_weight"] for row in weights.rows.collect()} == {
        f"r{n}": weight for n, weight in enumerate(log_weights.tolist())
    }
    assert weights.largest == abs(log_weights).max()
    table = pool.join(weights.rows, "id")
    draws = [weights.draw(3000, seed) for seed in (0, 1)]
    drawn = sampling.sample(table, draws, ["id"]).collect()
    for seed in (0, 1):
        hashes = {row[0]: row[1] for row in pool.select("id", sampling.at_random(DSIR, seed)).collect()}
        places = []
        for n, weight in enumerate(log_weights.tolist()):
            noise = -math.log(-math.log((hashes[f"r{n}"] % 2**52 + 0.5) / 2**52))
            places.append((-weight - round(noise * UNIT), f"r{n}", len(payloads[n]) + 1))
        expected, size = [], 0
        for _, record, length in sorted(places):
            if size < 3000:
                expected.append(record)
                size += length
        assert {row["id"] for row in drawn if row["draw"] == f"{DSIR} {seed}"} == set(expected)


def test_targets_are_the_configs_or_those_of_the_selections() -> None:
    pool = Input(path="pool.jsonl", dialect="text")
    made_for = [Target(path="wanted.jsonl").model_dump(mode="json")]
    manifests = {
        "one": {"config": {"select": {"rule": "target", "target": made_for}}},
        "gain": {"config": {"select": {"rule": "gain"}}},
    }
    assert targets_of(None, manifests, pool) == [Target(path="wanted.jsonl")]
    assert targets_of([], manifests, pool) == []
    (named,) = targets_of([Target(path="other.jsonl", weight=2.0)], manifests, pool)
    assert (named.path, named.dialect, named.weight) == ("other.jsonl", "text", 2.0)
    manifests["two"] = {"config": {"select": {"rule": "target", "target": [{"path": "more.jsonl"}]}}}
    with pytest.raises(ConfigError, match=r"evaluate.target: missing; one and two were made for different targets"):
        targets_of(None, manifests, pool)
