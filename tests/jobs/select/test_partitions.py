"""`run.pools` and `select.extend` on a Spark session."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from support.oracle import naive_select, one_shot
from support.pools import payload_of, sharegpt
from support.selecting import K, ids, reporter, rows, write_jsonl
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.jobs.select import dry_run, job, partitions
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection.partitioning import FACTOR
from zip_pipeline.tasks.pick_partition import PARTITION

pytestmark = pytest.mark.usefixtures("spark")
PAPER = ["select.rule=paper", "codec.window=32KB", "input.deduplicate=none", "select.quotas={}"]
GAIN = ["select.rule=gain", "codec.window=32KB", "input.deduplicate=none", "select.quotas={}"]


def run(path: object, output: object, *overrides: str, budget: int = 20) -> dict[str, Any]:
    keys = [f"input.path={path}", f"output.path={output}", f"select.budget={budget}", *K, *overrides]
    return job.run(load(None, keys, SelectConfig), reporter())


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "pool.jsonl", sharegpt(120))


def test_pools_pick_by_the_naive_rule_wherever_records_lie(spark: SparkSession, pool: Path, tmp_path: Path) -> None:
    manifest = run(pool, tmp_path / "out", *PAPER, "run.pools=3")
    shuffled = random.Random(1).sample(sharegpt(120), 120)
    pq.write_table(pa.Table.from_pylist(shuffled), tmp_path / "again.parquet", row_group_size=17)
    again = run(tmp_path / "again.parquet", tmp_path / "again", *PAPER, "run.pools=3", "run.workers=1")
    assert ids(tmp_path / "out") == ids(tmp_path / "again")
    assert again["selection"] == manifest["selection"]

    payloads = {record["id"]: payload_of(record) for record in sharegpt(120)}
    frame = spark.createDataFrame([(i, "") for i in payloads], "id string, stratum string")
    dealt: dict[int, dict[str, bytes]] = {}
    for row in partitions.partitioned(frame, 3, 0).collect():
        dealt.setdefault(row[PARTITION], {})[row["id"]] = payloads[row["id"]]
    how = {"measure": one_shot(FRAMINGS["content"], 9), "k": (10, 3, 2)}
    offered = {
        number: naive_select(part, budget=-(-len(part) * int(FACTOR * 20) // 120), **how)
        for number, part in dealt.items()
    }
    union = {i: payloads[i] for part in offered.values() for i in part}
    assert ids(tmp_path / "out") == naive_select(union, budget=20, **how)
    assert manifest["selection"]["pools"] == 3
    assert manifest["selection"]["of_pools"] == [
        {"records": len(dealt[number]), "offered": len(offered[number])} for number in sorted(dealt)
    ]


def test_shares_hold_over_pools_and_too_large_ones_are_refused(
    pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = run(pool, tmp_path / "out", *GAIN, "run.pools=5", "select.quotas=proportional", budget=30)
    parts = manifest["pool"]["per_source"]
    taken = {name: part["records"] for name, part in manifest["selection"]["per_source"].items()}
    assert sum(taken.values()) == 30
    assert all(abs(taken[name] - 30 * part["records"] / 120) < 2 for name, part in parts.items())

    keys = [f"input.path={pool}", f"output.path={tmp_path / 'never'}", "select.budget=30", *K, *GAIN, "run.pools=5"]
    work = dry_run.run(load(None, keys, SelectConfig), reporter())["work"]
    assert (work["budget"], work["rounds"]) == (30, 30), "k3 is 1 in five pools"
    assert (work["pool"]["records"], work["pool"]["offered"]) == (24, 9)

    monkeypatch.setattr(partitions, "MOST_BYTES", 1000)
    with pytest.raises(ConfigError, match=r"run.pools 2: of a pool of .* more than 1,000; set run.pools="):
        run(pool, tmp_path / "never", *GAIN, "run.pools=2")
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("rule", [PAPER, GAIN])
def test_selecting_and_extending_twice_is_selecting_once(pool: Path, tmp_path: Path, rule: list[str]) -> None:
    whole = run(pool, tmp_path / "whole", *rule, budget=20)
    run(pool, tmp_path / "first", *rule, "select.keep_state=true", budget=8)
    extend = f"select.extend={{path: {tmp_path / 'first'}}}"
    run(pool, tmp_path / "second", *rule, extend, "select.keep_state=true", budget=4)
    extend = f"select.extend={{path: {tmp_path / 'second'}}}"
    manifest = run(pool, tmp_path / "third", *rule, extend, budget=8)
    parts = [row for name in ("first", "second", "third") for row in rows(tmp_path / name)]
    assert parts == rows(tmp_path / "whole")
    with pytest.raises(ConfigError, match="is the set to extend"):
        run(pool, tmp_path / "first", *rule, extend, "output.mode=overwrite")
    assert manifest["selection"]["set_ratio"] == whole["selection"]["set_ratio"]
    extended = manifest["extended"]
    assert (extended["records"], extended["same_id"], extended["same_payload"]) == (12, 12, 0)


def test_pools_that_hold_only_what_is_extended(pool: Path, tmp_path: Path) -> None:
    run(pool, tmp_path / "first", *GAIN, budget=100)
    extend = f"select.extend={{path: {tmp_path / 'first'}}}"
    manifest = run(pool, tmp_path / "out", *GAIN, extend, "run.pools=40", budget=20)
    assert manifest["selection"]["records"] == 20
    assert len(manifest["selection"]["of_pools"]) < 40


def test_a_file_is_extended_by_id_and_payload(pool: Path, tmp_path: Path) -> None:
    records = sharegpt(120)
    chosen = [
        records[5],
        {**records[6], "id": "of-another-pool"},  # whose payload is in the pool under its own id
        {**sharegpt(1, seed=9)[0], "id": records[7]["id"]},  # whose id is in the pool
    ]
    write_jsonl(tmp_path / "chosen.jsonl", [{**records[8], "conversations": None}, *chosen])
    extend = f"select.extend={{path: {tmp_path / 'chosen.jsonl'}}}"
    manifest = run(pool, tmp_path / "out", *GAIN, extend, "run.pools=2", budget=200)
    assert set(ids(tmp_path / "out")) == {record["id"] for record in records} - {records[n]["id"] for n in (5, 6, 7)}
    selected = rows(tmp_path / "out")
    assert [row["zip_rank"] for row in selected] == list(range(3, 120))
    assert selected[0]["zip_round"] == 1, "the file is round 0: it has less than k3 records"
    payloads = {record["id"]: payload_of(record) for record in [*records, *chosen[1:]]}
    before = [payload_of(one) for one in sorted(chosen, key=lambda one: one["id"])]
    measure = one_shot(FRAMINGS["content"], 9)
    raw, compressed = measure([before], payloads[selected[0]["id"]])
    assert selected[0]["zip_set_ratio"] == raw / compressed
    assert {key: manifest["extended"][key] for key in ("records", "rejected", "same_id", "same_payload")} == {
        "records": 3,
        "rejected": 1,
        "same_id": 2,
        "same_payload": 1,
    }

    assert manifest["extended"]["raw_bytes"] + manifest["selection"]["raw_bytes"] == len(
        FRAMINGS["content"].join([*before, *(payloads[row["id"]] for row in selected)])
    )
    with pytest.raises(InputError, match="nowhere"):
        run(pool, tmp_path / "never", *GAIN, "select.extend={path: nowhere.jsonl}")
