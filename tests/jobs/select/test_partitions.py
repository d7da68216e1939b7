"""`run.pools` on a Spark session."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from support.oracle import naive_select, one_shot
from support.pools import payload_of, sharegpt
from support.selecting import GAIN, PAPER, K, ids, reporter, select, write_jsonl
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.select import dry_run, partitions
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection.partitioning import FACTOR
from zip_pipeline.tasks.pick_partition import PARTITION

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "pool.jsonl", sharegpt(120))


def test_pools_pick_by_the_naive_rule_wherever_records_lie(spark: SparkSession, pool: Path, tmp_path: Path) -> None:
    manifest = select(pool, tmp_path / "out", *PAPER, "run.pools=3")
    shuffled = random.Random(1).sample(sharegpt(120), 120)
    pq.write_table(pa.Table.from_pylist(shuffled), tmp_path / "again.parquet", row_group_size=17)
    again = select(tmp_path / "again.parquet", tmp_path / "again", *PAPER, "run.pools=3", "run.workers=1")
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
    manifest = select(pool, tmp_path / "out", *GAIN, "run.pools=5", "select.quotas=proportional", budget=30)
    parts = manifest["pool"]["per_source"]
    taken = {name: part["records"] for name, part in manifest["selection"]["per_source"].items()}
    assert sum(taken.values()) == 30
    assert all(abs(taken[name] - 30 * part["records"] / 120) < 2 for name, part in parts.items())

    keys = [f"input.path={pool}", f"output.path={tmp_path / 'never'}", "select.budget=30", *K, *GAIN, "run.pools=5"]
    work = dry_run.run(load(None, keys, SelectConfig), reporter())["work"]
    assert (work["budget"], work["rounds"]) == (30, 30), "k3 is 1 in five pools"
    assert (work["pool"]["records"], work["pool"]["offered"]) == (24, 9)

    monkeypatch.setattr(partitions, "MOST_BYTES", 1000)
    with pytest.raises(
        ConfigError, match=r"run.pools 2: a task would look at .* more than 1,000, of a partition of .*; set run.pools="
    ):
        select(pool, tmp_path / "never", *GAIN, "run.pools=2")
    assert not (tmp_path / "never").exists()
