"""The Spark session: the one that is there, the one that spark-submit prepares, or an embedded local one."""

import atexit
import functools
import hashlib
import io
import logging
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pyspark.errors import UnsupportedOperationException
from pyspark.sql import SparkSession

import zip_pipeline
from zip_pipeline.spark.io.table_formats import require_sources

EMBEDDED = {
    "spark.master": "local[*]",
    "spark.driver.memory": "2g",
    # The progress is ours; Spark's own bar and its warnings would garble it.
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Two large splits of unlike length would keep one core waiting for the other.
    "spark.sql.files.minPartitionNum": str(4 * (os.cpu_count() or 1)),
    # What fails comes as an exception; Spark would print a user's broken file as pages of stack before it.
    "spark.log.level": "FATAL",
    # A laptop may change networks, and needs none.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""Settings of the embedded session, which answers for itself; under spark-submit the user's hold."""


def open_session(
    app_name: str, settings: Mapping[str, str] | None = None, *, output_formats: Iterable[str] = ()
) -> SparkSession:
    """Return a session whose workers can import this package.

    Python workers are told not to put the working directory on their import path: in ``jobs/`` a file has the
    name of the standard library's ``select``.

    Args:
        app_name: as Spark's UI shows it.
        settings: more of Spark's.
        output_formats: of the tables that will be written.

    Raises:
        OutputError: when Spark cannot write one of these formats.
    """
    builder = SparkSession.builder.appName(app_name)
    builder = builder.config("spark.executorEnv.PYTHONSAFEPATH", "1")
    if not _prepared_elsewhere():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # or it warns of the addresses it finds
        for key, value in EMBEDDED.items():
            builder = builder.config(key, value)
    for key, value in (settings or {}).items():
        builder = builder.config(key, value)
    # PySpark logs a user's mistake with its whole stack before it raises it.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    spark = builder.getOrCreate()
    require_sources(spark, output_formats)
    ship_package(spark)
    return spark


def ship_package(spark: SparkSession) -> None:
    """Send this package to the session's executors, so that they run the driver's version.

    A server that takes none (Sail) must have it installed.
    """
    with suppress(UnsupportedOperationException):
        spark.addArtifacts(str(_archive()), pyfile=True)


def _prepared_elsewhere() -> bool:
    """Whether spark-submit or a Connect address says where Spark runs."""
    return bool({"PYSPARK_GATEWAY_PORT", "SPARK_REMOTE"} & os.environ.keys()) or (
        SparkSession.getActiveSession() is not None
    )


@functools.cache
def _archive() -> Path:
    """Return the package as a zip, named by its content; it lasts as long as the process.

    Sessions read it when a task first needs it, and again when they are given it again.
    """
    root = Path(zip_pipeline.__file__).parent
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*.py")):
            archive.writestr(zipfile.ZipInfo(path.relative_to(root.parent).as_posix()), path.read_bytes())
    folder = tempfile.mkdtemp(prefix="zip_pipeline-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    content = buffer.getvalue()
    path = Path(folder, f"zip_pipeline-{hashlib.blake2b(content, digest_size=8).hexdigest()}.zip")
    path.write_bytes(content)
    return path
