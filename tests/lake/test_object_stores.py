"""Commands on S3, as moto serves it on this machine: killed, at the same time, without rights, slowed down.

Spark alone is told where the store is and with which keys. `make test-lake` runs this; LAKE_KILLS says how often runs
are killed.
"""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.object_store import BUCKET, PARTS, ObjectStore, moto, refusing
from support.pools import sharegpt

pytestmark = [pytest.mark.jvm, pytest.mark.lake, pytest.mark.slow, pytest.mark.timeout(3600)]

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("LAKE_KILLS", "3"))
FORMATS = ("parquet", "jsonl", "delta")
WAIT_S = 900
SMALL = ("select.k1=20", "select.k2=8", "select.k3=2", "input.deduplicate=exact")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A store with a pool of 400 records, in two files."""
    if not (PARTS / "jars").is_dir():
        pytest.skip("S3A's jars and moto are not there: make lake")
    with moto(tmp_path_factory.mktemp("moto") / "log") as started:
        table = pa.Table.from_pylist(sharegpt(400))
        for part in range(2):
            name = f"{BUCKET}/pool/part-{part}.parquet"
            pq.write_table(table.slice(200 * part, 200), name, filesystem=started.files)
        yield started


def command(out: str, *overrides: str, job: str = "select") -> list[str]:
    keys = [f"output.path=s3a://{BUCKET}/{out}/out", *overrides]
    if job == "select":
        pool = [f"input.path=s3a://{BUCKET}/pool", "select.budget=100", *SMALL]
        keys = [*pool, f"run.checkpoint=s3a://{BUCKET}/{out}/checkpoint", *keys]
    return [sys.executable, str(ROOT / f"jobs/{job}.py"), *(part for key in keys for part in ("--set", key))]


def start(store: ObjectStore, folder: Path, typed: list[str]) -> "subprocess.Popen[str]":
    """Start a command, alone in a group of processes; its temporary files are in the folder."""
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, **store.environment(), "TMPDIR": str(folder)}
    return subprocess.Popen(
        typed, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a command that is to succeed; return what it said."""
    said = process.communicate(timeout=WAIT_S)[1]
    assert process.returncode == 0, said
    return said


def run(store: ObjectStore, folder: Path, typed: list[str]) -> str:
    return finish(start(store, folder, typed))


