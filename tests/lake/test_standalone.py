"""The run of conf/select.cluster.yaml on a cluster whose workers share nothing with the driver but S3.

Their working directory is another one, their Python has no package, and what tasks import comes with the run, in the
archive of `make pack`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql.pandas.types import from_arrow_schema

from support.clusters import BIN, ENVIRONMENT, HOST, SETTINGS, Cluster, standalone
from support.lake_runs import ARCHIVE, BUDGET, PARTS, RECORDS, ROOT, WAIT_S, picks_of, selected
from support.object_store import ObjectStore, object_store
from support.pools import sharegpt
from zip_pipeline.tasks.packages import NEEDED

pytestmark = [pytest.mark.jvm, pytest.mark.lake, pytest.mark.slow, pytest.mark.timeout(1800)]

POOL = pa.Table.from_pylist(sharegpt(RECORDS))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A store with a Delta table."""
    if not ARCHIVE.exists():
        pytest.skip("S3A's jars, moto and the executors' environment are not there: make lake")
    with object_store(tmp_path_factory.mktemp("s3")) as started:
        pool = f"{started.top}/conversations"
        pq.write_table(POOL, f"{pool}/part-0.parquet", filesystem=started.files)
        size = started.files.get_file_info(f"{pool}/part-0.parquet").size
        with started.files.open_output_stream(f"{pool}/_delta_log/{0:020}.json") as stream:
            stream.write(delta_log(POOL.schema, "part-0.parquet", size))
        yield started


def delta_log(schema: pa.Schema, file: str, size: int) -> bytes:
    """Return the first commit of a Delta table of one file."""
    columns = {"schemaString": from_arrow_schema(schema).json(), "partitionColumns": [], "configuration": {}}
    actions: list[dict[str, Any]] = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "pool", "format": {"provider": "parquet", "options": {}}, **columns}},
        {"add": {"path": file, "partitionValues": {}, "size": size, "modificationTime": 0, "dataChange": True}},
    ]
    return "\n".join(map(json.dumps, actions)).encode()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Workers in a folder of their own, whose `python3` is a bare one."""
    folder = tmp_path_factory.mktemp("workers")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "bare"], check=True)
    environment = {**ENVIRONMENT, "PATH": f"{folder}/bare/bin:{os.environ['PATH']}", "HOME": str(folder)}
    with standalone(folder, folder, environment) as started:
        yield started


def nightly(cluster: Cluster, store: ObjectStore, folder: Path, python: str, *options: str) -> "subprocess.Popen[str]":
    """Start the run of conf/select.cluster.yaml; only the places and a smaller budget are not as it says."""
    folder.mkdir()
    settings = {**SETTINGS, **store.settings, "spark.executor.extraClassPath": f"{PARTS}/jars/*"}
    settings |= {"spark.pyspark.driver.python": sys.executable, "spark.pyspark.python": python}
    settings |= {"spark.databricks.delta.snapshotPartitions": "2"}  # 50 tasks to read a log of two lines
    command = [str(BIN / "spark-submit"), "--master", cluster.url, *options]
    command += ["--properties-file", str(ROOT / "conf/spark-defaults.conf")]
    command += [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    command += [str(ROOT / "jobs/select.py"), "--config", str(ROOT / "conf/select.cluster.yaml")]
    keys = {"input.path": f"{store.root}/conversations", "output.path": f"{store.root}/nightly/out"}
    keys |= {"output.run_id": "2026-11-29", "select.budget": str(BUDGET)}
    command += [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]
    environment = {**ENVIRONMENT, "SPARK_LOCAL_IP": HOST, "AWS_EC2_METADATA_DISABLED": "true", "TMPDIR": str(folder)}
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def test_an_executor_names_what_it_has_not(cluster: Cluster, store: ObjectStore, tmp_path: Path) -> None:
    """Before any work."""
    process = nightly(cluster, store, tmp_path / "driver", "python3")
    said = process.communicate(timeout=WAIT_S)[1]
    assert process.returncode == 2, said
    assert f"the Python of Spark's executors has no {', '.join(NEEDED)}; install them there" in said
    assert store.names("nightly") == []


def test_the_nightly_run(cluster: Cluster, store: ObjectStore, tmp_path: Path) -> None:
    """It selects what a run on one machine does, and nothing of it is on a disk."""
    process = nightly(cluster, store, tmp_path / "driver", "./env/bin/python", "--archives", f"{ARCHIVE}#env")
    pq.write_table(POOL, tmp_path / "pool.parquet")
    here = [sys.executable, str(ROOT / "jobs/select.py"), "--budget", str(BUDGET)]
    subprocess.run([*here, "--input", tmp_path / "pool.parquet", "--output", tmp_path / "out"], check=True)
    said = process.communicate(timeout=WAIT_S)[1]
    assert process.returncode == 0, said
    picks = picks_of(pq.read_table(tmp_path / "out/selection").to_pylist())
    assert len(picks) == BUDGET
    assert selected(store, "nightly") == picks
    assert not list((tmp_path / "driver").rglob("*.parquet"))
