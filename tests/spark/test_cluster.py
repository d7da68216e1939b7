"""A real cluster, a master and two workers as processes of this machine, and what becomes of a run when one of them dies."""

import functools
import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.clusters import BIN, PATIENCE, SETTINGS, Cluster, kill, standalone, start, until
from support.oracle import naive_select, one_shot
from support.pools import payload_of, sharegpt
from zip_pipeline.records.render import FRAMINGS

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[2]
JOBS = ROOT / "jobs"
"""Where a file has the name of the standard library's select."""

FILES = 8
RULE = {"budget": 150, "k1": 40, "k2": 12, "k3": 4}
# A task a file.
FILE_TASKS = {"spark.sql.files.maxPartitionBytes": "20000"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with standalone(tmp_path_factory.mktemp("cluster"), JOBS) as started:
        yield started


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool") / "pool.parquet"
    folder.mkdir()
    records = sharegpt(300)
    for part in range(FILES):
        pq.write_table(pa.Table.from_pylist(records[part::FILES]), folder / f"{part}.parquet")
    return folder


@pytest.fixture(scope="module")
def expected() -> list[str]:
    """The selection of the rule by definition, which is that of a run on one machine."""
    payloads = {record["id"]: payload_of(record) for record in sharegpt(300)}
    k = RULE["k1"], RULE["k2"], RULE["k3"]
    return naive_select(payloads, measure=one_shot(FRAMINGS["content"], 9), budget=RULE["budget"], k=k)


def select(cluster: Cluster, pool: Path, output: Path, *options: object, **more: object) -> subprocess.Popen[bytes]:
    """Start the job from inside jobs/, with options of Spark's and settings of the section ``run``."""
    settings = [part for key, value in {**SETTINGS, **FILE_TASKS}.items() for part in ("--conf", f"{key}={value}")]
    keys = [f"input.path={pool}", "input.deduplicate=none", f"output.path={output}", "codec.window=32KB"]
    keys += [f"select={json.dumps(RULE | {'rule': 'paper'})}", *(f"run.{key}={value}" for key, value in more.items())]
    command = [BIN / "spark-submit", "--master", cluster.url, *settings, *options, "select.py"]
    return start([*command, *(part for key in keys for part in ("--set", key))], log_of(output), JOBS)


def log_of(output: Path) -> Path:
    return output.parent / "log"


def rounds(checkpoint: Path) -> int:
    return len(list(checkpoint.glob("rounds/round-" + "[0-9]" * 8)))


def has_done(number: int, run: subprocess.Popen[bytes], checkpoint: Path) -> bool:
    """Whether so many rounds are on the disk, or the run died on the way."""
    return run.poll() is not None or rounds(checkpoint) >= number


def chosen(output: Path) -> list[str]:
    rows = pq.read_table(output / "selection").to_pylist()
    return [row["id"] for row in sorted(rows, key=lambda row: row["zip_rank"])]


@pytest.mark.slow
def test_a_run_whose_driver_is_killed_goes_on(
    cluster: Cluster, pool: Path, expected: list[str], tmp_path: Path
) -> None:
    output, kept = tmp_path / "out", tmp_path / "checkpoint"
    whole = -(-RULE["budget"] // RULE["k3"])
    for cut in sorted(random.Random().sample(range(1, whole), 3)):
        run = select(cluster, pool, output, checkpoint=kept)
        until(functools.partial(has_done, cut, run, kept), f"{cut} rounds")
        assert run.poll() is None, log_of(output).read_text()
        kill(run)
        assert not output.exists()

    assert select(cluster, pool, output, checkpoint=kept).wait(PATIENCE) == 0, log_of(output).read_text()
    assert chosen(output) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "out"], "what killed runs had begun is gone"


@pytest.mark.slow
def test_a_run_goes_on_when_a_worker_is_killed(
    cluster: Cluster, pool: Path, expected: list[str], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    package = shutil.make_archive(str(tmp_path / "zip_pipeline"), "zip", ROOT, "zip_pipeline")
    both = ["--conf", "spark.cores.max=2", "--conf", "spark.scheduler.minRegisteredResourcesRatio=1.0"]
    run = select(cluster, pool, output, "--py-files", package, *both)
    begun, finished = "scratch/scored/_temporary/0/_temporary/attempt_*", "scratch/scored/_temporary/0/task_*"

    def files(pattern: str) -> int:
        return len(list(tmp_path.glob(f".out.staging-*/{pattern}")))

    until(lambda: run.poll() is not None or files(begun) + files(finished) >= 2, "both workers scoring")
    kill(cluster.workers[0])
    assert files(finished) < FILES, "in mid-scoring"
    assert run.wait(PATIENCE) == 0, log_of(output).read_text()
    assert "Lost executor" in log_of(output).read_text()
    assert chosen(output) == expected
