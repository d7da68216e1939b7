"""The library over Spark Connect: Spark's own server, and Sail, which has no JVM, choose what a classic session chooses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from support import over_connect
from support.pools import COLUMNS, sharegpt

Outcome = dict[str, list[list[object]]]


@pytest.fixture(scope="module")
def classic(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A pool with near copies in several files, and what a classic session makes of it."""
    pool = tmp_path_factory.mktemp("connect") / "pool.parquet"
    copies = [record | {"id": f"copy of {record['id']}"} for record in sharegpt(20)]
    spark.createDataFrame([*sharegpt(400), *copies], COLUMNS).repartition(5).write.parquet(f"file://{pool}")
    return pool, over_connect.outcome(spark, str(pool))


@pytest.mark.parametrize("server", ["local[2]", "sail"])
def test_the_selection_is_that_of_a_classic_session(server: str, classic: tuple[Path, Outcome]) -> None:
    pool, expected = classic
    root = Path(over_connect.__file__).parents[2]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYSPARK", "SPARK"))}
    environment |= {"PYTHONPATH": str(root), "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "tests/support/over_connect.py", server, pool],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected
    assert len(expected["selected"]) == len(expected["aimed"]) == 40
