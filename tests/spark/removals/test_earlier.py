"""Records that were chosen before: found by plain Python among all pairs, however tables lie; the index by hand."""

from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from support import near_twin
from support.near_copies import planted, table, words
from zip_pipeline.config import Deduplicate
from zip_pipeline.dedup.near_duplicates import LEAST_COMMON, Near
from zip_pipeline.dedup.shingles import WIDTH, Common, shingles
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.removals import deduplication, earlier
from zip_pipeline.spark.removals.earlier import Earlier
from zip_pipeline.tasks.near_duplicates import SETS, read_sets

TEMPLATE = b" ".join(words(80, 7))
NOTHING = Common(np.zeros(0, np.uint64))


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Earlier records and new ones: pairs of many likenesses, ids of both, a template that was boilerplate before."""
    likenesses = (0, 0.3, 0.75, 0.85, 0.95)
    pairs = [planted(likenesses[seed % 5], seed, runs=60) for seed in range(40)]
    before = {f"r{number}": one for number, (one, _) in enumerate(pairs)}
    new = {f"r{number + 20}": other for number, (_, other) in enumerate(pairs)}
    for number in range(4):
        before[f"t{number}"] = TEMPLATE + b" " + b" ".join(words(20, 500 + number))
        new[f"n{number}"] = TEMPLATE + b" " + b" ".join(words(20, 600 + number))
    return before, new


def sets(rows: DataFrame) -> DataFrame:
    texts = rows.select("id", earlier.payload_hash().alias("hash"), F.col("payload").alias("text"))
    return texts.mapInArrow(read_sets, SETS)


def by_hand(before: dict[str, bytes], new: dict[str, bytes], boilerplate: bytes) -> dict[str, tuple[str, float, float]]:
    """Of each new record the earlier one that is most like it, if one is near."""
    own = {i: frozenset(near_twin.runs(text.decode())) for i, text in new.items()}
    common = near_twin.common(own.values(), Near().common, LEAST_COMMON)
    common |= frozenset(near_twin.runs(boilerplate.decode())) if boilerplate else frozenset()
    known = {i: near_twin.without(frozenset(near_twin.runs(text.decode())), common) for i, text in before.items()}
    found = {}
    for record, runs in own.items():
        mine = near_twin.without(runs, common)
        shares = {i: near_twin.jaccard(mine, theirs) for i, theirs in known.items()}
        close = [i for i, share in shares.items() if share >= Near().threshold]
        if close:
            kept = min(close, key=lambda i: (-shares[i], i))
            found[record] = (kept, shares[kept], len(mine & known[kept]) / len(mine))
    return found


@pytest.mark.parametrize("parts", [1, 3, 17])
@pytest.mark.parametrize("boilerplate", [b"", TEMPLATE])
def test_against_all_pairs(
    spark: SparkSession, both: tuple[dict[str, bytes], dict[str, bytes]], tmp_path: Path, parts: int, boilerplate: bytes
) -> None:
    before, new = both
    common = np.unique(shingles([boilerplate], WIDTH).hashes) if boilerplate else NOTHING.hashes
    known, folder = Earlier(sets(table(spark, before, parts)), common), Location.of(str(tmp_path))
    section = Deduplicate()
    excluded = deduplication.excluded_in(table(spark, new, parts), section, len(new), folder, known)
    found = {row["id"]: tuple(row[1:]) for row in excluded.collect()}
    assert found == by_hand(before, new, boilerplate)
    assert 20 < len(found) < len(new) - 10
    assert ("n0" in found) == (boilerplate == b""), "what was boilerplate is no likeness"
    rest = {i: text for i, text in new.items() if i not in found}
    duplicates = deduplication.duplicates_in(table(spark, new, parts), section, len(new), folder, None, known, excluded)
    assert {row["id"] for row in duplicates.collect()}.isdisjoint(found)
    assert {row["id"] for row in duplicates.collect()} <= rest.keys()


def test_more_new_records_than_the_filter_is_for(
    spark: SparkSession,
    both: tuple[dict[str, bytes], dict[str, bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, new = both
    known = Earlier(sets(table(spark, before)), NOTHING.hashes)
    counts = []
    for most in (earlier.MOST_BUCKETS, 0):
        monkeypatch.setattr(earlier, "MOST_BUCKETS", most)
        folder = Location.of(str(tmp_path / f"{most}"))
        found = deduplication.excluded_in(table(spark, new), Deduplicate(), len(new), folder, known)
        assert {row["id"]: tuple(row[1:]) for row in found.collect()} == by_hand(before, new, b"")
        counts.append(spark.read.parquet((folder / "earlier").uri).count())
    assert counts[0] < counts[1] == len(before), "earlier records without a bucket of a new one stay where they are"


def test_equal_payloads(spark: SparkSession, tmp_path: Path) -> None:
    known = Earlier(sets(table(spark, {"b": b"one", "a": b"one", "c": b"two"})), NOTHING.hashes)
    rows, section = table(spark, {"x": b"one", "y": b"One", "z": b"one", "w": b"own"}), Deduplicate(kind="exact")
    folder = Location.of(str(tmp_path))
    excluded = deduplication.excluded_in(rows, section, 4, folder, known)
    assert sorted(map(tuple, excluded.collect())) == [("x", "a", 1.0, 1.0), ("z", "a", 1.0, 1.0)]
    assert deduplication.duplicates_in(rows, section, 4, folder, None, known, excluded).collect() == []


def test_an_index(spark: SparkSession) -> None:
    rows = table(spark, {"a": b"one two", "b": b"three"})
    common = Common(np.array([5, 2**40], np.uint64))
    whole = {row["id"]: row for row in earlier.index_of(rows, deduplication.sign(rows, NOTHING), common).collect()}
    plain = {row["id"]: row for row in sets(rows).collect()}
    assert whole.keys() == {"a", "b", None}
    assert {i: (whole[i]["hash"], whole[i]["shingles"]) for i in plain} == {
        i: (row["hash"], row["shingles"]) for i, row in plain.items()
    }
    assert np.frombuffer(whole[None]["shingles"], "<u8").tolist() == [5, 2**40]
    bare = {row["id"]: row["shingles"] for row in earlier.index_of(rows, None, None).collect()}
    assert bare == {"a": None, "b": None, None: b""}
