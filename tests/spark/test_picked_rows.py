"""The rows that are left when some records are left out: the ones that scoring used, in every odd pool."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input
from zip_pipeline.spark import corpus, picked_rows
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.scored_pool import ScoredPool

PLAIN = [("a", "one"), ("b", "two"), ("c", "three")]
ODD = {
    "plain": PLAIN,
    "no text": [*PLAIN, ("d", None)],
    "no id": [*PLAIN, (None, "four")],
    "a twin without text": [*PLAIN, ("a", None), ("b", "  ")],
    "twins": [*PLAIN, ("a", "other"), ("a", "another"), ("b", "two")],
    "all of it": [*PLAIN, ("a", "other"), ("a", None), (None, "four"), (None, None), ("b", None), ("e", "")],
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("left_out", [(), ("b",), ("a", "c")])
def test_the_rows_that_scoring_used_are_left(
    spark: SparkSession, tmp_path: Path, name: str, left_out: tuple[str, ...]
) -> None:
    rows = spark.createDataFrame([(*row, n) for n, row in enumerate(ODD[name])], "id string, text string, `n.n` int")
    records = corpus.describe(rows, Input(table="t"))
    scorer = records.scorer("content", NullCodec())
    pool = ScoredPool.create(records, scorer, Location.of(str(tmp_path)))
    ids = spark.createDataFrame([(i,) for i in left_out], "id string")
    found = picked_rows.remaining_rows(records, scorer, pool, ids)
    assert found.columns == rows.columns
    used = {row["id"]: bytes(row["payload"]).decode() for row in pool.records().collect()}
    expected = sorted((i, text) for i, text in used.items() if i not in left_out)
    assert sorted((row["id"], row["text"]) for row in found.collect()) == expected


def test_without_a_column_of_ids(spark: SparkSession, tmp_path: Path) -> None:
    rows = spark.createDataFrame([("one",), ("two",), ("two",), (None,)], "text string")
    records = corpus.describe(rows, Input(table="t"))
    scorer = records.scorer("content", NullCodec())
    pool = ScoredPool.create(records, scorer, Location.of(str(tmp_path)))
    one = pool.records().where("cast(payload as string) = 'one'").select("id")

    def texts(left_out: Any) -> list[str]:
        return sorted(row["text"] for row in picked_rows.remaining_rows(records, scorer, pool, left_out).collect())

    assert texts(one) == ["two"]
    assert texts(one.limit(0)) == ["one", "two"]
