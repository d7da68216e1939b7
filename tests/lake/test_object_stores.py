"""Commands on S3, as moto or versitygw serves it on this machine: killed, at the same time, without rights, slowed down.

Spark alone is told where the store is and with which keys. `make test-lake` runs this; LAKE_KILLS says how often runs
are killed.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from support.lake_runs import (
    KILLS,
    PARTS,
    Runner,
    Undisturbed,
    command,
    finish,
    kill_and_repeat,
    picks_of,
    run,
    selected,
    start,
    undisturbed,
)
from support.object_store import BUCKET, ObjectStore, object_store, refusing

pytestmark = [pytest.mark.jvm, pytest.mark.lake, pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A store with a pool."""
    if not (PARTS / "jars").is_dir():
        pytest.skip("S3A's jars and moto are not there: make lake")
    with object_store(tmp_path_factory.mktemp("s3")) as started:
        started.write_pool()
        yield started


@pytest.fixture(scope="module")
def whole(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(store, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def runner(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with closing(Runner(store, tmp_path_factory.mktemp("runner"))) as started:
        yield started


def test_the_same_picks_as_on_a_disk(store: ObjectStore, runner: Runner, whole: Undisturbed, tmp_path: Path) -> None:
    (tmp_path / "pool").mkdir()
    for name in store.names("pool"):
        (tmp_path / "pool" / name).write_bytes(store.read(f"pool/{name}"))
    places = [f"input.path={tmp_path}/pool", f"output.path={tmp_path}/out", "run.checkpoint=null"]
    runner.run(command(store, "", *places))
    assert picks_of(pq.read_table(tmp_path / "out/selection").to_pylist()) == whole.picks


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_heals(
    store: ObjectStore, runner: Runner, whole: Undisturbed, tmp_path: Path, number: int
) -> None:
    """By the same command, however far it had come."""
    kill_and_repeat(store, runner, whole, tmp_path, number)


def test_what_killed_runs_leave_is_listed_and_removed(store: ObjectStore, runner: Runner) -> None:
    """When it is old enough."""
    folder = f"{BUCKET}/dead"
    for name in ("out/run-0123abcd/scores/part-0", "out/run-4567abcd/scores/part-0", ".out.staging-89abcdef/scratch/x"):
        with store.files.open_output_stream(f"{folder}/{name}") as stream:
            stream.write(b"1")
    with store.files.open_output_stream(f"{folder}/out/manifest.json") as stream:
        stream.write(b'{"tables": {"scores": "run-4567abcd/scores"}}')
    said = runner.run([*command(store, "dead", job="clean"), "--delete"])
    assert "2 younger, of runs that may live" in said
    assert len(store.names("dead")) == 4


def test_two_runs_at_one_output(store: ObjectStore, runner: Runner, whole: Undisturbed, tmp_path: Path) -> None:
    """Both go on; what the last one publishes stands, whole."""
    typed = command(store, "twice", "output.mode=overwrite")
    first, second = (start(store, tmp_path / name, typed) for name in ("a", "b"))
    finish(first)
    finish(second)
    assert selected(store, "twice") == whole.picks
    said = runner.run(command(store, "twice"), code=2)
    assert f"s3a://{BUCKET}/twice/out: exists already; --overwrite (output.mode=overwrite) replaces it" in said


def test_a_store_that_asks_to_slow_down(store: ObjectStore, whole: Undisturbed, tmp_path: Path) -> None:
    with refusing(store, busy=0.03) as busy:
        run(busy, tmp_path, command(busy, "busy"))
    assert selected(store, "busy") == whole.picks


def test_a_bucket_without_rights_to_delete(store: ObjectStore, whole: Undisturbed, tmp_path: Path) -> None:
    """What cannot be removed stays, and the run says where."""
    with refusing(store, deletes=True) as keeping:
        said = run(keeping, tmp_path, command(keeping, "kept"))
    assert selected(store, "kept") == whole.picks
    assert "could not be removed, and nothing reads it" in said
