"""A master and workers as processes of this machine, on its loopback address."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.lake_runs import free_port

BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
PATIENCE = 240
"""Seconds; a cluster on a busy machine is slow."""

SETTINGS = {
    "spark.driver.host": HOST,
    "spark.driver.bindAddress": HOST,
    "spark.executor.memory": "600m",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "3",
}
ENVIRONMENT = {
    key: value for key, value in os.environ.items() if not key.startswith(("PYSPARK", "SPARK", "PYTHONPATH"))
}
ENVIRONMENT["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # Spark as users have it


@dataclass
class Cluster:
    """A cluster of one machine.

    Attributes:
        url: of the master.
        workers: two processes, with a core each.
    """

    url: str
    workers: list[subprocess.Popen[bytes]]


def until(happened: Callable[[], Any], what: str) -> Any:
    """Wait for something; return what it is."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if result := happened():
            return result
        time.sleep(0.005)
    return pytest.fail(f"not seen in {PATIENCE} s: {what}")


def start(
    command: list[object], log: Path, cwd: Path, environment: Mapping[str, str] = ENVIRONMENT
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that what it starts can be ended with it."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env={**environment, "SPARK_LOCAL_IP": HOST},
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


@contextmanager
def standalone(folder: Path, cwd: Path, environment: Mapping[str, str] = ENVIRONMENT) -> Iterator[Cluster]:
    """Start a master and two workers.

    Args:
        folder: for their logs and work.
        cwd: their working directory.
        environment: theirs.
    """
    port = free_port()
    deploy = [BIN / "spark-class", "org.apache.spark.deploy"]
    url, processes = f"spark://{HOST}:{port}", []
    try:
        master = [deploy[0], f"{deploy[1]}.master.Master", "--host", HOST, "--port", port, "--webui-port", 0]
        processes.append(start(master, folder / "master", cwd, environment))
        until(lambda: listens(port), "the master's port")
        for number in range(2):
            options = ["--host", HOST, "--cores", 1, "--memory", "1g", "--webui-port", 0]
            options += ["--work-dir", folder / f"work-{number}", url]
            worker = [deploy[0], f"{deploy[1]}.worker.Worker", *options]
            processes.append(start(worker, folder / f"worker-{number}", cwd, environment))
        until(lambda: (folder / "master").read_text().count("Registering worker") == 2, "two workers")
        yield Cluster(url, processes[1:])
    finally:
        for process in reversed(processes):
            kill(process)
