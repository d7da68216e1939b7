"""Hadoop on this machine: HDFS as Hadoop's own mini cluster runs it, and the two daemons of YARN.

`make lake` fetches the jars. Spark's own start script finds the Java, and puts Spark's jars on the class path, where
the rest of Hadoop is.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from xml.sax.saxutils import escape

import pyspark

from support.lake_runs import PARTS, Store, free_port
from zip_pipeline.spark.stores import hdfs

SPARK = Path(pyspark.__file__).parent
HOST = "127.0.0.1"
MINI_CLUSTER = "org.apache.hadoop.mapreduce.MiniHadoopClusterManager"
RESOURCE_MANAGER = "org.apache.hadoop.yarn.server.resourcemanager.ResourceManager"
NODE_MANAGER = "org.apache.hadoop.yarn.server.nodemanager.NodeManager"
START_S = 300.0

ONE_QUEUE = {"yarn.scheduler.capacity.root.queues": "default", "yarn.scheduler.capacity.root.default.capacity": "100"}
"""The scheduler's queues; a distribution of Hadoop has such a file, the mini cluster's jar has none."""


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
def hadoop(folder: Path) -> Iterator[Hadoop]:
    """Start HDFS, a namenode and a datanode in one process.

    Args:
        folder: for its files.
    """
    conf, port, written = folder / "conf", free_port(), folder / "details.json"
    conf.mkdir()
    _write(conf / "core-site.xml", {"fs.defaultFS": f"hdfs://{HOST}:{port}"})
    options = ["-format", "-nnport", str(port), "-nomr", "-writeDetails", str(written)]
    with _daemon(folder, conf, [MINI_CLUSTER, *options], written.exists):
        yield Hadoop(f"{HOST}:{port}", conf)


@contextmanager
def yarn(store: Hadoop, folder: Path) -> Iterator[None]:
    """Start YARN beside HDFS: a resource manager and one node, with the configuration in `store.conf`.

    Args:
        store: HDFS, where YARN finds what applications bring.
        folder: for its files.
    """
    manager = "yarn.resourcemanager"
    ports = ("address", "scheduler.address", "resource-tracker.address", "admin.address", "webapp.address")
    settings = {f"{manager}.{name}": f"{HOST}:{free_port()}" for name in ports}
    settings |= {f"yarn.nodemanager.{name}": f"{HOST}:0" for name in ("address", "localizer.address", "webapp.address")}
    settings |= {
        "yarn.resourcemanager.hostname": HOST,
        "yarn.nodemanager.hostname": HOST,
        "yarn.nodemanager.bind-host": HOST,
        "yarn.nodemanager.local-dirs": f"{folder}/local",
        "yarn.nodemanager.log-dirs": f"{folder}/logs",
        "yarn.nodemanager.resource.memory-mb": "6144",
        "yarn.nodemanager.resource.cpu-vcores": "4",
        "yarn.nodemanager.disk-health-checker.enable": "false",  # it gives up on a disk that is 90% full
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.pmem-check-enabled": "false",
        "yarn.scheduler.minimum-allocation-mb": "256",
        "yarn.scheduler.capacity.maximum-am-resource-percent": "0.5",
    }
    _write(store.conf / "yarn-site.xml", settings)
    _write(store.conf / "capacity-scheduler.xml", ONE_QUEUE)
    for page in ("cluster", "node"):  # the jar does not have the pages, and no daemon starts without their folders
        (store.conf / "webapps" / page).mkdir(parents=True)
    with (
        _daemon(folder, store.conf, [RESOURCE_MANAGER], lambda: True),
        _daemon(folder, store.conf, [NODE_MANAGER], lambda: _nodes(settings[f"{manager}.webapp.address"]) == 1),
    ):
        yield


def _nodes(address: str) -> int:
    """Ask a resource manager how many nodes it has."""
    connection = http.client.HTTPConnection(address)
    with suppress(OSError), closing(connection):
        connection.request("GET", "/ws/v1/cluster/metrics", headers={"Accept": "application/json"})
        nodes: int = json.load(connection.getresponse())["clusterMetrics"]["activeNodes"]
        return nodes
    return 0


def _write(path: Path, settings: dict[str, str]) -> None:
    """Write a file of settings as Hadoop reads them."""
    properties = (
        f"<property><name>{key}</name><value>{escape(value)}</value></property>" for key, value in settings.items()
    )
    path.write_text(f"<configuration>{''.join(properties)}</configuration>")


@contextmanager
def _daemon(folder: Path, conf: Path, command: list[str], is_ready: Callable[[], bool]) -> Iterator[None]:
    """Start a class of Hadoop; end it, and what it started, at the end.

    Args:
        folder: its working directory, where its log is.
        conf: a folder with the cluster's configuration.
        command: the class and its arguments.
        is_ready: whether it is up.
    """
    log = folder / f"{command[0].rpartition('.')[2]}.log"
    environment = {**os.environ, "SPARK_DIST_CLASSPATH": f"{PARTS}/hadoop/*", "HADOOP_CONF_DIR": str(conf)}
    if java := shutil.which("java"):  # YARN's containers ask for its home
        environment.setdefault("JAVA_HOME", str(Path(java).resolve().parents[1]))
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [str(SPARK / "bin/spark-class"), *command],
            cwd=folder,
            env=environment,
            stdout=stream,
            stderr=stream,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + START_S
        while not (started := is_ready()) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        assert started, log.read_text()[-2000:]
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
