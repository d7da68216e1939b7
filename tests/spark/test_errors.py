"""What fails for want of room or of packages is the user's to mend, and said in one line."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from zip_pipeline.spark.errors import lost_spark, setup_error, user_error

Usage = namedtuple("Usage", "free")
Py4JNetworkError = type("Py4JNetworkError", (Exception,), {})

WORKER = """
  An exception was thrown from the Python worker:
Traceback (most recent call last):
  File "worker.py", line 3, in main
ModuleNotFoundError: No module named 'pyarrow'
"""


@pytest.mark.parametrize(
    "text",
    [
        "An error occurred while calling o96.save.\n: org.apache.spark.SparkException: Job aborted\nCaused by: "
        "java.io.IOException: No space left on device\n\tat java.base/sun.nio.ch\n",
        "[Errno 28] No space left on device: 'part'",
        "[Errno 122] Disk quota exceeded",
        "[Errno 30] Read-only file system: '/lake'",
    ],
)
def test_the_fullest_disk_is_named(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = {tmp_path: 77_000}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free.get(path, 10**9)))
    output = str(tmp_path / "new/out")
    message = str(setup_error(OSError(text), {"output.path": output, "run.checkpoint": "/"}))
    assert message.partition(": ")[0] in text
    assert message.endswith(
        f": output.path is {output}, where 77,000 bytes are left; make room, or name another folder"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WORKER, "has no package pyarrow; install it there"),
        ('java.io.IOException: Cannot run program "/no/python": error=2, No such file', "cannot be run: /no/python"),
        (
            "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.9 than that in driver: 3.11, PySpark",
            "is another one: 3.9 than that in driver: 3.11",
        ),
    ],
)
def test_the_python_of_workers(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", "py")
    assert str(setup_error(RuntimeError(text), {})) == (
        f"the Python of Spark's workers, py, {words}, or set PYSPARK_PYTHON to the Python that runs this"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("java.lang.ClassNotFoundException: Class org.apache.hadoop.fs.gs.GoogleHadoopFileSystem not found\n\tat",
         "org.apache.hadoop.fs.gs.GoogleHadoopFileSystem"),
        ('UnsupportedFileSystemException: No FileSystem for scheme "gs"', 'No FileSystem for scheme "gs'),
    ],
)  # fmt: skip
def test_a_store_without_a_connector(text: str, named: str) -> None:
    assert str(setup_error(RuntimeError(text), {})) == (
        f"Spark has no connector for this kind of store, {named}; add its jars with spark.jars.packages, or read and "
        "write a path of this machine"
    )


def test_a_jvm_that_is_gone() -> None:
    errors = [
        Py4JNetworkError("Answer from Java side is empty"),
        ConnectionRefusedError(111, "refused"),
        RuntimeError("o9.collect: SparkException: Job 8 cancelled because SparkContext was shut down\n\tat org"),
    ]
    for error in errors:
        assert str(lost_spark(error)) == "Spark's JVM has ended: somebody stopped it, or it had not memory enough"
    assert lost_spark(RuntimeError("Job aborted")) is None


def test_other_failures_are_not_the_users() -> None:
    assert setup_error(RuntimeError("Job aborted due to stage failure: Task failed"), {"output.path": "out"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "An error occurred while calling o62.table.\n: java.lang.IncompatibleClassChangeError: class "
        "org.apache.iceberg.spark.source.SparkView can not implement org.apache.spark.sql.connector.catalog.View\n\tat ...",
        "[CATALOG_PLUGIN_CLASS_NOT_FOUND] Cannot find catalog plugin class for catalog 'ice': "
        "org.apache.iceberg.spark.SparkCatalog. SQLSTATE: 42601",
    ],
)
def test_an_iceberg_that_does_not_load(text: str) -> None:
    """Of another Spark, or not there: one line says which one to take."""
    message = str(user_error(RuntimeError(text), "ice.lake.pool"))
    assert message.startswith("ice.lake.pool: Iceberg does not load in Spark 4.")
    assert "take pyspark 4.1 with iceberg-spark-runtime-4.1_2.13" in message
    assert "\n" not in message
