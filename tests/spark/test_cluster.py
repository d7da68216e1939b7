"""A real cluster, a master and two workers as processes of this machine, and what becomes of a run when one of them dies."""

import functools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.oracle import naive_select, one_shot
from support.pools import payload_of, sharegpt
from zip_pipeline.records.render import FRAMINGS

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
PATIENCE = 240
"""Seconds; a cluster on a busy machine is slow."""

FILES = 8
RULE = {"budget": 150, "k1": 40, "k2": 12, "k3": 4}
SETTINGS = {
    "spark.driver.host": HOST,
    "spark.driver.bindAddress": HOST,
    "spark.executor.memory": "600m",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "3",
    "spark.sql.files.maxPartitionBytes": "20000",  # a task a file
}
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("PYSPARK", "SPARK"))}
ENVIRONMENT["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # Spark as users have it


@dataclass
class Cluster:
    url: str
    workers: list[subprocess.Popen[bytes]]


def until(happened: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if result := happened():
            return result
        time.sleep(0.005)
    return pytest.fail(f"not seen in {PATIENCE} s: {what}")


def start(command: list[object], log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that what it starts can be ended with it."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT / "jobs",  # where a file has the name of the standard library's select
            env=ENVIRONMENT | {"SPARK_LOCAL_IP": HOST},
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9, of the process and of what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    deploy = [BIN / "spark-class", "org.apache.spark.deploy"]
    url, processes = f"spark://{HOST}:{port}", []
    try:
        master = [deploy[0], f"{deploy[1]}.master.Master", "--host", HOST, "--port", port, "--webui-port", 0]
        processes.append(start(master, folder / "master"))
        until(lambda: listens(port), "the master's port")
        for number in range(2):
            options = ["--host", HOST, "--cores", 1, "--memory", "1g", "--webui-port", 0]
            options += ["--work-dir", folder / f"work-{number}", url]
            processes.append(start([deploy[0], f"{deploy[1]}.worker.Worker", *options], folder / f"worker-{number}"))
        until(lambda: (folder / "master").read_text().count("Registering worker") == 2, "two workers")
        yield Cluster(url, processes[1:])
    finally:
        for process in reversed(processes):
            kill(process)


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
    settings = [part for key, value in SETTINGS.items() for part in ("--conf", f"{key}={value}")]
    keys = [f"input.path={pool}", "input.deduplicate=none", f"output.path={output}", "codec.window=32KB"]
    keys += [f"select={json.dumps(RULE | {'rule': 'paper'})}", *(f"run.{key}={value}" for key, value in more.items())]
    command = [BIN / "spark-submit", "--master", cluster.url, *settings, *options, "select.py"]
    return start([*command, *(part for key in keys for part in ("--set", key))], log_of(output))


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
