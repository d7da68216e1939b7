"""The Spark session: an active one, the one that spark-submit or Spark Connect prepares, or a local one of our own.

Sessions get this package as a zip file, so that executors need not have it installed.
"""

import atexit
import functools
import hashlib
import io
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import current_thread, main_thread

from pyspark.errors import UnsupportedOperationException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import _version
from zip_pipeline.errors import SetupError
from zip_pipeline.spark.io.table_formats import require_sources
from zip_pipeline.spark.session import local_spark
from zip_pipeline.spark.stores.filesystems import hand_on
from zip_pipeline.tasks.packages import missing

LOCAL_SETTINGS = {
    "spark.master": "local[*]",
    "spark.driver.memory": "2g",
    # Spark's own bar and warnings would garble our progress.
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # With one split a core, cores with short splits would wait for the one with the longest.
    "spark.sql.files.minPartitionNum": str(4 * (os.cpu_count() or 1)),
    # A failure comes as an exception; Spark would print pages of stack for a user's broken file before that.
    "spark.log.level": "FATAL",
    # A shuffle's files go when Java collects what refers to them; Spark would have it do so every 30 min.
    "spark.cleaner.periodicGC.interval": "2min",
    # A laptop may change networks, and a local Spark needs none.
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""Settings of the local session; under spark-submit those of the user hold."""


def open_session(
    app_name: str,
    settings: Mapping[str, str] | None = None,
    *,
    output_formats: Iterable[str] = (),
) -> SparkSession:
    """Return a session whose workers can import this package.

    Python workers do not put the working directory on their import path, as the scripts in ``jobs/`` include one with
    the name of the standard library's ``select``.

    Args:
        app_name: the name in Spark's UI.
        settings: further settings of Spark.
        output_formats: the formats of the tables that the job will write.

    Raises:
        OutputError: when Spark cannot write one of these formats.
        SetupError: when a local Spark cannot start.
    """
    given = {"spark.app.name": app_name, "spark.executorEnv.PYTHONSAFEPATH": "1"}
    start: AbstractContextManager[None] = nullcontext()
    if not _is_prepared():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # or it warns of the addresses it finds
        given |= LOCAL_SETTINGS
        start = local_spark.reachable({**given, **(settings or {})})
    builder = SparkSession.builder.config(map={**given, **(settings or {})})
    # PySpark logs a user's mistake with its whole stack before it raises it.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    handler = signal.getsignal(signal.SIGINT)
    with start:
        spark = builder.getOrCreate()
    if handler not in (signal.default_int_handler, None) and current_thread() is main_thread():
        signal.signal(signal.SIGINT, handler)  # PySpark puts its own there, which asks a JVM that may be busy
    require_sources(spark, output_formats)
    ship_package(spark)
    return spark


@contextmanager
def session(app_name: str, *, output_formats: Iterable[str] = ()) -> Iterator[SparkSession]:
    """Lend a session, of which nothing writes any more when the program is interrupted; see `open_session`."""
    before = local_spark.started()
    try:
        spark = open_session(app_name, output_formats=output_formats)
        yield spark
    except KeyboardInterrupt:
        mine = local_spark.started()
        if mine is not None and mine is not before:
            mine.stop(grace_s=1)
        else:
            with suppress(Exception):
                spark.interruptAll()
        raise


def ship_package(spark: SparkSession) -> None:
    """Send this package to the session's executors, so that they run the driver's version.

    A server that accepts no packages (Sail) must have it installed. The driver takes over what the session knows of
    stores, see `stores.filesystems`.
    """
    hand_on(spark)
    with suppress(UnsupportedOperationException):
        spark.addArtifacts(str(_archive()), pyfile=True)


def require_packages(spark: SparkSession, names: Iterable[str]) -> None:
    """Ask one executor for the packages that tasks need; a local Spark has those of the driver.

    Raises:
        SetupError: names those that are missing.
    """
    if re.match(r"local(\[|$)", str(spark.conf.get("spark.master", ""))):
        return
    probe = F.udf(missing, "array<string>", useArrow=False)  # Arrow is a package as well
    absent = spark.range(1, numPartitions=1).select(probe(F.array(*map(F.lit, names)))).collect()[0][0]
    if absent:
        raise SetupError(
            f"the Python of Spark's executors has no {', '.join(absent)}; install them there, or send an environment "
            "that has them with --archives, see docs/deploy.md"
        )


def _is_prepared() -> bool:
    """Whether spark-submit, a Connect address or an active session says where Spark runs."""
    return bool({"PYSPARK_GATEWAY_PORT", "SPARK_REMOTE"} & os.environ.keys()) or (
        SparkSession.getActiveSession() is not None
    )


@functools.cache
def _archive() -> Path:
    """Write the package as a zip file, named by its content, which exists as long as the process.

    Sessions read it when a task first needs it, and whenever `ship_package` is called again.
    """
    root = Path(_version.__file__).parent
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
