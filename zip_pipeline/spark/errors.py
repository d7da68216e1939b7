"""Failures of Spark and of the machine that the user can fix, and their messages in one line."""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyspark
from pyspark.errors import AnalysisException

from zip_pipeline.errors import CodecMismatchError, InputError, SetupError, UserError

_OURS = re.compile(r"\b(CodecMismatchError|InputError|SetupError): ([^\n]*)")
"""An error of ours that a task or a query raised."""

INPUT_CONDITION = re.compile(r"\[(?:FAILED_READ_FILE|CAST_INVALID_INPUT|DIVIDE_BY_ZERO)[^\]]*\][^\n]*")
"""Spark's error conditions for a broken file or a wrong predicate, with the first line of their message."""

_BROKEN = re.compile(r"\borg\.apache\.(?:orc|parquet|avro)\.[\w.$]*Exception: ([^\n]*)")
"""What the libraries of Spark say of a file that is none of their format, where Spark does not say it itself."""


_NOT_LOADED = re.compile(
    r"NoSuchMethodError|NoSuchFieldError|NoClassDefFoundError|ClassNotFoundException|AbstractMethodError|"
    r"IncompatibleClassChangeError|IllegalAccessError|VerifyError|CATALOG_PLUGIN_CLASS_NOT_FOUND|"
    r"Cannot find catalog plugin class"
)
"""What Java and Spark say of a library that is not there, or is made for another Spark."""

OF_THE_DISK = re.compile(r"No space left on device|Disk quota exceeded|Read-only file system")
"""What the system, and so Java and Python, say of a disk that takes no more."""

_NO_STORE = re.compile(r"Class (org\.apache\.hadoop\.fs\.\S+) not found|(No FileSystem for scheme \"?\w+)")
"""What Hadoop says of a store whose connector is not among Spark's jars."""

_ENDS = re.compile(r"cancelled because \w+ was shut down|Cannot call methods on a stopped \w+")
"""What a JVM says that was told to end, and still answers."""

_OF_WORKERS = {
    re.compile(r"No module named '([\w.]+)'"): "has no package {}; install it there",
    re.compile(r"Cannot run program \"([^\"]*python[^\"]*)\""): "cannot be run: {}",
    re.compile(r"\[PYTHON_VERSION_MISMATCH\] .*?: ([\d.]+ than that in driver: [\d.]+)"): "is another one: {}",
}
"""What fails of the Python that runs tasks, and what to say of it."""


def user_error(error: Exception, place: str = "input") -> UserError | None:
    """Return a failure of Spark as an error that the user can fix; None where it is not one.

    Args:
        error: PySpark's exception, or the JVM's where PySpark does not translate it.
        place: the path or table that Spark read.
    """
    text = str(error).strip()
    if ours := _OURS.search(text):
        message = ours[2].partition(" SQLSTATE")[0]
        if ours[1] == CodecMismatchError.__name__:
            return CodecMismatchError(message)
        if ours[1] == SetupError.__name__:
            return SetupError(message)
        return InputError(f"{place}: {message}")
    if "iceberg" in text and (reason := _NOT_LOADED.search(text)):
        version = ".".join(pyspark.__version__.split(".")[:2])
        return SetupError(
            f"{place}: Iceberg does not load in Spark {version} ({reason[0]}); it needs its runtime for this Spark, "
            f"org.apache.iceberg:iceberg-spark-runtime-{version}_2.13. There is none for Spark 4.2: take pyspark 4.1 "
            "with iceberg-spark-runtime-4.1_2.13, or pyspark 4.0 with iceberg-spark-runtime-4.0_2.13"
        )
    condition = INPUT_CONDITION.search(text)
    broken = _BROKEN.search(text)
    line = condition[0] if condition else text.partition("\n")[0] if isinstance(error, AnalysisException) else None
    if line is None and broken:
        line = f"cannot be read: {broken[1]}"
    return None if line is None else InputError(f"{place}: {line.partition(' SQLSTATE')[0]}")


def lost_spark(error: Exception) -> Exception | None:
    """Return what to say when the JVM of Spark is gone; None where it answers."""
    is_away = isinstance(error, ConnectionError) or type(error).__name__ == "Py4JNetworkError"
    if is_away or _ENDS.search(str(error)):
        return ConnectionError("Spark's JVM has ended: somebody stopped it, or it had not memory enough")
    return None


def setup_error(error: Exception, folders: Mapping[str, str]) -> SetupError | None:
    """Return a failure of the machine as an error that the user can fix; None where it is not one.

    Args:
        error: of Spark, or of the system.
        folders: of this machine that a run writes to, by the config key or variable that names them.
    """
    text = str(error)
    if said := OF_THE_DISK.search(text):
        places = {**folders, "TMPDIR": tempfile.gettempdir()}
        left = {name: shutil.disk_usage(_standing(Path(place))).free for name, place in places.items()}
        name = min(left, key=lambda name: left[name])
        return SetupError(
            f"{said[0]}: {name} is {places[name]}, where {left[name]:,} bytes are left; make room, or name another "
            "folder"
        )
    if store := _NO_STORE.search(text):
        return SetupError(
            f"Spark has no connector for this kind of store, {store[1] or store[2]}; add its jars with "
            "spark.jars.packages, or read and write a path of this machine"
        )
    for pattern, words in _OF_WORKERS.items():
        if found := pattern.search(text):
            python = os.environ.get("PYSPARK_PYTHON", "python3")
            return SetupError(
                f"the Python of Spark's workers, {python}, {words.format(found[1])}, or set PYSPARK_PYTHON to the "
                "Python that runs this"
            )
    return None


def _standing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
