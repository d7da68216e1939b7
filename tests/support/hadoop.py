"""Hadoop on this machine: HDFS, and YARN where it is asked for, of Hadoop's own mini clusters in a process of theirs.

`make lake` fetches the jars. Spark's own start script finds the Java, and puts Spark's jars on the class path, where
the rest of Hadoop is.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark

from support.lake_runs import PARTS, Store, free_port
from zip_pipeline.spark.stores import hdfs

SPARK = Path(pyspark.__file__).parent
MANAGER = "org.apache.hadoop.mapreduce.MiniHadoopClusterManager"
START_S = 300.0


class Hadoop(Store):
    """A cluster with an empty HDFS.

    Args:
        host: of the namenode, with its port.
        conf: a folder with the cluster's ``core-site.xml``, and nothing that the tests' own machine has.
    """

    def __init__(self, host: str, conf: Path) -> None:
        self.host, self.conf = host, conf
        super().__init__(f"hdfs://{host}/lake", hdfs.filesystem("hdfs", host, {}), "/lake")

    def environment(self, **more: str) -> dict[str, str]:
        return {**super().environment(**more), "HADOOP_CONF_DIR": str(self.conf)}


@contextmanager
def hadoop(folder: Path, *options: str) -> Iterator[Hadoop]:
    """Start a cluster of one machine.

    Args:
        folder: for its files.
        options: of the cluster manager; by default there is no YARN.
    """
    conf, port = folder / "conf", free_port()
    conf.mkdir()
    written = folder / "details.json"
    started = [str(SPARK / "bin/spark-class"), MANAGER, "-format", "-nnport", str(port), *(options or ("-nomr",))]
    started += ["-writeConfig", str(conf / "core-site.xml"), "-writeDetails", str(written)]
    environment = {**os.environ, "SPARK_DIST_CLASSPATH": f"{PARTS}/hadoop/*", "HADOOP_CONF_DIR": str(conf)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            started,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + START_S
        while not written.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        assert written.exists(), (folder / "log").read_text()[-2000:]
        yield Hadoop(f"127.0.0.1:{port}", conf)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
