"""Commands on HDFS and YARN, as Hadoop's own daemons run them on this machine; and killed, and started again."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.clusters import BIN, HOST, SETTINGS
from support.hadoop import SPARK, Hadoop, hadoop, yarn
from support.lake_runs import (
    ARCHIVE,
    KILLS,
    Runner,
    Undisturbed,
    command,
    kill_and_repeat,
    manifest_of,
    run,
    selected,
    undisturbed,
)

pytestmark = [pytest.mark.jvm, pytest.mark.lake, pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hadoop]:
    """HDFS with a pool."""
    if not ARCHIVE.exists():
        pytest.skip("Hadoop's mini cluster and the environment of YARN's containers are not there: make lake")
    with hadoop(tmp_path_factory.mktemp("hadoop")) as started:
        started.write_pool()
        yield started


@pytest.fixture(scope="module")
def whole(store: Hadoop, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(store, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def runner(store: Hadoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with closing(Runner(store, tmp_path_factory.mktemp("runner"))) as started:
        yield started


def test_a_path_without_a_host(store: Hadoop, runner: Runner, whole: Undisturbed) -> None:
    """It is the host of ``core-site.xml``; and a second run replaces what the first one wrote."""
    places = ["input.path=hdfs:///lake/pool", "output.path=hdfs:///lake/whole/out", "output.mode=overwrite"]
    first = manifest_of(store, "whole")["created_at"]
    runner.run(command(store, "whole", *places, "run.checkpoint=hdfs:///lake/whole/checkpoint"))
    assert manifest_of(store, "whole")["created_at"] != first
    assert selected(store, "whole") == whole.picks
    assert {name.partition("/")[0] for name in store.names("whole")} == {"out"}, "nothing is left beside it"


@pytest.mark.parametrize("number", range(-(-KILLS // 3)))
def test_a_killed_run_heals(store: Hadoop, runner: Runner, whole: Undisturbed, tmp_path: Path, number: int) -> None:
    """By the same command, however far it had come."""
    kill_and_repeat(store, runner, whole, tmp_path, number)


@pytest.fixture(scope="module")
def with_yarn(store: Hadoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with yarn(store, tmp_path_factory.mktemp("yarn")):
        yield


@pytest.mark.usefixtures("with_yarn")
@pytest.mark.parametrize("mode", ["client", "cluster"])
def test_on_yarn(store: Hadoop, whole: Undisturbed, tmp_path: Path, mode: str) -> None:
    """What executors import comes in an archive, and so does, in cluster mode, what the driver imports."""
    settings = {**SETTINGS, "spark.yarn.jars": f"local:{SPARK}/jars/*", "spark.executor.instances": "1"}
    settings |= {"spark.pyspark.python": "./env/bin/python"}
    settings |= {"spark.pyspark.driver.python": sys.executable if mode == "client" else "./env/bin/python"}
    settings |= {f"spark.{part}Env.SPARK_LOCAL_IP": HOST for part in ("executor", "yarn.appMaster")}
    submit = [str(BIN / "spark-submit"), "--master", "yarn", "--deploy-mode", mode, "--archives", f"{ARCHIVE}#env"]
    submit += [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
    (tmp_path / "keys.yaml").write_text("output: {format: jsonl}")
    said = run(store, tmp_path, [*submit, "--files", "keys.yaml", *command(store, mode)[1:], "--config", "keys.yaml"])
    assert "\tat " not in said, "no stack of Spark's"
    assert selected(store, mode) == whole.picks
    assert manifest_of(store, mode)["config"]["output"]["format"] == "jsonl"
