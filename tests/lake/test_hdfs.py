"""Commands on HDFS, as Hadoop's own mini cluster serves it on this machine: killed, and started again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.hadoop import Hadoop, hadoop
from support.lake_runs import (
    KILLS,
    PARTS,
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
    """HDFS with a pool of 400 records."""
    if not (PARTS / "hadoop").is_dir():
        pytest.skip("Hadoop's mini cluster is not there: make lake")
    with hadoop(tmp_path_factory.mktemp("hadoop")) as started:
        started.write_pool(400)
        yield started


@pytest.fixture(scope="module")
def whole(store: Hadoop, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(store, tmp_path_factory.mktemp("whole"))


def test_a_path_without_a_host(store: Hadoop, whole: Undisturbed, tmp_path: Path) -> None:
    """It is the host of ``core-site.xml``; and a second run replaces what the first one wrote."""
    places = ["input.path=hdfs:///lake/pool", "output.path=hdfs:///lake/short/out", "output.mode=overwrite"]
    typed = command(store, "short", *places, "run.checkpoint=hdfs:///lake/short/checkpoint")
    run(store, tmp_path, typed)
    first = manifest_of(store, "short")["created_at"]
    run(store, tmp_path, typed)
    assert manifest_of(store, "short")["created_at"] != first
    assert selected(store, "short") == whole.picks
    assert {name.partition("/")[0] for name in store.names("short")} == {"out"}, "nothing is left beside it"


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_heals(store: Hadoop, whole: Undisturbed, tmp_path: Path, number: int) -> None:
    """By the same command, however far it had come."""
    kill_and_repeat(store, whole, tmp_path, number)
