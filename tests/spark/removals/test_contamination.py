"""Records that share passages with benchmarks, and with other records: as plain Python finds, however tables lie."""

import json
import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from support.benchmarks import Shared, contaminated_by_hand
from support.near_copies import table
from zip_pipeline.config import Input
from zip_pipeline.dedup import bloom
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.removals import contamination
from zip_pipeline.spark.removals.contamination import read_benchmarks

Benchmarks = dict[str, list[tuple[str, str]]]

TEMPLATE = "answer the following multiple choice question by one letter of A B C or D and nothing else"
NOTHING = "the user asks something and somebody else answers it at length but not by heart or so we hope"


def pool_of(texts: dict[str, str]) -> dict[str, bytes]:
    return {i: text.encode() for i, text in texts.items()}


def words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(["alpha", "beta", "gamma", "delta", "世", "界", "x1", "x2", "x3", "x4", "x5"], k=count))


@pytest.fixture(scope="module")
def benchmarks() -> Benchmarks:
    """One with a template, equal items and equal ids; one of items of all lengths; one of which nothing is found."""
    rng = random.Random(5)
    choices = [(f"{number % 7}", f"{TEMPLATE}: {words(rng, rng.randrange(4, 30))}") for number in range(120)]
    lengths = [(f"é{number}", words(rng, number)) for number in range(1, 60)]
    return {"choices": [*choices, *choices[:9]], "lengths": lengths, "none": [("a", NOTHING), ("b", "too short")]}


@pytest.fixture(scope="module")
def texts(benchmarks: Benchmarks) -> dict[str, str]:
    """Parts of items of all lengths, behind other text and before it, in capitals; templates; records of their own."""
    rng, pool = random.Random(6), []
    for name in ("choices", "lengths"):
        for _, text in rng.sample(benchmarks[name], 40):
            tokens = text.split()
            begin = rng.randrange(len(tokens))
            part = " ".join(tokens[begin : begin + rng.randrange(1, 40)])
            pool.append(f"{words(rng, rng.randrange(9))} {part.upper()}, {words(rng, rng.randrange(9))}")
    pool += [TEMPLATE, *(words(rng, rng.randrange(50)) + " own" for _ in range(60))]
    return {f"r{number}": text for number, text in enumerate(pool)}


def files(folder: Path, benchmarks: Benchmarks) -> list[Input]:
    for name, items in benchmarks.items():
        lines = [json.dumps({"id": item, "text": text}) for item, text in items]
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    return [Input(path=str(folder / f"{name}.jsonl")) for name in benchmarks]


@pytest.mark.parametrize(("parts", "most"), [(1, 13), (3, 13), (17, 13), (2, 6)])
def test_the_records_of_plain_python(
    spark: SparkSession, benchmarks: Benchmarks, texts: dict[str, str], tmp_path: Path, parts: int, most: int
) -> None:
    places = files(tmp_path, benchmarks)
    known = read_benchmarks(spark, places, most, Location.of(str(tmp_path / "derived")))
    rows = contamination.contaminated_by(table(spark, pool_of(texts), parts), known).collect()
    found = {(row["id"], Path(row["benchmark"]).stem): Shared(*row[2:]) for row in rows}
    assert len(found) == len(rows)
    expected = contaminated_by_hand(texts, benchmarks, most)
    assert found == expected
    assert {name for _, name in found} == {"choices", "lengths"}
    assert 20 < len({record for record, _ in found}) < len(texts) - 20, "some are, some are not"


def test_more_passages_than_the_filter_is_made_for(
    spark: SparkSession, benchmarks: Benchmarks, texts: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lets nearly everything pass, and the join leaves what is right."""
    monkeypatch.setattr(bloom, "MOST_BITS", 256)
    known = read_benchmarks(spark, files(tmp_path, benchmarks), 13, Location.of(str(tmp_path / "derived")))
    rows = contamination.contaminated_by(table(spark, pool_of(texts)), known).collect()
    expected = contaminated_by_hand(texts, benchmarks, 13)
    assert {(row["id"], Path(row["benchmark"]).stem): Shared(*row[2:]) for row in rows} == expected


def test_shared_passages_by_hand(spark: SparkSession) -> None:
    passage = b"one two three four five six seven eight"
    rows = {"half": passage + b" nine", "all": passage, "none": b"nothing of it at all, not a single passage of eight"}
    others = {"x": b"before " + passage, "y": passage + b" after", "z": b"short"}
    found = contamination.shared(table(spark, rows), table(spark, others).select("payload")).collect()
    assert {row["id"]: row["shared"] for row in found} == {"half": 0.5, "all": 1.0, "none": 0.0}
