"""The scored pool's sums on Spark."""

import json
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from support.files import fill
from support.formats import PACKED, WRITTEN
from support.histogram import counts_of
from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Input
from zip_pipeline.spark import scored_pool
from zip_pipeline.spark.corpus import open_corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.scored_pool import MOST_REASONS, OTHER_REASONS, ScoredPool
from zip_pipeline.tasks.numbers import NONE, Numbers

RECORDS = [{"id": f"{n:03}", "text": f"text of {n}"} for n in range(20)]
UNUSABLE = [{"id": "003", "text": "the same id"}, {"id": "900", "text": ""}, {"id": "901", "text": "  "}]


def test_the_histogram_is_that_of_counting_record_by_record(spark: SparkSession) -> None:
    rng = np.random.default_rng(0)
    raw = (2 ** rng.uniform(0, 26, 300)).astype(int).tolist()
    sizes = [(size, max(1, int(size * rng.uniform(0.02, 5)))) for size in raw]
    sizes += [(2**power, 2**other) for power in (0, 1, 2, 23, 24, 25) for other in (0, 2, 18, 19, 20, 26)]  # on edges
    rows = [(size, size / compressed) for size, compressed in sizes]
    scores = spark.createDataFrame(rows, "raw_bytes bigint, ratio double")
    counts = scored_pool.histogram(scores.repartition(5))
    assert counts.sum() == len(sizes)
    assert np.array_equal(counts, counts_of(sizes))


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in PACKED])
def test_what_is_read_is_used_or_rejected_in_every_format(spark: SparkSession, tmp_path: Path, name: str) -> None:
    written = WRITTEN[name]
    files = {"a": RECORDS[:15] + UNUSABLE, "b": RECORDS[15:]}
    pool = fill(tmp_path / "pool", {file + written.ending: written.write(part) for file, part in files.items()})
    corpus = open_corpus(spark, Input(path=str(pool)))
    scored = ScoredPool.create(corpus, corpus.scorer("content", NullCodec()), Location.of(str(tmp_path / "stages")))
    summary, rejected = scored.summary, scored.rejected().collect()
    assert corpus.origin.files == 2
    assert summary.records + summary.rejected == len(RECORDS) + len(UNUSABLE)
    assert (summary.records, summary.rejected) == (scored.scores().count(), len(rejected))
    assert summary.rejected == (2 if written.format == "text" else 3), "a line of text has no id of its own"
    assert summary.reasons == {one: [row["reason"] for row in rejected].count(one) for one in summary.reasons}
    assert sum(summary.reasons.values()) == summary.rejected


def test_reasons_beyond_the_commonest_are_one(spark: SparkSession, tmp_path: Path) -> None:
    bad = "".join(f'{{"id": "x{n}", "text": "t", "f": 1e{999 + n}}}\n' for n in range(MOST_REASONS + 7))
    fill(tmp_path / "pool", {"a.jsonl": '{"id": "a", "text": "t"}\n' + bad})
    corpus = open_corpus(spark, Input(path=str(tmp_path / "pool")))
    summary = ScoredPool.create(
        corpus, corpus.scorer("content", NullCodec()), Location.of(str(tmp_path / "stages"))
    ).summary
    assert (summary.records, summary.rejected) == (1, MOST_REASONS + 7)
    assert summary.reasons[OTHER_REASONS] == 7
    assert sum(summary.reasons.values()) == summary.rejected


def test_numbers_have_a_mark_of_their_own(spark: SparkSession, tmp_path: Path) -> None:
    rows = [{**record, "good": number / 7} for number, record in enumerate(RECORDS)]
    pools = {"plain": rows, "other": [{**row, "good": 2 * row["good"]} for row in rows]}
    summaries = {}
    for name, part in pools.items():
        path = fill(tmp_path / name, {"a.jsonl": "".join(json.dumps(row) + "\n" for row in part)})
        corpus = open_corpus(spark, Input(path=str(path)))
        for column in ("", "good"):
            numbers = Numbers(((schema.WEIGHT, column),)) if column else NONE
            scorer = corpus.scorer("content", NullCodec(), numbers=numbers)
            place = Location.of(str(tmp_path / f"stages-{name}-{column}"))
            summaries[name, column] = ScoredPool.create(corpus, scorer, place).summary
    assert len({summary.fingerprint for summary in summaries.values()}) == 1, "one pool, whatever weighs it"
    assert [summaries[name, ""].numbers for name in pools] == ["", ""]
    assert len({summaries[name, "good"].numbers for name in pools} | {""}) == 3
