"""The Spark of our own: a JVM that this process starts, and that leaves nothing when the process ends.

``spark-submit`` starts a Python program, and tells it by variables of the environment how to reach its JVM. Here the
program starts `spark-submit` and sets these variables itself, as PySpark does where there are none. But what Spark
prints goes to stderr, signals of a terminal or a scheduler reach this process alone, and temporary files are in one
folder, in the one that TMPDIR names.
"""

import atexit
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pyspark

from zip_pipeline.errors import SetupError
from zip_pipeline.interrupts import on_forced_end

OLDEST_JAVA = 17
"""The oldest Java that Spark 4 runs on."""

ROOM = 16 << 20
"""Bytes that temporary files take at least."""

START_S, STOP_S = 300.0, 2.0
"""Seconds that the JVM may take to start, and to end."""

_CONNECTION = "connection"
"""Name of the file in which the JVM says how it is reached."""

QUICK_COMPILER = "-XX:TieredStopAtLevel=1"
"""Java's first compiler alone. Its second one takes cores from the work, and pays back too late for a laptop's run."""


class LocalSpark:
    """A JVM, whose stdout and stderr go where the stderr of this process goes.

    Args:
        settings: of Spark.

    Attributes:
        variables: what PySpark wants to find in the environment to reach it.

    Raises:
        SetupError: when it does not start, and why.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        home = spark_home()
        self._folder, said = _temporary_folder(), _Said()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)
        on_forced_end(partial(self.stop, grace_s=0))
        options = {
            # Java does not ask TMPDIR, and Spark unpacks libraries there.
            "spark.driver.defaultJavaOptions": f"-Djava.io.tmpdir={self._folder} -XX:-UsePerfData {QUICK_COMPILER}",
            **settings,
        }
        command = [f"{home}/bin/spark-submit"]
        command += [part for key, value in options.items() for part in ("--conf", f"{key}={value}")]
        command += shlex.split(os.environ.get("PYSPARK_SUBMIT_ARGS", "pyspark-shell"))
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own Spark
                command, stdin=subprocess.PIPE, stdout=2, env=self._environment(), start_new_session=True
            )
            port, secret = self._connection(said)
        except BaseException:
            self.stop(grace_s=0)
            raise
        self.variables = {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self, grace_s: float = STOP_S) -> None:
        """End it, with its Python workers, and remove its temporary files.

        Args:
            grace_s: seconds that it has to end by itself.
        """
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()  # it ends when nobody can write there
            self._send(signal.SIGTERM if grace_s else signal.SIGKILL)
            try:
                self._process.wait(grace_s or STOP_S)
            except subprocess.TimeoutExpired:
                self._send(signal.SIGKILL)
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        atexit.unregister(self.stop)

    def _send(self, number: signal.Signals) -> None:
        """Send a signal to the JVM and to what starts it."""
        if self._process is not None and self.is_alive:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _environment(self) -> dict[str, str]:
        given = {
            **os.environ,
            "SPARK_CONNECT_MODE": "0",
            "_PYSPARK_DRIVER_CONN_INFO_PATH": f"{self._folder}/{_CONNECTION}",
        }
        given.setdefault("SPARK_LOCAL_DIRS", str(self._folder))
        # Java reads names of files by the locale; with that of LC_ALL=C it finds none outside ASCII.
        names = given.get("LC_ALL") or given.get("LC_CTYPE") or given.get("LANG") or "C"
        return given if "utf" in names.lower() else {**given, "LC_ALL": "C.UTF-8"}

    def _connection(self, said: "_Said") -> tuple[int, str]:
        """Wait for the JVM; return its port and the secret that it wants to hear."""
        file, end = self._folder / _CONNECTION, time.monotonic() + START_S
        while not file.exists():
            if not self.is_alive or 'Exception in thread "main"' in said.text() or time.monotonic() > end:
                raise _why_no_start(said.text())
            time.sleep(0.05)
        content = file.read_bytes()  # complete, as it is renamed to this name: port, length, secret
        file.unlink()
        port, length = struct.unpack_from("!ii", content)
        return port, content[8 : 8 + length].decode()


class _Said:
    """What has come to stderr since, where that is a file."""

    def __init__(self) -> None:
        self._begin = os.fstat(2).st_size

    def text(self) -> str:
        """Return it; nothing for a terminal."""
        try:
            return os.pread(2, 1 << 20, self._begin).decode(errors="replace")
        except OSError:
            return ""


_started: LocalSpark | None = None


@contextmanager
def reachable(settings: Mapping[str, str]) -> Iterator[None]:
    """Let PySpark find a JVM of this process while it makes a session; start one where there is none yet.

    Args:
        settings: see `LocalSpark`.

    Raises:
        SetupError: see `LocalSpark`.
    """
    global _started
    if _started is None or not _started.is_alive:
        _started = LocalSpark(settings)
    os.environ.update(_started.variables)
    try:
        yield
    finally:
        for name in _started.variables:
            os.environ.pop(name, None)


def started() -> LocalSpark | None:
    """Return the JVM that this process started last."""
    return _started


def spark_home() -> str:
    """Return the folder of the Spark to start: of SPARK_HOME, or PySpark's own.

    Raises:
        SetupError: when there is no Spark, or another version than PySpark's.
    """
    home = os.environ.get("SPARK_HOME")
    if home is None:
        return str(Path(pyspark.__file__).parent)
    remedy = "unset SPARK_HOME, then PySpark's own Spark is used"
    if not Path(home, "bin/spark-submit").is_file():
        raise SetupError(f"SPARK_HOME is {home}, where there is no bin/spark-submit; {remedy}")
    version = next(
        (match[1] for jar in Path(home, "jars").glob("spark-core_*.jar") if (match := _JAR.search(jar.name))), ""
    )
    if version and version.split(".")[:2] != pyspark.__version__.split(".")[:2]:
        raise SetupError(
            f"SPARK_HOME is {home}, a Spark {version}, and PySpark here is {pyspark.__version__}; {remedy}"
        )
    return home


_JAR = re.compile(r"spark-core_[0-9.]+-(\d+\.\d+\.\d+)")


def _temporary_folder() -> Path:
    try:
        folder = Path(tempfile.mkdtemp(prefix="zip_pipeline-spark-"))
    except OSError as error:
        raise SetupError(
            f"no temporary file can be written: {error.strerror}; set TMPDIR to a folder with room"
        ) from None
    if (left := shutil.disk_usage(folder).free) < ROOM:
        folder.rmdir()
        raise SetupError(
            f"{folder.parent} has {left:,} bytes left for temporary files; set TMPDIR to a folder with room"
        )
    return folder


def _why_no_start(said: str) -> SetupError:
    """Say why the JVM did not start, and what to do: mostly there is no Java, or an old one."""
    remedy = f"Spark {pyspark.__version__} needs Java {OLDEST_JAVA} or newer: install it, or set JAVA_HOME to it"
    home = os.environ.get("JAVA_HOME")
    command = f"{home}/bin/java" if home else "java"
    if shutil.which(command) is None:
        where = f"JAVA_HOME is {home}, where there is no bin/java" if home else "no java is on PATH"
        return SetupError(f"{where}; {remedy}")
    with suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=20).stderr  # noqa: S603
        version = re.search(r'version "(?:1\.)?(\d+)', answer)
        if version and int(version[1]) < OLDEST_JAVA:
            return SetupError(f"{shutil.which(command)} is Java {version[1]}; {remedy}")
    lines = [
        line.strip()
        for line in said.splitlines()
        if re.search("exception|error|no space|cannot|unrecognized", line, re.I)
    ]
    reason = lines[0] if lines else "it gave no reason"
    return SetupError(f"Spark did not start: {reason}; --verbose shows all that it says")
