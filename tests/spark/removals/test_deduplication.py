"""Near-duplicates on executors: those of all pairs, however the table lies. `test_small_pools` has the driver's way."""

import random
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from support import near_twin
from support.near_copies import planted, table, words
from zip_pipeline.config import Deduplicate
from zip_pipeline.dedup.near_duplicates import LEAST_COMMON, Near
from zip_pipeline.dedup.shingles import Common
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.removals import deduplication, small_pools
from zip_pipeline.spark.removals.earlier import Earlier

Gone = dict[str, tuple[str, float, float]]


@pytest.fixture(autouse=True)
def _on_executors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_pools, "MOST_RECORDS", 0)


@pytest.fixture(scope="module")
def payloads() -> dict[str, bytes]:
    """Pairs, copies, a chain, a template; ids whose order is neither that of rows nor of numbers.

    MinHash misses none of them: it may miss pairs of a likeness close to the threshold.
    """
    likenesses = (0, 0.3, 0.45, 0.75, 0.85, 0.95)
    texts = [text for seed in range(60) for text in planted(likenesses[seed % 6], seed, runs=60)]
    texts += [b"the same"] * 5 + [b" ", b"short"]
    first, second = planted(0.75, 99)
    texts += [first, second, b" ".join([*words(100, 5), *second.split()[40:]])]
    template = b" ".join(words(60, 7))
    texts += [template + b" " + b" ".join(words(20, 1000 + number)) for number in range(LEAST_COMMON + 1)]
    numbers = list(range(len(texts)))
    random.Random(1).shuffle(numbers)
    return {f"é{number}" if number % 7 == 0 else str(number): text for number, text in zip(numbers, texts, strict=True)}


def by_hand(payloads: dict[str, bytes], order: list[str], near: Near | None = None) -> Gone:
    found = near_twin.near_duplicates([payloads[i] for i in order], near or Near())
    return {order[place]: (order[kept], *shares) for place, (kept, *shares) in found.items()}


def gone(rows: list[tuple[str, str, float, float]]) -> Gone:
    assert len({row[0] for row in rows}) == len(rows)
    return {record: (kept, jaccard, containment) for record, kept, jaccard, containment in rows}


@pytest.mark.parametrize("parts", [1, 3, 17])
def test_against_all_pairs(spark: SparkSession, payloads: dict[str, bytes], tmp_path: Path, parts: int) -> None:
    expected = by_hand(payloads, sorted(payloads))
    assert 30 < len(expected) < len(payloads) - 80
    rows, folder = table(spark, payloads, parts), Location.of(str(tmp_path))
    found = deduplication.duplicates_in(rows, Deduplicate(), len(payloads), folder)
    assert gone([tuple(row) for row in found.collect()]) == expected
    # Executors find the same as the driver, round by round, whatever is left for the driver.
    pairs, count = deduplication.alike(rows, Near(), len(payloads), folder)
    for most in (0, 20):
        found = deduplication.gone(pairs, count, folder / f"{most}", most)
        assert gone([tuple(row) for row in found.collect()]) == expected


def test_priorities_and_threshold(spark: SparkSession, payloads: dict[str, bytes], tmp_path: Path) -> None:
    ranks = {record: number % 5 for number, record in enumerate(sorted(payloads))}
    order = sorted(payloads, key=lambda record: (-(ranks[record] or -1), record))  # a null is the lowest
    values = [(record, float(rank) if rank else None) for record, rank in ranks.items()]
    priorities = spark.createDataFrame(values, "id string, priority double")
    section, folder = Deduplicate(threshold=0.7), Location.of(str(tmp_path))
    found = deduplication.duplicates_in(table(spark, payloads), section, len(payloads), folder, priorities)
    assert gone([tuple(row) for row in found.collect()]) == by_hand(payloads, order, Near(0.7))


