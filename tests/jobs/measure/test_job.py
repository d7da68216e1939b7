"""The job measure: sizes are those of plain zlib over the same shards, however the data lies."""

import hashlib
import json
import random
import zlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from support.pools import COLUMNS, payload_of, sharegpt
from zip_pipeline import cli, schema
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.config import MeasureConfig, load
from zip_pipeline.errors import ConfigError, InputError, OutputError
from zip_pipeline.jobs.measure import dry_run, job
from zip_pipeline.report.console import Reporter
from zip_pipeline.spark.sampling import at_random
from zip_pipeline.stats.sharding import SLOTS

pytestmark = pytest.mark.usefixtures("spark")

SMALL = ["codec.window=32KB", "measure.shard=64KB"]


def run(output: Path, *overrides: object) -> dict[str, Any]:
    keys = [f"output.path={output}", *map(str, overrides)]
    return job.run(load(None, keys, MeasureConfig), Reporter(Console(quiet=True)))


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def by_definition(spark: SparkSession, payloads: list[bytes], shard_bytes: int, seed: int) -> tuple[int, float]:
    """Compressed bytes, shard by shard, and how far they are from one shot, in plain Python; but the order is Spark's."""
    ids = {hashlib.blake2b(payload, digest_size=16).hexdigest(): payload for payload in payloads}
    drawn = spark.createDataFrame([(i,) for i in ids], "id string").withColumn("draw", at_random("measure", seed))
    places = {row["id"]: row["draw"] % 2**64 for row in drawn.collect()}
    order = sorted((places[i] >> 33, i) for i in ids)
    copies = {i: payloads.count(payload) for i, payload in ids.items()}
    texts = [(slot, (ids[i] + b"\n") * copies[i]) for slot, i in order]
    total = sum(len(text) for _, text in texts)
    shards = -(-total // shard_bytes)
    lead = min(SLOTS // shards, SLOTS * (256 << 10) // total)
    size = 0
    for shard in range(shards):
        own = b"".join(text for slot, text in texts if slot * shards // SLOTS == shard)
        before = b"".join(
            text
            for slot, text in texts
            if slot * shards // SLOTS == shard - 1 and (slot + lead) * shards // SLOTS == shard
        )
        size += len(zlib.compress(before + own, 9)) - (len(zlib.compress(before, 9)) if before else 0)
    return size, size / len(zlib.compress(b"".join(text for _, text in texts), 9)) - 1


def test_it_is_plain_zlib_over_the_shards(spark: SparkSession, tmp_path: Path) -> None:
    records = sharegpt(900)
    records += [record | {"id": f"c{number}"} for number, record in enumerate(records[:90])] + records[:10]
    path = write(tmp_path / "lines.jsonl", records)
    random.Random(1).shuffle(records)
    spark.createDataFrame(records, COLUMNS).repartition(5).write.parquet(f"file://{tmp_path / 'table.parquet'}")
    manifest = run(tmp_path / "out", f"measure.inputs=[{tmp_path / 'table.parquet'}, {path}]", *SMALL, "measure.seed=3")

    table, lines = manifest["sets"]
    same = lines.keys() - {"name", "data_set"}
    assert {key: lines[key] for key in same} == {key: table[key] for key in same}, "the layout does not matter"
    assert (lines["name"], table["data_set"]) == ("lines.jsonl", "table.parquet")

    payloads = [payload_of(record) for record in records]
    compressed, error = by_definition(spark, payloads, 64 << 10, seed=3)
    assert lines["raw_bytes"] == sum(map(len, payloads)) + len(payloads) > 3 * (64 << 10)
    assert (lines["records"], lines["compressed_bytes"]) == (1000, compressed)
    assert abs(error) < 0.002
    assert lines["low"] < lines["ratio"] < lines["high"]
    assert lines["exact_duplicates"] == pytest.approx(0.1)
    sizes = sorted(map(len, payloads))
    assert (lines["min_bytes"], lines["max_bytes"], lines["mean_bytes"]) == (sizes[0], sizes[-1], sum(sizes) / 1000)
    assert lines["median_bytes"] == (sizes[499] + sizes[500]) / 2

    sources = lines["per_source"]
    assert sum(part["records"] for part in sources.values()) == 1000
    assert set(sources) == {"(none)", "books", "web"}
    books = [p for p, record in zip(payloads, records, strict=True) if record["source"] == "books"]
    assert sources["books"]["compressed_bytes"] == by_definition(spark, books, 64 << 10, seed=3)[0]

    (stored,) = (tmp_path / "out" / schema.MEASURES_TABLE).glob("*.parquet")
    rows = pq.read_table(stored).to_pylist()
    assert rows == [{name: part[name] for name in rows[0]} for part in (table, lines)]
    assert json.loads((tmp_path / "out/manifest.json").read_text()) == manifest
    assert "table.parquet" in (tmp_path / "out/report.html").read_text()


def test_versions_by_column_with_a_long_window(tmp_path: Path) -> None:
    """Two versions, one with copies far apart, in a history; what cannot be used is kept apart."""
    clean = [record | {"v": "x1"} for record in sharegpt(300)]
    copied = [record | {"v": "x2"} for record in [*sharegpt(240, seed=1), *sharegpt(60, seed=1)]]
    path = write(tmp_path / "p.jsonl", [*clean, *copied, {"id": "bad", "v": "x2"}])
    keys = [f"input.path={path}", "measure.by=v", "codec.window=64KB", f"history={{path: {tmp_path / 'h'}, name: mix}}"]
    manifest = run(tmp_path / "out", *keys, "measure.per_source=false")
    one, two = manifest["sets"]
    assert [part["name"] for part in (one, two)] == ["x1", "x2"]
    assert (one["exact_duplicates"], two["exact_duplicates"]) == (0, pytest.approx(0.2))
    payloads = [payload_of(record) for record in clean]
    assert one["raw_bytes"] == sum(map(len, payloads)) + 300
    assert one["per_source"] == {}
    assert two["ratio"] > 1.15 * one["ratio"]
    assert [(row["version"], row["beyond"]) for row in manifest["history"]] == [("x1", None), ("x2", True)]
    part = {"name": "p.jsonl", "records": 600, "rejected": 1, "sources": 2, "dialect": "sharegpt"}
    read = {"format": "jsonl", "files": 1, "files_left_out": 0, "left_out": {}, "notes": []}
    assert manifest["inputs"] == [part | read]
    (rejected,) = pq.read_table(tmp_path / "out/rejected").to_pylist()
    assert (rejected["name"], rejected["reason"]) == ("p.jsonl", "conversations: null")

    again = run(
        tmp_path / "again", *keys[:2], "codec.window=64KB", f"history.path={tmp_path / 'h'}", "history.name=mix"
    )
    assert [row["version"] for row in again["history"]] == ["x1", "x2", "x1", "x2"]
    assert [row["ratio"] for row in again["history"][2:]] == [one["ratio"], two["ratio"]]
    assert {"books", "web"} < set(again["sets"][0]["per_source"])
    with pytest.raises(InputError, match=r"p.jsonl: 1 records cannot be used, most of them: conversations: null"):
        run(tmp_path / "third", *keys, "input.on_bad_record=fail")


def test_one_shard_is_one_shot_by_the_codec(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"text": "the same"}] * 7)
    codec = ZlibCodec(window=64 << 20)
    (found,) = run(tmp_path / "out", f"input.path={path}")["sets"]
    assert (found["compressed_bytes"], found["raw_bytes"]) == (codec.compressed_size(b"the same\n" * 7), 63)
    assert (found["low"], found["high"]) == (found["ratio"], found["ratio"])


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (["measure.inputs=[{p}, {p}]"], ConfigError, "measure.inputs: a data set appears twice in {p}, {p}"),
        (["input.path={p}", "measure.shard=1MB"], ConfigError, "measure.shard: expected at least codec.window, 64MB, found 1MB"),
        (["measure.by=v"], ConfigError, "config: nothing to measure: set input or measure.inputs"),
        (["input.path={p}", "measure.by=v"], InputError, "column v is missing, found text"),
        (["input.path={p}", "history.path={p}"], OutputError, "history.path: {p}: expected a folder, found a file"),
        (["input.path={p}", "input.where=text = 'x'"], InputError, "p.jsonl: no record can be used: it is empty"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, overrides: list[str], error: type[Exception], message: str) -> None:
    path = write(tmp_path / "p.jsonl", [{"text": "y"}])
    with pytest.raises(error) as raised:
        run(tmp_path / "out", *[given.replace("{p}", str(path)) for given in overrides])
    assert str(raised.value) == message.replace("{p}", str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["p.jsonl"]


def test_a_dry_run_measures_a_sample(tmp_path: Path) -> None:
    records = [{"id": str(number), "text": f"{number} words " * 9, "source": "a"} for number in range(30)]
    pool = write(tmp_path / "p.jsonl", [*records, {"id": "bad", "text": None, "source": "a"}])
    config = load(None, [f"output.path={tmp_path / 'out'}", f"measure.inputs=[{pool}]", *SMALL], MeasureConfig)
    plan = dry_run.run(config, Reporter(Console(quiet=True)))
    (part,) = plan["inputs"]
    assert (part["rows"], part["sample"], part["records"], part["rejected"]) == (31, 31, 30, 1)
    assert plan["time"]["seconds"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["p.jsonl"]


def test_the_arguments() -> None:
    given = cli._parser().parse_args(["measure", "--input", "a", "--input", "b", "--by", "v", "--output", "o"])
    config = load(None, [*given.set, "input.dialect=text"], MeasureConfig)
    assert [(place.path, place.dialect) for place in config.places()] == [("a", "text"), ("b", "text")]
    assert (config.measure.by, config.output.path) == ("v", "o")


def test_names_tell_data_sets_apart() -> None:
    def names(inputs: str) -> list[str]:
        config = load(None, [f"measure.inputs={inputs}", "output.path=o"], MeasureConfig)
        return list(job.named(config.places()))

    assert names("[x/a, x/b/]") == ["a", "b"]
    assert names("[x/a, y/a]") == ["x/a", "y/a"]
    assert names("[x/a, {path: x/a, where: q}]") == ["a", "a q"]
    assert names("[x/a, {path: x/a, where: q}, y/a]") == ["x/a", "x/a q", "y/a"]
    versions = "[{path: t, options: {versionAsOf: 1}}, {path: t, options: {versionAsOf: 2}}, {path: t, where: q > 1}]"
    assert names(versions) == ["t versionAsOf=1", "t versionAsOf=2", "t q > 1"]
