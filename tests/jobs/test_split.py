"""The job split: sides that share nothing, the same ones however the pool lies."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from support.near_copies import planted, words
from zip_pipeline.config import Place, Split, SplitConfig, load
from zip_pipeline.dedup.near_duplicates import Near, pairs
from zip_pipeline.dedup.shingles import PASSAGE, shingles
from zip_pipeline.dedup.staying import lowest_of_component
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs import split
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.reader import read

pytestmark = pytest.mark.usefixtures("spark")


def run(path: object, output: Path, *overrides: str) -> dict[str, Any]:
    keys = [f"input.path={path}", f"output.path={output}", *overrides]
    return split.run(load(None, keys, SplitConfig), Reporter(Console(quiet=True)))


def side(output: Path, name: str) -> dict[str, str]:
    return {row["id"]: row["text"] for row in pq.read_table(output / name).to_pylist()}


def pool() -> list[dict[str, Any]]:
    """Triples of near-duplicates, and lone records of which every fifth quotes from another one."""
    texts = [
        b" ".join([*text.split(), *words(3, seed + copy)])
        for seed in range(30)
        for copy in range(3)
        for text in planted(0.5, seed, 60)[:1]
    ]
    lone = [words(60, 1000 + seed) for seed in range(60)]
    texts += [
        b" ".join(text + lone[(number + 7) % 60][:30] if number % 5 == 0 else text) for number, text in enumerate(lone)
    ]
    return [{"id": f"r{number}", "text": text.decode(), "more": number} for number, text in enumerate(texts)]


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_no_group_and_few_passages_are_on_both_sides(tmp_path: Path) -> None:
    records = pool()
    manifest = run(write(tmp_path / "pool.jsonl", records), tmp_path / "out", "split.share=0.3")
    sides = {name: side(tmp_path / "out", name) for name in split.SIDES}
    assert {i: text for part in sides.values() for i, text in part.items()} == {r["id"]: r["text"] for r in records}
    assert all(sides.values()), "the pool has records for every side"

    near = pairs([r["text"].encode() for r in records], Near())
    groups = lowest_of_component(near.before, near.after, len(records)).tolist()
    group = dict(zip((r["id"] for r in records), groups, strict=True))
    assert len(set(group.values())) == 90
    out = {group[i] for name in ("held_out", "dropped") for i in sides[name]}
    assert out.isdisjoint({group[i] for i in sides["kept"]})

    kept = shingles([text.encode() for text in sides["kept"].values()], PASSAGE).hashes
    for name, expected in (("held_out", False), ("dropped", True)):
        for text in sides[name].values():
            assert (np.isin(shingles([text.encode()], PASSAGE).hashes, kept).mean() > 0.1) == expected

    counts = {name: manifest["split"][name] for name in split.SIDES}
    assert counts == {
        name: {"records": len(part), "raw_bytes": sum(map(len, part.values()))} for name, part in sides.items()
    }
    held = counts["held_out"]["raw_bytes"] + counts["dropped"]["raw_bytes"]
    assert 0.28 < held / sum(part["raw_bytes"] for part in counts.values()) <= 0.3
    assert manifest["split"]["near_duplicates"]["threshold"] == 0.5
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    assert pq.read_table(tmp_path / "out/kept").column_names == ["id", "more", "text"]


def test_layout_does_not_matter_and_the_seed_does(spark: SparkSession, tmp_path: Path) -> None:
    rows = [(r["id"], len(r["text"]), bytearray(r["text"].encode())) for r in pool()]

    def sides(parts: int, seed: int) -> dict[str, str]:
        random.Random(parts).shuffle(rows)
        table = spark.createDataFrame(rows, "id string, raw_bytes bigint, payload binary").repartition(parts)
        folder = Location.of(str(tmp_path / f"{parts}-{seed}"))
        return {
            row["id"]: row["zip_side"] for row in split.sides_of(table, Split(share=0.3, seed=seed), folder).collect()
        }

    expected = sides(1, 0)
    assert sides(5, 0) == expected
    assert sides(2, 1) != expected


def test_groups_are_taken_while_they_fit() -> None:
    assert split._fit(np.array([3, 9, 4, 2, 1]), 8).tolist() == [True, False, True, False, True]


def test_rejected_records_are_kept_apart_or_fail(spark: SparkSession, tmp_path: Path) -> None:
    path = write(tmp_path / "pool.jsonl", [*pool()[:9], {"id": "bad", "text": None}])
    sides = run(path, tmp_path / "out", "output.format=jsonl")["split"]
    rejected, kept = (read(spark, Place(path=str(tmp_path / "out" / name))) for name in ("rejected", "kept"))
    assert [row["id"] for row in rejected.collect()] == ["bad"]
    # Spark's files of JSON lines are named .json, and are read as lines all the same.
    assert kept.count() == sides["kept"]["records"] > 1
    with pytest.raises(InputError, match="1 records cannot be used: 1 x text: null"):
        run(path, tmp_path / "other", "input.on_bad_record=fail")


@pytest.mark.parametrize("share", ["0", "1", "x", "100%", "x%"])
def test_a_share_is_a_part(tmp_path: Path, share: str) -> None:
    with pytest.raises(ConfigError, match=r"^split.share: "):
        run("p.jsonl", tmp_path / "out", f"split.share={share}")