def manifest_of(store: ObjectStore, out: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(store.read(f"{out}/out/manifest.json"))
    return manifest


def selected(store: ObjectStore, out: str) -> list[tuple[str, int, float]]:
    """Return id, rank and ratio of what an output has, by rank; in Delta of the files that its log names."""
    manifest = manifest_of(store, out)
    folder = f"{out}/out/{manifest['tables']['selection']}"
    names = [name for name in store.names(folder) if name.endswith((".parquet", ".json")) and "/" not in name]
    if "delta_versions" in manifest:
        names = sorted(in_delta(store, folder, manifest["delta_versions"]["selection"]))
    rows: list[dict[str, Any]] = []
    for name in names:
        content = store.read(f"{folder}/{name}")
        rows += (
            map(json.loads, content.splitlines())
            if name.endswith(".json")
            else pq.read_table(io.BytesIO(content)).to_pylist()
        )
    return sorted((row["zip_rank"], row["id"], row["zip_set_ratio"]) for row in rows)  # type: ignore[misc]


def in_delta(store: ObjectStore, folder: str, version: int) -> set[str]:
    files: set[str] = set()
    for number in range(version + 1):
        for line in store.read(f"{folder}/_delta_log/{number:020}.json").splitlines():
            action = json.loads(line)
            files |= {action["add"]["path"]} if "add" in action else set()
            files -= {action["remove"]["path"]} if "remove" in action else set()
    return files


@pytest.fixture(scope="module")
def whole(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> "Whole":
    """The selection of a run that nobody disturbs, and the seconds from its first file in the store to its end."""
    process = start(store, tmp_path_factory.mktemp("whole"), command("whole"))
    wait_for_files(store, "whole", process)
    began = time.monotonic()
    said = finish(process)
    lasted = time.monotonic() - began
    assert "warning" not in said
    assert {name.partition("/")[0] for name in store.names("whole")} == {"out"}, "nothing is left beside it"
    assert {name.partition("/")[0] for name in store.names("whole/out")} >= {"manifest.json", "report.html"}
    picks = selected(store, "whole")
    assert len(picks) == 100
    return picks, lasted


def wait_for_files(store: ObjectStore, out: str, process: "subprocess.Popen[str]") -> None:
    """Wait until a run has written something."""
    end = time.monotonic() + WAIT_S
    while not store.names(out) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)


Whole = tuple[list[tuple[str, int, float]], float]


def test_the_same_picks_as_on_a_disk(store: ObjectStore, whole: Whole, tmp_path: Path) -> None:
    (tmp_path / "pool").mkdir()
    for name in store.names("pool"):
        (tmp_path / "pool" / name).write_bytes(store.read(f"pool/{name}"))
    local = command("", f"input.path={tmp_path}/pool", f"output.path={tmp_path}/out", "run.checkpoint=null")
    run(store, tmp_path / "tmp", local)
    table = pq.read_table(tmp_path / "out/selection").to_pylist()
    assert sorted((row["zip_rank"], row["id"], row["zip_set_ratio"]) for row in table) == whole[0]


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_heals(store: ObjectStore, whole: Whole, tmp_path: Path, number: int) -> None:
    """By the same command, however far it had come; with checkpoint and history in the store as well."""
    kind = FORMATS[number % len(FORMATS)]
    out, chances = f"killed-{number}", random.Random(f"moments {number}")
    keys = [f"output.format={kind}", "output.mode=overwrite", f"history.path=s3a://{BUCKET}/{out}/history"]
    keys += [f"history.format={'delta' if kind == 'delta' else 'parquet'}"]
    moment = chances.uniform(0, 1.05) * whole[1]
    process = start(store, tmp_path / "first", command(out, *keys))
    wait_for_files(store, out, process)
    time.sleep(moment)
    ended = process.poll() is not None
    with suppress(ProcessLookupError):  # it had ended
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    kill_below(tmp_path / "first")
    rounds = len([name for name in store.names(f"{out}/checkpoint") if "round-" in name])
    tables = sorted({name.split("/")[0] for name in store.names(f"{out}/out")})
    run(store, tmp_path / "second", command(out, *keys))
    left = sorted({name.split("/")[0] for name in store.names(out)} - {"out", "history"})
    inside = {name.split("/")[0] for name in store.names(f"{out}/out")} - set(manifest_of(store, out)["tables"])
    print(
        f"kill {number}: {kind}, {moment:.0f} s after its first file{', when it had ended' if ended else ''}, "
        f"{rounds} rounds stored, output then: {', '.join(tables) or 'nothing'}; left beside the new one: "
        f"{', '.join(left) or 'nothing'}; in it: {', '.join(sorted(inside))}"
    )
    assert selected(store, out) == whole[0]
    assert not [name for name in left if not name.startswith(".out.staging-")], "nothing else stays"


def kill_below(folder: Path) -> None:
    """End what has its temporary files in a folder: the JVM, which is in a group of its own."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                mine = str(folder).encode() in (entry / "environ").read_bytes()
            except OSError:
                continue
            if mine:
                os.kill(int(entry.name), signal.SIGKILL)


def test_what_killed_runs_leave_is_listed_and_removed(store: ObjectStore, tmp_path: Path) -> None:
    """When it is old enough."""
    folder = f"{BUCKET}/dead"
    for name in ("out/run-0123abcd/scores/part-0", "out/run-4567abcd/scores/part-0", ".out.staging-89abcdef/scratch/x"):
        with store.files.open_output_stream(f"{folder}/{name}") as stream:
            stream.write(b"1")
    with store.files.open_output_stream(f"{folder}/out/manifest.json") as stream:
        stream.write(b'{"tables": {"scores": "run-4567abcd/scores"}}')
    said = run(store, tmp_path / "a", [*command("dead", job="clean"), "--delete"])
    assert "2 younger, of runs that may live" in said
    assert len(store.names("dead")) == 4


def test_two_runs_at_one_output(store: ObjectStore, whole: Whole, tmp_path: Path) -> None:
    """Both go on; what the last one publishes stands, whole."""
    first, second = (start(store, tmp_path / name, command("twice", "output.mode=overwrite")) for name in ("a", "b"))
    finish(first)
    finish(second)
    assert selected(store, "twice") == whole[0]
    refused = start(store, tmp_path / "c", command("twice"))
    said = refused.communicate(timeout=WAIT_S)[1]
    assert refused.returncode == 2
    assert f"s3a://{BUCKET}/twice/out: exists already; --overwrite (output.mode=overwrite) replaces it" in said


def test_a_store_that_asks_to_slow_down(store: ObjectStore, whole: Whole, tmp_path: Path) -> None:
    with refusing(store, busy=0.03) as busy:
        run(busy, tmp_path, command("busy"))
    assert selected(store, "busy") == whole[0]


def test_a_bucket_without_rights_to_delete(store: ObjectStore, whole: Whole, tmp_path: Path) -> None:
    """What cannot be removed stays, and the run says where."""
    with refusing(store, deletes=True) as keeping:
        said = run(keeping, tmp_path, command("kept"))
    assert selected(store, "kept") == whole[0]
    assert "could not be removed, and nothing reads it" in said