def test_near_duplicates_of_earlier_records(spark: SparkSession, payloads: dict[str, bytes], tmp_path: Path) -> None:
    """Earlier records have ids of the pool; one of them is a record that would stay, another the copy of one."""
    pool, folder = sorted(payloads), Location.of(str(tmp_path))
    alone = by_hand(payloads, pool)
    stays = next(kept for kept, *_ in alone.values())
    known = {pool[0]: payloads[stays], pool[5]: payloads[pool[7]], "new": b"something else altogether"}
    rows, earlier = table(spark, payloads), table(spark, known)
    sets = deduplication.sign(earlier, Common(np.zeros(0, np.uint64))).withColumn("hash", F.lit(None).cast("binary"))
    before = Earlier(sets, np.zeros(0, np.uint64))
    pairs, count = deduplication.alike(rows, Near(), len(payloads), folder, earlier=before)
    excluded = deduplication.like_earlier(pairs)
    rest = deduplication.among_themselves(pairs, excluded)
    left = {row["id"]: row["kept"] for row in excluded.collect()}
    assert left[stays] == pool[0]
    assert left[pool[7]] == pool[5]
    found = gone([tuple(row) for row in deduplication.gone(rest, count, folder).collect()])
    assert found == by_hand(payloads, [record for record in pool if record not in left])


def test_many_records_around_hubs(
    spark: SparkSession, payloads: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deduplication, "MANY_AROUND", 0)
    monkeypatch.setattr(deduplication, "RECORDS_A_PART", 10)
    folder = Location.of(str(tmp_path))
    found = deduplication.duplicates_in(table(spark, payloads), Deduplicate(), len(payloads), folder)
    assert gone([tuple(row) for row in found.collect()]) == by_hand(payloads, sorted(payloads))


def test_a_pool_larger_than_the_sample(
    spark: SparkSession, payloads: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the sample fewer records than the least number have the template: so it counts, and all but one of them go."""
    monkeypatch.setattr(deduplication, "SAMPLE", 100)
    rows, folder = table(spark, payloads), Location.of(str(tmp_path))
    found = deduplication.duplicates_in(rows, Deduplicate(), len(payloads), folder)
    expected = by_hand(payloads, sorted(payloads), Near(common=1.0))
    assert len(expected) >= len(by_hand(payloads, sorted(payloads))) + LEAST_COMMON
    assert gone([tuple(row) for row in found.collect()]).keys() == expected.keys()


def test_the_compared_text_counts(spark: SparkSession, tmp_path: Path) -> None:
    rows = table(spark, {"a": b"one text", "b": b"another", "c": b"a third"})
    compared = F.when(F.col("id") != "a", F.lit(b"one text"))
    folder = Location.of(str(tmp_path))
    found = deduplication.duplicates_in(rows.withColumn("compared", compared), Deduplicate(), 3, folder)
    assert sorted(map(tuple, found.collect())) == [("b", "a", 1.0, 1.0), ("c", "a", 1.0, 1.0)]


def test_records_that_are_all_different(spark: SparkSession, tmp_path: Path) -> None:
    rows = table(spark, {"b": b"one text", "a": b"another"})
    assert deduplication.duplicates_in(rows, Deduplicate(), 2, Location.of(str(tmp_path))).collect() == []


def test_equal_payloads(spark: SparkSession, tmp_path: Path) -> None:
    rows = table(spark, {"c": b"one", "b": b"one", "a": b"One", "d": b"one"})
    section, folder = Deduplicate(kind="exact"), Location.of(str(tmp_path))
    found = deduplication.duplicates_in(rows, section, 4, folder).collect()
    assert sorted(map(tuple, found)) == [("c", "b", 1.0, 1.0), ("d", "b", 1.0, 1.0)]
    values = [("a", None), ("b", float("nan")), ("c", -1.0), ("d", 2.0)]
    priorities = spark.createDataFrame(values, "id string, priority double")
    found = deduplication.duplicates_in(rows, section, 4, folder, priorities).collect()
    assert sorted(map(tuple, found)) == [("b", "d", 1.0, 1.0), ("c", "d", 1.0, 1.0)]
